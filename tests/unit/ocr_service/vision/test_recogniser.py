"""Our way through PaddleOCR's recognition model gives what PaddleOCR's own `predict` gives."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_service.settings import Engine, Settings
from ocr_service.vision.models import WIDTH_STEP, Recogniser, load_recogniser

SETTINGS = Settings(recognition_batch=3, recognition_engine="onnxruntime")
MODEL_NAME = "korean_PP-OCRv5_mobile_rec"
"""The architecture by which PaddleOCR finds its processing; the weights are ours."""
ROWS = [(40, 76), (100, 136), (160, 250), (300, 336), (360, 396), (420, 456), (480, 516)]
"""Top and bottom of some strips of the golden receipt, in pixels."""


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return load_recogniser(SETTINGS.models_dir / "recognition", SETTINGS, "1")


@pytest.fixture(scope="module")
def crops() -> list[NDArray[np.uint8]]:
    """Of different widths, so that batches do not depend on their order, and such that PaddleOCR pads them equally."""
    image = cv2.imread(str(SETTINGS.models_dir / "golden" / "receipt.png"))
    strips = [image[top:bottom, : image.shape[1] // (1 + i % 3)] for i, (top, bottom) in enumerate(ROWS)]
    return [cv2.resize(strip, (WIDTH_STEP * (4 + (5 * i) % 11), 48)) for i, strip in enumerate(strips)]


def test_the_raw_text_is_what_paddleocr_reads(recogniser: Recogniser, crops: list[NDArray[np.uint8]]) -> None:
    from paddleocr import TextRecognition  # the fixture has prepared the process

    folder = str(SETTINGS.models_dir / "recognition")
    paddleocr = TextRecognition(model_name=MODEL_NAME, model_dir=folder, device="cpu", engine="onnxruntime")
    crops = sorted(crops, key=lambda crop: crop.shape[1] / crop.shape[0])  # so that the batches are the same
    predictions = paddleocr.predict(crops, batch_size=SETTINGS.recognition_batch)
    paddleocr.close()
    recognitions = recogniser.predict(crops)
    assert [each.raw for each in recognitions] == [each["rec_text"] for each in predictions]
    assert any(each.raw for each in recognitions)


def test_results_are_in_the_order_of_the_crops(recogniser: Recogniser, crops: list[NDArray[np.uint8]]) -> None:
    texts = [each.text for each in recogniser.predict(crops)]
    assert [each.text for each in recogniser.predict(crops[::-1])] == texts[::-1]


def test_without_crops_there_is_nothing_to_recognise(recogniser: Recogniser) -> None:
    assert recogniser.predict([]) == []


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_two_threads_read_their_own_crops(engine: Engine, crops: list[NDArray[np.uint8]]) -> None:
    settings = SETTINGS.model_copy(update={"recognition_engine": engine})
    recogniser = load_recogniser(settings.models_dir / "recognition", settings, "1")
    halves = crops[:3], crops[3:6]
    alone = [recogniser.predict(half) for half in halves]
    assert alone[0] != alone[1]
    with ThreadPoolExecutor(2) as threads:
        readings = [(i, threads.submit(recogniser.predict, halves[i])) for i in [0, 1] * 6]
    assert [reading.result() for _, reading in readings] == [alone[i] for i, _ in readings]
