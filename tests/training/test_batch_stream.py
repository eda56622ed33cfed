"""Needs torch, which only the training environment has."""

import random

from hypothesis import given
from hypothesis import strategies as st

from model_export.text_models import batch_stream


class Numbers:
    """Pools of three random numbers."""

    pool_size = 3

    def pool(self, seed: int) -> list[float]:
        rng = random.Random(seed)
        return [rng.random() for _ in range(self.pool_size)]


@given(st.integers(0, 9), st.integers(0, 20), st.integers(0, 20))
def test_a_resumed_stream_continues_where_the_other_ended(seed: int, first: int, length: int) -> None:
    whole = list(batch_stream.stream(Numbers(), seed, 0, first + length, workers=0))
    rest = list(batch_stream.stream(Numbers(), seed, first, first + length, workers=0))
    assert len(whole) == first + length
    assert rest == whole[first:]


def test_the_number_of_processes_does_not_change_the_stream() -> None:
    alone = list(batch_stream.stream(Numbers(), 4, 2, 14, workers=0))
    assert list(batch_stream.stream(Numbers(), 4, 2, 14, workers=2)) == alone
    assert list(batch_stream.stream(Numbers(), 5, 2, 14, workers=0)) != alone
