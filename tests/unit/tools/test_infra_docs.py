"""The tables in infra/README.md are up to date with the Terraform code."""

from __future__ import annotations

from pathlib import Path

from tools import infra_docs


def test_tables_are_current() -> None:
    assert infra_docs.is_current(), "run python3 -m tools.infra_docs"


def test_every_module_has_its_tables() -> None:
    text = infra_docs.README.read_text(encoding="utf-8")
    folders = [".", *(f"modules/{folder.name}" for folder in (infra_docs.INFRA / "modules").iterdir())]
    assert [f for f in folders if f"<!-- inputs of {f} -->" not in text or f"<!-- outputs of {f} -->" not in text] == []


def test_entries_have_type_and_default(tmp_path: Path) -> None:
    (tmp_path / "variables.tf").write_text(
        'variable "region" {\n  description = "Where."\n  type        = string\n  default     = "seoul"\n}\n\n'
        'variable "size" {\n  description = "How large."\n  type = object({\n    cpu = number\n  })\n}\n'
    )
    assert infra_docs.entries(tmp_path, "variable") == [
        infra_docs.Entry("region", "Where.", "string", '"seoul"'),
        infra_docs.Entry("size", "How large.", "object", None),
    ]
