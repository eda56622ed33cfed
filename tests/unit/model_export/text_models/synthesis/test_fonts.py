"""The README and the image of the job install the fonts that the code requires."""

from __future__ import annotations

import json
from pathlib import Path

from model_export.text_models.synthesis import fonts

TEXT_MODELS = Path(fonts.__file__).resolve().parents[1]


def test_the_readme_installs_every_font_package() -> None:
    words = (TEXT_MODELS / "README.md").read_text(encoding="utf-8").split()
    packages = f"{fonts.PACKAGES} {fonts.NPM_PACKAGES}".split()
    assert [package for package in packages if package not in words] == []


def test_the_image_installs_the_same_fonts() -> None:
    words = (TEXT_MODELS / "Dockerfile").read_text(encoding="utf-8").split()
    assert [package for package in fonts.PACKAGES.split() if package not in words] == []
    wanted = dict(package.rsplit("@", 1) for package in fonts.NPM_PACKAGES.split())
    assert json.loads((TEXT_MODELS / "fonts" / "package.json").read_text(encoding="utf-8"))["dependencies"] == wanted
    lock = json.loads((TEXT_MODELS / "fonts" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name.removeprefix("node_modules/"): each["version"] for name, each in lock.items() if name} == wanted
    assert all(each["integrity"].startswith("sha512-") for name, each in lock.items() if name)
