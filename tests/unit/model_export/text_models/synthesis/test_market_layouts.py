import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from model_export.text_models import charset
from model_export.text_models.synthesis.fonts import cells
from model_export.text_models.synthesis.layouts import Row
from model_export.text_models.synthesis.market_layouts import MarketLayout
from model_export.text_models.synthesis.market_text import MarketText


def receipt(seed: int, width: int = 42) -> list[Row]:
    return MarketLayout(MarketText(random.Random(seed)), width).receipt()


@given(st.integers(0, 10_000), st.sampled_from([32, 42, 48]))
@settings(max_examples=60, deadline=None)
def test_prints_of_a_row_fit_and_do_not_overlap(seed: int, width: int) -> None:
    for row in receipt(seed, width):
        end = 0
        for each in row:
            assert each.column >= end
            assert charset.readable(each.text)
            end = each.column + cells(each.text) * each.wide
            assert end <= width


def test_names_run_up_to_their_unit_price() -> None:
    gaps = []
    for seed in range(200):
        for row in receipt(seed):
            gaps += [b.column - a.column - cells(a.text) for a, b in pairwise(row)]
    assert gaps.count(1) > 100


def test_some_receipts_count_their_line_items_at_the_left_edge() -> None:
    def numbers(seed: int) -> list[int]:
        first = [row[0].text.strip("()*D P") for row in receipt(seed) if row]
        return [int(text) for text in first if text.isdigit() and len(text) < 4]

    assert sum(found[:3] == [1, 2, 3] for found in map(numbers, range(100))) > 10
