"""The app's icons and the files around its web build."""

from __future__ import annotations

import json

import pytest
from PIL import Image, ImageChops

from tools.app_icons import APP, ICONS, icon


@pytest.mark.parametrize("name", sorted(ICONS))
def test_icons_are_as_they_are_drawn(name: str) -> None:
    pixels, share, rounded, background = ICONS[name]
    with Image.open(APP / name) as stored:
        assert stored.size == (pixels, pixels)
        # Another version of Pillow may round differently.
        difference = ImageChops.difference(
            stored.convert("RGBA"), icon(pixels, share, rounded=rounded, background=background)
        )
    assert max(most for _, most in difference.getextrema()) <= 2, "`python -m tools.app_icons` draws them again"


def test_the_manifest_names_the_app_and_its_icons() -> None:
    manifest = json.loads((APP / "public" / "manifest.webmanifest").read_text(encoding="utf-8"))
    texts = json.loads((APP / "lib" / "i18n" / "native.ko.json").read_text(encoding="utf-8"))
    assert manifest["name"] == manifest["short_name"] == texts["name"]
    for entry in manifest["icons"]:
        with Image.open(APP / "public" / entry["src"].lstrip("/")) as image:
            assert entry["sizes"] == f"{image.width}x{image.height}"
