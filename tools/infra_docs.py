"""Write the tables of inputs and outputs in infra/README.md, from the code that they are of."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent / "infra"
README = INFRA / "README.md"
# `terraform fmt` puts every block's first line, arguments and closing brace where these expect them.
BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
DESCRIPTION = re.compile(r'^  description\s+= "(.*)"$', re.MULTILINE)
TYPE = re.compile(r"^  type\s+= (\w+)", re.MULTILINE)
DEFAULT = re.compile(r"^  default\s+= (.+)$", re.MULTILINE)
MARKED = re.compile(r"(<!-- (inputs|outputs) of (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """One input or output of a module. `default` is None where there is none."""

    name: str
    description: str
    type: str
    default: str | None


def entries(folder: Path, kind: str) -> list[Entry]:
    """Inputs (`variable`) or outputs (`output`) that a module declares, in the order of its files."""
    found = []
    for path in sorted(folder.glob("*.tf")):
        for block, name, body in BLOCK.findall(path.read_text(encoding="utf-8")):
            if block == kind:
                description, of, default = (pattern.search(body) for pattern in (DESCRIPTION, TYPE, DEFAULT))
                if description is None:
                    raise ValueError(f"{path}: {name} has no description")
                found.append(Entry(name, description[1], of[1] if of else "", default[1] if default else None))
    return found


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
    """The text with every marked table written anew."""
    return MARKED.sub(lambda found: found[1] + table(INFRA / found[3], found[2]) + found[4], text)


def is_current() -> bool:
    """Whether the tables say what the code says."""
    text = README.read_text(encoding="utf-8")
    return rendered(text) == text


def main() -> int:
    argparse.ArgumentParser(prog="python3 -m tools.infra_docs", description=__doc__).parse_args()
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
