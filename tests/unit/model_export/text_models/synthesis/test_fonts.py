"""The README installs the fonts that the code requires."""

from __future__ import annotations

from pathlib import Path

from model_export.text_models.synthesis import fonts


def test_the_readme_installs_every_font_package() -> None:
    readme = Path(fonts.__file__).resolve().parents[1] / "README.md"
    words = readme.read_text(encoding="utf-8").split()
    packages = f"{fonts.PACKAGES} {fonts.NPM_PACKAGES}".split()
    assert [package for package in packages if package not in words] == []
