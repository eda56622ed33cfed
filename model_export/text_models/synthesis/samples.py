"""Synthetic photos of the sample receipts: printed on paper, laid on a table, photographed with a phone."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model_export.text_models.synthesis.camera import smooth_field
from model_export.text_models.synthesis.fonts import Face, FontSet, Ink
from model_export.text_models.synthesis.printer import strike
from model_export.text_models.synthesis.sample_receipts import COLUMNS, RECEIPTS, Receipt, Row

Pixels = NDArray[np.float32]
"""Height x width x 3, BGR, 0 to 255."""
ORIENTATION = 0x0112
"""The EXIF tag for the orientation of a photo."""
LINE_GAP = 0.25
"""Paper between two rows, in cell heights."""


@dataclass(frozen=True)
class PhotoSettings:
    """How one photo is taken.

    side: longer side of the photo, in pixels. fill: share of its height that the paper takes. turn: clockwise rotation
    of the stored pixels in degrees, without an EXIF tag. exif: EXIF orientation, with matching pixels. fade: share of
    ink that the worn print head omits. hangul, style: the face.
    """

    side: int = 1600
    fill: float = 0.9
    turn: int = 0
    exif: int = 1
    fade: float = 0.2
    hangul: str = "gulim24.pcf.gz"
    style: str = "dots"


def write(folder: Path, demo: Path, fonts: Sequence[Path], seed: int = 1) -> None:
    """Write the photos of all sample receipts and their labels to `folder`, and a copy of the mart's to `demo`.

    Raises FontMissingError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    font_set = FontSet(fonts)
    for number, receipt in enumerate(RECEIPTS):
        _photograph(receipt, font_set, np.random.default_rng(seed + number), folder / receipt.image)
    labels = {
        "note": "Made by `python -m model_export.text_models samples`. Shops, persons and numbers are invented.",
        "receipts": [receipt.label() for receipt in RECEIPTS],
    }
    text = json.dumps(labels, ensure_ascii=False, indent=1)
    (folder / "labels.json").write_text(text + "\n", encoding="utf-8")
    shutil.copyfile(folder / "mart.jpg", demo)


def _photograph(receipt: Receipt, font_set: FontSet, rng: np.random.Generator, path: Path) -> None:
    settings = PhotoSettings(**receipt.photo)
    threshold = 110 if settings.style == "dots" else None
    face = font_set.face(settings.hangul, "NanumGothicCoding.ttf", settings.style, threshold)
    paper = _paper(_print(face, receipt.rows()), face.height, settings.fade, rng)
    photo = np.clip(_lay(paper, settings, rng), 0, 255).astype(np.uint8)
    image = Image.fromarray(photo[..., ::-1])
    exif = Image.Exif()
    if settings.turn:
        image = image.rotate(-settings.turn, expand=True)
    if settings.exif == 6:  # taken sideways: viewers rotate the pixels clockwise
        image = image.rotate(90, expand=True)
        exif[ORIENTATION] = settings.exif
    image.save(path, quality=72 if settings.side < 2048 else 55, optimize=True, exif=exif)


def _print(face: Face, rows: list[Row]) -> Ink:
    """All rows on one strip, COLUMNS half cells wide."""
    width = COLUMNS * face.height // 2
    strips = []
    for row in rows:
        ink = face.line(row.text) if row.text else np.zeros((face.height, 1), np.uint8)
        ink = strike(ink, row.wide, row.tall, row.bold)
        strip = np.zeros((len(ink) + round(LINE_GAP * face.height), width), np.uint8)
        strip[: len(ink), : min(width, ink.shape[1])] = ink[:, :width]
        strips.append(strip)
    return np.vstack(strips)


def _paper(ink: Ink, cell: int, fade: float, rng: np.random.Generator) -> Pixels:
    """Unevenly dark ink on white thermal paper with margins, at twice the resolution of the dots."""
    ink = np.pad(ink, ((2 * cell, 2 * cell), (cell, cell)))
    ink = cv2.resize(ink, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    alpha = ink.astype(np.float32) / 255 * (1 - fade * smooth_field(ink.shape, (6, 6), rng))
    tone = 238 + 8 * smooth_field(ink.shape, (5, 5), rng)
    grey = tone * (1 - alpha) + 45 * alpha
    return np.asarray(grey[..., None] * np.array([1.0, 1.0, 0.985], np.float32), dtype=np.float32)


def _lay(paper: Pixels, settings: PhotoSettings, rng: np.random.Generator) -> Pixels:
    """The paper on a wooden table, photographed at a slight angle, with a soft shadow, blur and noise."""
    height = round(settings.side * settings.fill)
    width = round(paper.shape[1] * height / len(paper))
    side = max(settings.side, round(width * 1.1))
    frame = side if settings.side >= 2048 else max(round(width * 1.25), round(side * 0.6))
    table = _wood((settings.side, frame), rng)
    left, top = (frame - width) / 2, (settings.side - height) / 2
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners += np.array([left, top], np.float32)
    corners += rng.uniform(-0.012, 0.012, (4, 2)).astype(np.float32) * np.float32(width)
    rows, columns = paper.shape[:2]
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners)
    shrunk = cv2.GaussianBlur(paper, (0, 0), max(0.3, 0.4 * columns / width))
    laid = cv2.warpPerspective(shrunk, matrix, (frame, settings.side), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones((rows, columns), np.float32), matrix, (frame, settings.side))[..., None]
    photo = laid * mask + table * (1 - mask)
    photo *= 1 - 0.25 * smooth_field(photo.shape, (3, 3), rng)[..., None]
    photo += rng.normal(0, 2.5, (*photo.shape[:2], 1)).astype(np.float32)
    return np.asarray(photo, dtype=np.float32)


def _wood(shape: tuple[int, int], rng: np.random.Generator) -> Pixels:
    grain = cv2.resize(rng.random((shape[0] // 4, 6)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray((70 + 45 * grain)[..., None] * np.array([0.6, 0.8, 1.1], np.float32), dtype=np.float32)
