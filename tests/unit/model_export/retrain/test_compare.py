"""When a challenger is promoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_export.retrain.compare import Comparison, Rules, compare, decide

NOTHING = compare([], [], [])


def comparison(names: int, gained: int, lost: int, category: str = "snack") -> Comparison:
    """On names of which both have the rest right."""
    truth = [category] * names
    old = ["x"] * gained + [category] * (names - gained)
    new = [category] * (names - lost) + ["x"] * lost
    return compare(truth, old, new)


def test_counts_and_exact_p_value():
    result = compare(["a", "a", "b", "b"], ["a", "b", "b", "a"], ["a", "a", "a", "b"])
    assert (result.names, result.champion, result.challenger) == (4, 0.5, 0.75)
    assert (result.gained, result.lost) == (2, 1)
    assert result.p_value == pytest.approx(0.5), "2 or 3 of 3 by a fair coin"
    assert result.categories == {"a": (2, 1, 2), "b": (2, 1, 1)}


def test_a_clear_gain_is_promoted_and_says_why():
    frozen, fresh = comparison(400, 2, 1), comparison(50, 20, 0)
    decision = decide(frozen, fresh, comparison(450, 22, 1))
    assert decision.promote
    assert "22 of 450 names won and 1 lost" in decision.reasons[0]


def test_what_may_be_chance_is_not_promoted():
    for gained, lost in ((0, 0), (4, 0), (9, 4), (3, 9)):
        decision = decide(comparison(400, gained, lost), NOTHING, comparison(400, gained, lost))
        assert not decision.promote, (gained, lost)
        assert decision.reasons[0].startswith("It is not better")
    assert decide(comparison(400, 5, 0), NOTHING, comparison(400, 5, 0)).promote


def test_forgetting_is_not_bought_with_learning():
    decision = decide(comparison(400, 0, 5), comparison(100, 60, 0), comparison(500, 60, 5))
    assert decision.reasons == ["Accuracy on the frozen names falls from 1.000 to 0.988, by more than 0.01."]


def test_no_category_pays_for_the_others():
    egg = comparison(20, 0, 2, "egg")
    rest = comparison(380, 60, 0)
    frozen = compare(
        ["egg"] * 20 + ["snack"] * 380,
        ["egg"] * 20 + ["x"] * 60 + ["snack"] * 320,
        ["x"] * 2 + ["egg"] * 18 + ["snack"] * 380,
    )
    assert (egg.lost, rest.gained) == (frozen.lost, frozen.gained)
    decision = decide(frozen, NOTHING, frozen)
    assert decision.reasons == ["egg falls from 20 to 18 of 20 names right, by more than 5%."]
    assert decide(frozen, NOTHING, frozen, Rules(category_fall=0.1)).promote


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_gained_is_never_less_significant(gained: int, lost: int) -> None:
    fewer, more = comparison(200, gained, lost), comparison(200, gained + 1, lost)
    rounding = 1e-9  # one more gained than lost is one half exactly
    assert more.p_value <= fewer.p_value + rounding
    assert fewer.p_value <= 0.5 + rounding if gained > lost else fewer.p_value >= 0.5 - rounding
