"""A photo for tests in which it does not matter what is read: reading it takes half the time of a phone's photo."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

RECEIPT = Path(__file__).resolve().parents[2] / "ocr_service" / "models" / "golden" / "receipt.png"


def _jpeg() -> bytes:
    stream = io.BytesIO()
    Image.open(RECEIPT).convert("RGB").save(stream, "JPEG", quality=90)
    return stream.getvalue()


SMALL_PHOTO = _jpeg()
"""Two foods and a roll of film, whose amounts add up to the total."""
