"""Photographs of the sample receipts: printed on paper, laid on a table, photographed with a phone."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model_export.text_models.synthesis.fonts import Face, Ink, Typecase
from model_export.text_models.synthesis.sample_receipts import COLUMNS, RECEIPTS, Receipt, Row

Picture = NDArray[np.float32]
ORIENTATION = 0x0112
"""The EXIF tag that says how to turn a photo."""
LINE_GAP = 0.25
"""Paper between two rows, in heights of a cell."""


@dataclass(frozen=True)
class Camera:
    """How one photo is taken.

    side: longer side of the photo, in pixels. fill: part of its height that the paper takes. turn: degrees clockwise
    that the stored pixels are turned, without a note. exif: orientation that the file claims, with pixels to match.
    fade: how much ink the worn print head leaves out. hangul, style: the face.
    """

    side: int = 1600
    fill: float = 0.9
    turn: int = 0
    exif: int = 1
    fade: float = 0.2
    hangul: str = "gulim24.pcf.gz"
    style: str = "dots"


def write(folder: Path, demo: Path, fonts: Sequence[Path], seed: int = 1) -> None:
    """Draw every sample receipt with its labels into `folder`, and the mart's once more as `demo`.

    Raises FontMissingError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    typecase = Typecase(fonts)
    for number, receipt in enumerate(RECEIPTS):
        _photograph(receipt, typecase, np.random.default_rng(seed + number), folder / receipt.image)
    labels = {
        "note": "Drawn by `python -m model_export.text_models samples`. Shops, people and numbers are invented.",
        "receipts": [receipt.label() for receipt in RECEIPTS],
    }
    text = json.dumps(labels, ensure_ascii=False, indent=1)
    (folder / "labels.json").write_text(text + "\n", encoding="utf-8")
    shutil.copyfile(folder / "mart.jpg", demo)


def _photograph(receipt: Receipt, typecase: Typecase, rng: np.random.Generator, path: Path) -> None:
    camera = Camera(**receipt.photo)
    face = typecase.face(camera.hangul, "NanumGothicCoding.ttf", camera.style, 110 if camera.style == "dots" else None)
    paper = _paper(_printed(face, receipt.rows()), face.height, camera.fade, rng)
    photo = np.clip(_lay(paper, camera, rng), 0, 255).astype(np.uint8)
    image = Image.fromarray(photo[..., ::-1])
    exif = Image.Exif()
    if camera.turn:
        image = image.rotate(-camera.turn, expand=True)
    if camera.exif == 6:  # the sensor lay on its side: the viewer is told to turn the pixels clockwise
        image = image.rotate(90, expand=True)
        exif[ORIENTATION] = camera.exif
    image.save(path, quality=72 if camera.side < 2048 else 55, optimize=True, exif=exif)


def _printed(face: Face, rows: list[Row]) -> Ink:
    """All rows on one strip, COLUMNS half cells wide."""
    width = COLUMNS * face.height // 2
    strips = []
    for row in rows:
        ink = face.line(row.text) if row.text else np.zeros((face.height, 1), np.uint8)
        if row.bold:
            ink = np.maximum(ink, np.pad(ink, ((0, 0), (1, 0)))[:, :-1])
        ink = cv2.resize(ink, None, fx=row.wide, fy=row.tall, interpolation=cv2.INTER_NEAREST)
        strip = np.zeros((len(ink) + round(LINE_GAP * face.height), width), np.uint8)
        strip[: len(ink), : min(width, ink.shape[1])] = ink[:, :width]
        strips.append(strip)
    return np.vstack(strips)


def _paper(ink: Ink, cell: int, fade: float, rng: np.random.Generator) -> Picture:
    """Ink on white thermal paper with margins, unevenly dark, at twice the dots."""
    ink = np.pad(ink, ((2 * cell, 2 * cell), (cell, cell)))
    ink = cv2.resize(ink, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    alpha = ink.astype(np.float32) / 255 * (1 - fade * _cloud(ink.shape, 6, rng))
    tone = 238 + 8 * _cloud(ink.shape, 5, rng)
    grey = tone * (1 - alpha) + 45 * alpha
    return np.asarray(grey[..., None] * np.array([1.0, 1.0, 0.985], np.float32), dtype=np.float32)


def _lay(paper: Picture, camera: Camera, rng: np.random.Generator) -> Picture:
    """The paper on a wooden table: seen a little from the side, with a soft shadow, camera blur and noise."""
    height = round(camera.side * camera.fill)
    width = round(paper.shape[1] * height / len(paper))
    side = max(camera.side, round(width * 1.1))
    frame = side if camera.side >= 2048 else max(round(width * 1.25), round(side * 0.6))
    table = _wood((camera.side, frame), rng)
    left, top = (frame - width) / 2, (camera.side - height) / 2
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners += np.array([left, top], np.float32)
    corners += rng.uniform(-0.012, 0.012, (4, 2)).astype(np.float32) * np.float32(width)
    rows, columns = paper.shape[:2]
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners)
    shrunk = cv2.GaussianBlur(paper, (0, 0), max(0.3, 0.4 * columns / width))
    laid = cv2.warpPerspective(shrunk, matrix, (frame, camera.side), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones((rows, columns), np.float32), matrix, (frame, camera.side))[..., None]
    photo = laid * mask + table * (1 - mask)
    photo *= 1 - 0.25 * _cloud(photo.shape, 3, rng)[..., None]
    photo += rng.normal(0, 2.5, (*photo.shape[:2], 1)).astype(np.float32)
    return np.asarray(photo, dtype=np.float32)


def _wood(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    grain = cv2.resize(rng.random((shape[0] // 4, 6)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray((70 + 45 * grain)[..., None] * np.array([0.6, 0.8, 1.1], np.float32), dtype=np.float32)


def _cloud(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Picture:
    """A smooth field between 0 and 1."""
    coarse = rng.random((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
