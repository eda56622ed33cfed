"""Illustrations for docs/reading.md: synthetic pages, line crops and detection results."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model_export import manifest
from model_export.text_models import upstream
from model_export.text_models.detection.patches import DEVIATION, MEAN
from model_export.text_models.recognition.line_crops import lines
from model_export.text_models.recognition.streams import held_out_market_lines
from model_export.text_models.synthesis.pages import Page, page_renderer
from model_export.text_models.synthesis.screens import screen_renderer
from model_export.text_models.synthesis.single_lines import Sample

SEED = 41
TILE = 640
"""Side of a page in the overview in pixels."""
TIGHT = 0.08
"""Largest gap between rows, in text heights, that counts as printed without a gap."""

Image = NDArray[np.uint8]


def write(folder: Path, fonts: Sequence[Path]) -> None:
    """Write `pages.jpg`, `lines.jpg`, `screens.jpg`, `market_lines.jpg` and `detection.jpg` to `folder`.

    Raises FontMissingError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = page_renderer(fonts, SEED)
    pages = [source.page() for _ in range(8)]
    overview = [_tile(_outlined(page)) for page in pages]
    _save(folder / "pages.jpg", np.vstack([np.hstack(overview[:4]), np.hstack(overview[4:])]))
    _save(folder / "lines.jpg", _strips(lines(fonts, SEED)))
    screens = screen_renderer(fonts, SEED)
    _save(folder / "screens.jpg", np.hstack([_tile(_outlined(screens.page())) for _ in range(4)]))
    _save(folder / "market_lines.jpg", _strips(held_out_market_lines(fonts)))
    tight = next(page for page in iter(lambda: source.page(26), None) if _is_tight(page))
    before = _marked(tight.image, upstream.model_file(upstream.DETECTION))
    after = _marked(tight.image, manifest.MODELS_DIR / "detection" / "inference.onnx")
    _save(folder / "detection.jpg", np.hstack([before, after])[:900])


def _outlined(page: Page) -> Image:
    image = page.image.copy()
    cv2.polylines(image, [quad.round().astype(np.int32) for quad in page.quads], True, (0, 0, 255), 1)
    return image


def _tile(image: Image) -> Image:
    scale = TILE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile = np.full((TILE, TILE, 3), 255, np.uint8)
    tile[: len(small), : small.shape[1]] = small[:TILE, :TILE]
    return tile


def _strips(samples: Iterator[Sample]) -> Image:
    strips = [_strip(next(samples)[0]) for _ in range(36)]
    return np.hstack([np.vstack(strips[i : i + 12]) for i in (0, 12, 24)])


def _strip(image: Image) -> Image:
    strip = np.full((len(image) + 4, 420, 3), 255, np.uint8)
    strip[: len(image), : image.shape[1]] = image[:, : strip.shape[1]]
    return strip


def _is_tight(page: Page) -> bool:
    """Whether a page has many upright rows without gaps."""
    tops, heights = page.quads[:, 0, 1], page.quads[:, 3, 1] - page.quads[:, 0, 1]
    steps = np.diff(np.sort(tops)[::1])
    pitch = np.median(steps[steps > heights.min() / 2]) if (steps > heights.min() / 2).any() else np.inf
    return len(page.texts) > 30 and bool(pitch < (1 + TIGHT) * np.median(heights)) and page.image.mean() > 120


def _marked(image: Image, model: Path) -> Image:
    """The image with the text found by a detection model in red."""
    height, width = (size // 32 * 32 for size in image.shape[:2])
    part = np.ascontiguousarray(image[:height, :width])
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    pixels = (part.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    text = np.asarray(session.run(None, {"x": pixels.transpose(2, 0, 1)[None]})[0])[0, 0]
    red = np.array([0, 0, 255], np.float32)
    mixed = part * (1 - 0.6 * text[..., None]) + red * 0.6 * text[..., None]
    return np.asarray(mixed, dtype=np.uint8)


def _save(path: Path, image: Image) -> None:
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 80])
