"""The README lists every setting of the service."""

from __future__ import annotations

import re
from pathlib import Path

from ocr_service.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def test_every_setting_is_described_and_no_other() -> None:
    page = (ROOT / "ocr_service" / "README.md").read_text(encoding="utf-8")
    table = page.split("## Settings")[1].split("\n## ")[0]
    first_column = " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    assert set(re.findall(r"OCR_[A-Z_]+", first_column)) == {f"OCR_{name.upper()}" for name in Settings.model_fields}
