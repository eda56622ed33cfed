"""Doubtful text is read again in lower boxes, and the more certain reading counts."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ocr_service.boxes import Recognition
from ocr_service.vision.quads import turn_quads
from ocr_service.vision.second_reading import DOUBTFUL, HEIGHT, lowered, read_again

SHARE = st.floats(0.01, 1)
RECOGNITIONS = st.builds(
    lambda text, confidence, weakest: Recognition(text, text, max(confidence, weakest), min(confidence, weakest)),
    st.sampled_from(["두부", "두무", "1,500", " "]),
    SHARE,
    SHARE,
)


def boxes(count: int) -> NDArray[np.float32]:
    """Boxes of 200 x 30 pixels, below each other."""
    box = np.array([[0, 0], [200, 0], [200, 30], [0, 30]], dtype=np.float32)
    return np.stack([box + np.float32([0, 40 * i]) for i in range(count)])


@given(st.lists(st.tuples(RECOGNITIONS, RECOGNITIONS), min_size=1, max_size=8))
def test_of_two_readings_the_more_certain_counts(readings: list[tuple[Recognition, Recognition]]) -> None:
    quads = boxes(len(readings))
    asked: list[int] = []

    def read(lower: NDArray[np.float32]) -> Sequence[Recognition]:
        asked.extend(int(quad[0, 1]) // 40 for quad in lower)
        return [readings[i][1] for i in asked]

    chosen = read_again(quads, [first for first, _ in readings], read)
    assert asked == [i for i, (first, _) in enumerate(readings) if first.weakest < DOUBTFUL and first.text.strip()]
    for i, (first, second) in enumerate(readings):
        if i not in asked or not second.text.strip():
            assert chosen[i] is first
        elif first.text == second.text:
            assert chosen[i].weakest == max(first.weakest, second.weakest)
        else:
            assert chosen[i].confidence == max(first.confidence, second.confidence)


@given(turn=st.sampled_from([0, 90, 180, 270]))
def test_boxes_are_lowered_around_their_middle(turn: int) -> None:
    quads = turn_quads(boxes(3), turn, (400, 300))
    lower = lowered(quads)
    assert np.allclose(lower.mean(axis=1), quads.mean(axis=1))
    lengths, before = (np.linalg.norm(np.roll(each, -1, axis=1) - each, axis=2) for each in (lower, quads))
    assert np.allclose(lengths[:, ::2], before[:, ::2])
    assert np.allclose(lengths[:, 1::2], HEIGHT * before[:, 1::2])
