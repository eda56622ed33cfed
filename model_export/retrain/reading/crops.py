"""The crops of a retraining of the recogniser: those that it trains on, and those that it is judged on."""

import hashlib
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model_export.retrain.holdout import is_held_out
from model_export.retrain.sources import Connection
from model_export.text_models import charset
from model_export.text_models.synthesis.receipt_text import data_version
from model_export.text_models.synthesis.single_lines import HEIGHT, wide_enough
from ocr_service.parsing.masking import mask

LINES = "select png, line_text from private.training_lines()"


@dataclass(frozen=True)
class Crop:
    """A line image as PNG, and the text that annotators agree on, with single spaces."""

    png: bytes
    text: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the image: identifies the crop without saying what is on it."""
        return hashlib.sha256(self.png).hexdigest()

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """HEIGHT x width x 3."""
        image = Image.open(io.BytesIO(self.png)).convert("RGB")
        return np.asarray(image.resize((max(8, round(image.width * HEIGHT / image.height)), HEIGHT)))


@dataclass(frozen=True)
class Crops:
    """The crops of one retraining. No text is in both parts, in no spelling.

    learned: to train on. held_out: to judge on. unusable: number of crops whose text the recogniser has no characters
    for, or no room. sha256: of `learned` and the version of the drawn lines.
    """

    learned: list[Crop]
    held_out: list[Crop]
    unusable: int

    @property
    def sha256(self) -> str:
        """Of what is trained on."""
        lines = "".join(f"{crop.digest}\t{crop.text}\n" for crop in self.learned)
        return hashlib.sha256(f"{data_version()}\n{lines}".encode()).hexdigest()

    def unseen(self, learned_before: Collection[str]) -> list[Crop]:
        """The held-out crops that no earlier model was trained on either. learned_before: digests."""
        return [crop for crop in self.held_out if crop.digest not in learned_before]


def load(connection: Connection, at: datetime) -> Crops:
    """The transcribed crops of users who consent. A fifth of the texts is held out, others in each quarter."""
    rows = connection.execute(LINES).fetchall()
    return split((Crop(bytes(png), " ".join(text.split())) for png, text in rows), at)


def split(crops: Iterable[Crop], at: datetime) -> Crops:
    """Split by text, and leave out what cannot be read or contains personal data."""
    parts = Crops([], [], 0)
    unusable = 0
    for crop in sorted(crops, key=lambda crop: (crop.digest, crop.text)):
        if not _is_usable(crop):
            unusable += 1
        else:
            (parts.held_out if is_held_out(crop.text, at) else parts.learned).append(crop)
    return Crops(parts.learned, parts.held_out, unusable)


def _is_usable(crop: Crop) -> bool:
    if not crop.text or not charset.readable(crop.text) or mask(crop.text) != crop.text:
        return False
    try:
        return wide_enough(crop.pixels, crop.text)
    except OSError:  # not an image
        return False
