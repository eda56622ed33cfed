"""Photos for tests in which it does not matter what is read: reading them takes a fraction of a phone's photo."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

RECEIPT = Path(__file__).resolve().parents[2] / "ocr_service" / "models" / "golden" / "receipt.png"
SCALE = 0.5
"""At 0.35 it is still read without a mistake."""


def small(kind: str = "JPEG", share: float = 1) -> bytes:
    """The golden receipt, or its upper `share`, at half its size, as a file of that kind."""
    image = Image.open(RECEIPT).convert("RGB")
    image = image.crop((0, 0, image.width, round(share * image.height)))
    stream = io.BytesIO()
    image.resize((round(image.width * SCALE), round(image.height * SCALE))).save(stream, kind, quality=90)
    return stream.getvalue()


SMALL_PHOTO = small()
"""Two foods and a roll of film, whose amounts add up to the total."""
ONE_FOOD = small("PNG", 0.5)
"""Its upper half: store, date and the first food, without a total. Takes less than half of its time."""
