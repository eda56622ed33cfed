"""The same receipt, photographed in different ways."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ocr_service.boxes import Recognition
from ocr_service.errors import SeveralReceipts
from ocr_service.live_model import Serving
from ocr_service.metrics import Metrics
from ocr_service.reader import ReceiptReader
from ocr_service.releases.shadow import Shadow
from ocr_service.vision import engine, quads
from tests.support.browser import KOREAN_FONT
from tests.support.small_photo import SMALL_PHOTO

SAMPLES = Path(__file__).parents[1] / "fixtures" / "receipts"
Pixels = NDArray[np.uint8]


def photo(name: str) -> Pixels:
    image = cv2.imread(str(SAMPLES / f"{name}.jpg"), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, dtype=np.uint8)


def jpeg(image: Pixels, quality: int = 88) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def turned(quarters: int) -> Callable[[Pixels], Pixels]:
    return lambda image: np.ascontiguousarray(np.rot90(image, quarters))


def skewed(degrees: float) -> Callable[[Pixels], Pixels]:
    def skew(image: Pixels) -> Pixels:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.85)
        return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderValue=(70, 90, 100)), dtype=np.uint8)

    return skew


def far_away(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    frame = np.full((2 * height, 2 * width, 3), (70, 90, 100), np.uint8)
    frame[height // 3 : height // 3 + height, width // 2 : width // 2 + width] = image
    return frame


def thumbnail(image: Pixels) -> Pixels:
    scale = 1000 / max(image.shape[:2])
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def dark(image: Pixels) -> Pixels:
    return np.asarray(image * 0.4, dtype=np.uint8)


@pytest.mark.parametrize(
    "change",
    [turned(1), turned(2), turned(3), skewed(7), skewed(-7), far_away, thumbnail, dark],
    ids=["90", "180", "270", "skewed left", "skewed right", "far away", "thumbnail", "dark"],
)
def test_amounts_date_and_total_are_the_same_in_every_photo(
    change: Callable[[Pixels], Pixels], native_reader: ReceiptReader
) -> None:
    labels = json.loads((SAMPLES / "labels.json").read_text(encoding="utf-8"))["receipts"]
    expected = next(label for label in labels if label["image"] == "mart.jpg")
    answer = native_reader.read(jpeg(change(photo("mart"))), "photo").model_dump(mode="json")
    assert [item["amount"] for item in answer["items"]] == [item["amount"] for item in expected["items"]]
    assert [item["discount"] for item in answer["items"]] == [item["discount"] for item in expected["items"]]
    assert answer["receipt"]["total"] == expected["total"]
    assert answer["receipt"]["purchased_at"][:10] == expected["date"]
    right = sum(
        a["name"].replace(" ", "") == b["name"].replace(" ", "")
        for a, b in zip(answer["items"], expected["items"], strict=True)
    )
    assert right >= len(expected["items"]) - 2


def test_two_receipts_in_one_photo_are_refused(native_reader: ReceiptReader) -> None:
    left, right = photo("convenience"), photo("table")
    height = max(len(left), len(right))
    both = np.full((height, left.shape[1] + right.shape[1], 3), 90, np.uint8)
    both[: len(left), : left.shape[1]] = left
    both[: len(right), left.shape[1] :] = right
    with pytest.raises(SeveralReceipts):
        native_reader.read(jpeg(both), "photo")


def test_only_photos_that_a_challenger_reads_too_are_cut_again(
    native_reader: ReceiptReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts: list[int] = []

    def crop(pixels: engine.Pixels, quad: NDArray[np.float32]) -> engine.Pixels:
        cuts[-1] += 1
        return quads.crop(pixels, quad)

    monkeypatch.setattr(engine, "crop", crop)
    shadow = Shadow[engine.Pixels, Recognition](Metrics(), lambda recognition: recognition.text, every=2)
    native_reader.recogniser.listen(shadow.listen)
    before = native_reader.recogniser.serving
    native_reader.recogniser.use(Serving(before.champion, before.champion))
    try:
        for _ in range(2):
            cuts.append(0)
            native_reader.read(SMALL_PHOTO, "sample")
    finally:
        native_reader.recogniser.use(before)
    compared, other = cuts
    assert compared > other > 0


def test_a_line_that_is_not_found_names_the_model_that_looked_for_it(native_reader: ReceiptReader) -> None:
    before = native_reader.recogniser.serving

    class Replaced:
        """A model that another one replaces while it reads."""

        version = "replaced"

        def predict(self, crops: Sequence[engine.Pixels]) -> Sequence[Recognition]:
            native_reader.recogniser.use(before)
            return before.champion.predict(crops)

    native_reader.recogniser.use(Serving(Replaced()))
    answer = native_reader.line(SMALL_PHOTO, "없는 상품", (0, 0, 1, 1))
    assert answer.line is None
    assert answer.model_versions["recognition"] == "replaced"


def test_lines_with_dots_between_names_and_amounts(native_reader: ReceiptReader) -> None:
    amounts = {"치즈라볶이": 3000, "왕돈까스": 4000, "캔음료(사이다)": 4500, "포장용기": 6000}
    paper, font = Image.new("RGB", (900, 700), "#eceae4"), ImageFont.truetype(KOREAN_FONT, 36)
    draw = ImageDraw.Draw(paper)
    for number, (label, amount) in enumerate({"2026-10-23 13:05": 0, **amounts, "합계": 17_500}.items()):
        y, printed = 60 + 80 * number, f"{amount:,}" if amount else ""
        start, end = 60 + font.getlength(f"{label} "), 820 - font.getlength(f" {printed}")
        draw.text((60, y), label, "#555555", font)
        draw.text((820 - font.getlength(printed), y), printed, "#555555", font)
        for x in np.arange(start, end, 20) if label in amounts else ():
            draw.text((x, y), ".", "#777777", font)
    blurred = paper.rotate(1.5, resample=Image.Resampling.BICUBIC, fillcolor="#eceae4").filter(
        ImageFilter.GaussianBlur(1.4)
    )
    answer = native_reader.read(jpeg(np.asarray(blurred)[:, :, ::-1]), "photo").model_dump(mode="json")
    assert {item["name"]: item["amount"] for item in answer["items"]} == amounts
