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


def outline(folder: Path) -> Outline:
    """Pillow's font, as a file in `folder`."""
    font = ImageFont.load_default(12)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert isinstance(font.path, io.BytesIO)
    path = folder / "default.ttf"
    path.write_bytes(font.path.getvalue())
    return Outline(path)
