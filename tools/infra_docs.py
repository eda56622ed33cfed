"""Generate the tables of inputs and outputs in infra/README.md from the Terraform code."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent / "infra"
README = INFRA / "README.md"
# These rely on the layout that `terraform fmt` enforces.
BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
DESCRIPTION = re.compile(r'^  description\s+= "(.*)"$', re.MULTILINE)
TYPE = re.compile(r"^  type\s+= (\w+)", re.MULTILINE)
DEFAULT = re.compile(r"^  default\s+= (.+)$", re.MULTILINE)
MARKED = re.compile(r"(<!-- (inputs|outputs) of (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One input or output of a module. `default` is None for required inputs and outputs."""

    name: str
    description: str
    type: str
    default: str | None


def entries(folder: Path, kind: str) -> list[Entry]:
    """Inputs (`variable`) or outputs (`output`) that a module declares, in the order of its files."""
    result = []
    for path in sorted(folder.glob("*.tf")):
        for block, name, body in BLOCK.findall(path.read_text(encoding="utf-8")):
            if block == kind:
                description, typ, default = (pattern.search(body) for pattern in (DESCRIPTION, TYPE, DEFAULT))
                if description is None:
                    raise ValueError(f"{path}: {name} has no description")
                result.append(Entry(name, description[1], typ[1] if typ else "", default[1] if default else None))
    return result


def table(folder: Path, kind: str) -> str:
    """Markdown table of a module's inputs or outputs."""
    if kind == "outputs":
        rows = [f"| `{entry.name}` | {entry.description} |" for entry in entries(folder, "output")]
        return "\n".join(["| output | description |", "|---|---|", *rows, ""])
    rows = [
        f"| `{entry.name}` | {entry.type} | {'**required**' if entry.default is None else f'`{entry.default}`'} "
        f"| {entry.description} |"
        for entry in entries(folder, "variable")
    ]
    return "\n".join(["| input | type | default | description |", "|---|---|---|---|", *rows, ""])


def rendered(text: str) -> str:
    """The text with every marked table regenerated."""
    return MARKED.sub(lambda match: match[1] + table(INFRA / match[3], match[2]) + match[4], text)


def is_current() -> bool:
    """Whether the tables are up to date with the code."""
    text = README.read_text(encoding="utf-8")
    return rendered(text) == text


def main() -> int:
    argparse.ArgumentParser(prog="python3 -m tools.infra_docs", description=__doc__).parse_args()
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
