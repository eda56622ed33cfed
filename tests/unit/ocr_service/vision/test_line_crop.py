"""Which line of a photo is cut out, and as what."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocr_service.api.lines import largest_body, parse_request
from ocr_service.boxes import Recognition, TextBox
from ocr_service.contract import LINE_HEIGHT
from ocr_service.errors import BadRequest, TooLarge
from ocr_service.line_crop import MAX_BYTES, choose, encode
from ocr_service.vision.engine import Line


def box(text: str, x: float = 10, y: float = 100, width: float = 200, height: float = 30) -> TextBox:
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return TextBox(Recognition(text, text, 0.9, 0.5), np.array(corners, dtype=np.float32))


PLACE = (0, 90, 600, 140)


def test_the_box_with_the_name_is_chosen() -> None:
    boxes = [box("바나나우유", y=20), box("2,980", x=400), box("001 바나나무유 240ml"), box("소금빵", y=300)]
    assert choose(boxes, "바나나우유 240ml", PLACE) == 2
    assert choose(boxes, "생수", PLACE) is None
    assert choose([], "생수", PLACE) is None


def test_the_same_name_elsewhere_on_the_receipt_is_another_line() -> None:
    assert choose([box("소금빵", y=20), box("소금빵"), box("소금빵", y=300)], "소금빵", PLACE) == 1
    assert choose([box("소금빵", y=20), box("소금빵", y=300)], "소금빵", PLACE) is None


@pytest.mark.parametrize("text", ["소금빵 010-1234-5678", "소금빵 ***", "소금빵 1234-5678-9012-3456"])
def test_a_line_with_personal_data_is_never_chosen(text: str) -> None:
    assert choose([box(text)], text, PLACE) is None


@given(height=st.integers(2, 200), width=st.integers(2, 4000), seed=st.integers(0, 9))
def test_a_crop_has_one_height_and_a_limit_in_bytes(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    crop = encode(Line(box("소금빵"), pixels))
    if crop is not None:
        png = base64.b64decode(crop.png)
        assert len(png) <= MAX_BYTES
        with Image.open(io.BytesIO(png)) as image:
            assert (image.height, image.mode) == (LINE_HEIGHT, "L")
    else:
        assert width * LINE_HEIGHT * LINE_HEIGHT / height > MAX_BYTES / 2


def request(name: object, box: object, image: object) -> bytes:
    return json.dumps({"name": name, "box": box, "image": image}).encode()


def test_name_place_and_photo_are_the_body() -> None:
    wanted = parse_request(request(" 소금빵 ", [1, -2, 30, 40], base64.b64encode(b"photo").decode()), 5)
    assert (wanted.name, wanted.box, wanted.image) == ("소금빵", (1, -2, 30, 40), b"photo")
    with pytest.raises(TooLarge):
        parse_request(request("소금빵", [1, 2, 30, 40], base64.b64encode(b"photos").decode()), 5)


@given(name=st.text(max_size=1000).filter(str.strip), size=st.integers(0, 3000))
def test_every_accepted_photo_fits_into_the_largest_body(name: str, size: int) -> None:
    body = request(name, [-999_999] * 4, base64.b64encode(bytes(size)).decode())
    assert len(body) <= largest_body(size)
    assert parse_request(body, size).image == bytes(size)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=1200),
    lambda values: st.lists(values, max_size=5) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=6,
)


@given(name=JSON, box=JSON | st.lists(st.integers(), min_size=4, max_size=4), image=JSON)
def test_any_other_body_is_a_bad_request(name: object, box: object, image: object) -> None:
    try:
        wanted = parse_request(request(name, box, image), 100_000)
    except BadRequest:
        return
    assert 1 <= len(wanted.name) <= 1000
    assert all(abs(number) < 1_000_000 for number in wanted.box)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"name": "a"}', request("a", [1, 2, 3, 4], "not base64!")])
def test_a_broken_body_is_a_bad_request_that_quotes_nothing(body: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_request(body, 100)
    assert refused.value.__suppress_context__, "what pydantic says contains the input"
