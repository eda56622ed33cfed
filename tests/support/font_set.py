"""Faces made of the font that Pillow contains, so that no font needs to be installed."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import ImageFont

from model_export.text_models.synthesis.fonts import Face, Outline


class SingleFace:
    """A font set with a single face."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def pick(self, _: random.Random) -> Face:
        return self._face


class SingleScreenFont:
    """The fonts of screens: a single one, at any size."""

    families = (("default.ttf",),)

    def __init__(self, path: Path) -> None:
        self._path = path

    def font(self, _: str, size: int, _character: str = "가") -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(self._path), size)

    def reach(self, _: str, size: int) -> tuple[int, int]:
        return -round(0.75 * size), round(0.25 * size)


def outline(folder: Path) -> Outline:
    """Pillow's font, as a file in `folder`."""
    font = ImageFont.load_default(12)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert isinstance(font.path, io.BytesIO)
    path = folder / "default.ttf"
    path.write_bytes(font.path.getvalue())
    return Outline(path)
