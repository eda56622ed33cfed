"""The page on model releases matches the code."""

import re
from pathlib import Path

from model_export.release import __main__ as command_line
from ocr_service.metrics import Metrics
from ocr_service.releases.errors import REASONS
from ocr_service.settings import Settings

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "model-releases.md").read_text(encoding="utf-8")


def test_every_reason_is_explained() -> None:
    assert sorted(re.findall(r"^\| `(?!ocr_)(\w+)` \| ", PAGE, re.MULTILINE)) == sorted(REASONS)


def test_every_documented_metric_exists() -> None:
    exposed = Metrics().text().decode()
    named = set(re.findall(r"`(ocr_\w+)", PAGE))
    assert [name for name in named if f"# TYPE {name} " not in exposed] == []


def test_every_setting_is_documented() -> None:
    readme = (ROOT / "ocr_service" / "README.md").read_text(encoding="utf-8")
    settings = {f"OCR_{name.upper()}" for name in Settings.model_fields if name.startswith("release_")}
    assert {name for name in settings if f"`{name}`" not in readme} == set()


def test_every_command_is_documented() -> None:
    documented = re.findall(r"python -m model_export\.release (\w+)", PAGE)
    parser = command_line.make_parser()
    for command in documented:
        parser.parse_args([command, *(["."] if command == "publish" else [])])
    assert set(documented) == {"show", "publish", "withdraw", "rollback", "sign"}
