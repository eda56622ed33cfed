"""What the recogniser's retraining trains and judges on, and how it decides."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from model_export.retrain.reading.compare import compare_readings, decide
from model_export.retrain.reading.crops import Crop, split
from model_export.retrain.reading.settings import Rules
from model_export.text_models.recognition.reader import Reading

NOW = datetime(2026, 11, 29, tzinfo=UTC)
LATER = datetime(2027, 2, 1, tzinfo=UTC)


def crop(text: str, width: int = 400, shade: int = 255) -> Crop:
    image = io.BytesIO()
    Image.new("L", (width, 48), shade).save(image, "PNG")
    return Crop(image.getvalue(), text)


def test_no_text_is_trained_on_and_judged_on() -> None:
    names = [f"{name} {kind}" for name in ("두부", "우유", "식빵", "김치", "참치") for kind in ("큰", "작은", "새")]
    crops = [crop(text, shade=shade) for text in names for shade in (250, 251)]
    data = split(crops, NOW)
    learned, held_out = ({each.text for each in part} for part in (data.learned, data.held_out))
    assert learned | held_out == set(names)
    assert learned & held_out == set()
    assert held_out
    assert len(data.learned) + len(data.held_out) == len(crops)
    assert split(reversed(crops), NOW).sha256 == data.sha256
    assert split(crops, LATER).sha256 != data.sha256, "each quarter holds out others"


def test_a_crop_that_a_model_was_trained_on_does_not_judge_it() -> None:
    words = (
        "두부",
        "우유",
        "식빵",
        "김치",
        "참치",
        "라면",
        "만두",
        "사과",
        "포도",
        "딸기",
        "오이",
        "당근",
        "감자",
        "양파",
    )
    data = split([crop(word, shade=200 + place) for place, word in enumerate(words)], NOW)
    first, *others = data.held_out
    assert others
    assert data.unseen({first.digest}) == others


@pytest.mark.parametrize(
    "unusable",
    [
        crop(""),
        crop("서울우유 ∮"),
        crop("전화 010-1234-5678"),
        crop("좁은 곳에 쓴 아주 긴 이름", width=40),
        Crop(b"\x89PNG no image", "두부"),
    ],
    ids=["empty", "unknown character", "personal data", "no room", "no image"],
)
def test_what_cannot_be_learned_is_left_out(unusable: Crop) -> None:
    data = split([unusable], NOW)
    assert (data.learned, data.held_out, data.unusable) == ([], [], 1)


def readings(right: int, wrong: int) -> list[Reading]:
    return [Reading("두부", "두 부", 0.9)] * right + [Reading("두부", "두브", 0.9)] * wrong


@pytest.mark.parametrize(
    ("frozen", "unseen", "looks", "objection"),
    [
        ((900, 905), (40, 60), 0, None),
        ((900, 850), (40, 60), 0, "It may be worse"),
        ((900, 905), (40, 41), 0, "It is not better"),
        ((900, 905), (60, 40), 0, "It is not better"),
        ((900, 905), (40, 60), 12, "The frozen lines were used"),
    ],
)
def test_a_reader_has_to_be_better_on_crops_and_not_worse_on_drawn_lines(
    frozen: tuple[int, int], unseen: tuple[int, int], looks: int, objection: str | None
) -> None:
    """The pairs are lines that champion and challenger read right, of 1000 and of 100; spaces do not count."""
    comparisons = [
        compare_readings(*(readings(right, total - right) for right in pair))
        for pair, total in ((frozen, 1000), (unseen, 100))
    ]
    decision = decide(comparisons[0], comparisons[1], looks, Rules())
    assert decision.promote == (objection is None)
    if objection:
        assert [reason[: len(objection)] for reason in decision.reasons] == [objection]


def test_settings_need_no_computer_vision() -> None:
    """The job of the category model has no OpenCV."""
    source = Path("model_export/retrain/reading/settings.py").read_text(encoding="utf-8")
    assert [line for line in source.splitlines() if "import" in line] == ["from dataclasses import dataclass"]
