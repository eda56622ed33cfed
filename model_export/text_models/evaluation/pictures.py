"""Pictures for docs/reading.md: what is drawn, how it is cut, and what detection makes of it. All of it invented."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model_export import manifest
from model_export.text_models import upstream
from model_export.text_models.detection.patches import DEVIATION, MEAN
from model_export.text_models.recognition.line_crops import lines
from model_export.text_models.synthesis.pages import Page, page_renderer

SEED = 41
TILE = 640
"""Side of a page in the overview, in pixels."""
TIGHT = 0.08
"""Paper between rows, in heights, up to which they count as printed without a gap."""

Picture = NDArray[np.uint8]


def write(folder: Path, fonts: Sequence[Path]) -> None:
    """`pages.jpg`, `lines.jpg` and `detection.jpg` into `folder`. Raises FontMissingError."""
    folder.mkdir(parents=True, exist_ok=True)
    source = page_renderer(fonts, SEED)
    pages = [source.page() for _ in range(8)]
    overview = [_tile(_outlined(page)) for page in pages]
    _save(folder / "pages.jpg", np.vstack([np.hstack(overview[:4]), np.hstack(overview[4:])]))
    drawn = lines(fonts, SEED)
    strips = [_strip(next(drawn)[0]) for _ in range(36)]
    _save(folder / "lines.jpg", np.hstack([np.vstack(strips[i : i + 12]) for i in (0, 12, 24)]))
    tight = next(page for page in iter(lambda: source.page(26), None) if _is_tight(page))
    before = _marked(tight.picture, upstream.model_file(upstream.DETECTION))
    after = _marked(tight.picture, manifest.MODELS_DIR / "detection" / "inference.onnx")
    _save(folder / "detection.jpg", np.hstack([before, after])[:900])


def _outlined(page: Page) -> Picture:
    picture = page.picture.copy()
    cv2.polylines(picture, [quad.round().astype(np.int32) for quad in page.quads], True, (0, 0, 255), 1)
    return picture


def _tile(picture: Picture) -> Picture:
    scale = TILE / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile = np.full((TILE, TILE, 3), 255, np.uint8)
    tile[: len(small), : small.shape[1]] = small[:TILE, :TILE]
    return tile


def _strip(picture: Picture) -> Picture:
    strip = np.full((len(picture) + 4, 420, 3), 255, np.uint8)
    strip[: len(picture), : picture.shape[1]] = picture[:, : strip.shape[1]]
    return strip


def _is_tight(page: Page) -> bool:
    """Whether rows follow each other without a gap, upright and in number."""
    tops, heights = page.quads[:, 0, 1], page.quads[:, 3, 1] - page.quads[:, 0, 1]
    steps = np.diff(np.sort(tops)[::1])
    pitch = np.median(steps[steps > heights.min() / 2]) if (steps > heights.min() / 2).any() else np.inf
    return len(page.texts) > 30 and bool(pitch < (1 + TIGHT) * np.median(heights)) and page.picture.mean() > 120


def _marked(picture: Picture, model: Path) -> Picture:
    """The picture with what a detection model takes for text in red."""
    height, width = (size // 32 * 32 for size in picture.shape[:2])
    part = np.ascontiguousarray(picture[:height, :width])
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    pixels = (part.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    found = np.asarray(session.run(None, {"x": pixels.transpose(2, 0, 1)[None]})[0])[0, 0]
    red = np.array([0, 0, 255], np.float32)
    mixed = part * (1 - 0.6 * found[..., None]) + red * 0.6 * found[..., None]
    return np.asarray(mixed, dtype=np.uint8)


def _save(path: Path, picture: Picture) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
