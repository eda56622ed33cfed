"""When a challenger is promoted."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial

from model_export.retrain.compare import Comparison, Rules, compare, decide, p_not_worse
from model_export.retrain.data import frozen_names
from model_export.retrain.flips import FlipAudit

DOCUMENTATION = Path(__file__).parents[4] / "docs" / "mlops.md"
QUIET = FlipAudit([], [], 1000, 0, {})


def comparison(names: int, gained: int, lost: int, category: str = "snack") -> Comparison:
    """On names of which both have the rest right."""
    truth = [category] * names
    old = ["x"] * gained + [category] * (names - gained)
    new = [category] * (names - lost) + ["x"] * lost
    return compare(truth, old, new)


FROZEN, AUDITED, BETTER = comparison(700, 5, 5), comparison(80, 7, 1), comparison(60, 7, 0)


def test_counts_and_exact_p_value():
    result = compare(["a", "a", "b", "b"], ["a", "b", "b", "a"], ["a", "a", "a", "b"])
    assert (result.names, result.champion, result.challenger) == (4, 0.5, 0.75)
    assert (result.gained, result.lost) == (2, 1)
    assert result.p_value == pytest.approx(0.5), "2 or 3 of 3 by a fair coin"
    assert result.categories == {"a": (2, 1, 2), "b": (2, 1, 1)}


def test_a_challenger_that_is_better_on_unseen_names_and_not_worse_on_frozen_ones_is_promoted():
    decision = decide(FROZEN, AUDITED, BETTER, QUIET)
    assert decision.promote
    assert "of 60 names that neither model was trained on, 7 won and 0 lost" in decision.reasons[0]
    assert "on 700 frozen names" in decision.reasons[1]


def test_gains_that_may_be_chance_are_not_enough():
    for gained, lost in ((0, 0), (3, 0), (9, 4), (3, 9)):
        decision = decide(FROZEN, AUDITED, comparison(400, gained, lost), QUIET)
        assert not decision.promote, (gained, lost)
        assert decision.reasons[0].startswith("It is not better")
    assert decide(FROZEN, AUDITED, comparison(400, 4, 0), QUIET).promote


def test_forgetting_is_not_bought_with_learning():
    decision = decide(comparison(700, 0, 15), AUDITED, comparison(100, 60, 0), QUIET)
    assert [reason.partition(":")[0] for reason in decision.reasons] == ["It may be worse"]


def test_too_few_frozen_names_exclude_no_loss():
    assert not decide(comparison(100, 0, 0), AUDITED, BETTER, QUIET).promote
    assert decide(comparison(700, 0, 0), AUDITED, BETTER, QUIET).promote


def test_frozen_and_audited_names_are_judged_apart():
    """What is lost on one of them is not made up for by the other."""
    decision = decide(comparison(700, 60, 0), comparison(80, 0, 5), BETTER, QUIET)
    assert [reason.partition("(")[0] for reason in decision.reasons] == [
        "It may be worse: of 80 audited names 0 won and 5 lost do not exclude a loss of 3.0% "
    ]
    decision = decide(comparison(700, 0, 15), comparison(800, 60, 0), BETTER, QUIET)
    assert [reason.partition(",")[0] for reason in decision.reasons] == [
        "It may be worse: of 700 frozen names 0 won and 15 lost do not exclude a loss of 3.0% (p = 0.092"
    ]
    assert not decide(FROZEN, compare([], [], []), BETTER, QUIET).promote, "nothing was audited"


def test_the_error_of_a_year_is_spent_in_equal_looks():
    rules = Rules()
    assert rules.alpha * rules.yearly_looks == pytest.approx(rules.yearly_alpha)
    assert decide(FROZEN, AUDITED, BETTER, QUIET, looks=51).promote
    decision = decide(FROZEN, AUDITED, BETTER, QUIET, looks=52)
    assert decision.reasons == [
        "The frozen names were used 52 times within a year, and the error that is tolerated is spent."
    ]


def test_no_category_pays_for_the_others():
    egg = comparison(20, 0, 3, "egg")
    frozen = compare(
        ["egg"] * 20 + ["snack"] * 680,
        ["egg"] * 20 + ["x"] * 20 + ["snack"] * 660,
        ["x"] * 3 + ["egg"] * 17 + ["snack"] * 680,
    )
    assert egg.lost == frozen.lost
    decision = decide(frozen, AUDITED, BETTER, QUIET)
    assert decision.reasons == ["egg falls from 20 to 17 of 20 frozen names right, by more than 5%."]
    assert decide(frozen, AUDITED, BETTER, QUIET, rules=Rules(category_fall=0.2)).promote
    assert decide(frozen, AUDITED, BETTER, QUIET, rules=Rules(category_names=4)).promote


@pytest.mark.parametrize(
    ("flips", "objection"),
    [
        (FlipAudit([], [], 1000, 4, {}), None),
        (FlipAudit([], [], 1000, 5, {}), "5 of 1000 names that the champion was confident of change"),
        (FlipAudit([], [], 20, 2, {}), None),
        (FlipAudit([], [], 1000, 0, {("새벽들", "alcohol"): (30, 5)}), None),
        (FlipAudit([], [], 1000, 0, {("새벽들", "alcohol"): (30, 6)}), "6 of 30 names of 새벽들 change to alcohol"),
        (FlipAudit([], [], 1000, 0, {("새벽들", "alcohol"): (2, 2)}), None),
    ],
)
def test_changed_answers_that_no_label_explains_stop_a_promotion(flips: FlipAudit, objection: str | None) -> None:
    decision = decide(FROZEN, AUDITED, BETTER, flips)
    assert decision.promote == (objection is None)
    assert objection is None or decision.reasons[0].startswith(objection)


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_gained_is_never_less_significant(gained: int, lost: int) -> None:
    fewer, more = comparison(200, gained, lost), comparison(200, gained + 1, lost)
    rounding = 1e-9  # one more gained than lost is one half exactly
    assert more.p_value <= fewer.p_value + rounding
    assert fewer.p_value <= 0.5 + rounding if gained > lost else fewer.p_value >= 0.5 - rounding


@given(names=st.integers(0, 3000), gained=st.integers(0, 60), lost=st.integers(0, 60), margin=st.floats(0.001, 0.2))
def test_not_worse_is_a_probability_that_falls_with_gains_and_names(
    names: int, gained: int, lost: int, margin: float
) -> None:
    names = max(names, gained + lost + 1)
    p = p_not_worse(names, gained, lost, margin)
    assert 0 <= p <= 1
    assert p_not_worse(names, gained + 1, lost, margin) <= p + 1e-9
    if lost:
        assert p_not_worse(names, gained, lost - 1, margin) <= p + 1e-9
    assert p_not_worse(0, 0, 0, margin) == 1


@pytest.mark.parametrize(("names", "margin"), [(867, 0.02), (721, 0.03), (255, 0.02), (1442, 0.03)])
def test_not_worse_is_a_number_if_as_many_are_lost_as_the_margin_expects(names: int, margin: float) -> None:
    """A comparison with nan is false, so nothing would object."""
    for lost in range(names):
        assert 0 <= p_not_worse(names, 0, lost, margin) <= 1, lost


def test_how_many_challengers_pass_is_as_documented() -> None:
    names, most = len(frozen_names()), 60
    text = DOCUMENTATION.read_text("utf-8")
    assert f"there are {names} frozen names" in text
    header, _, *rows = re.findall(
        r"^\|.*\|$", text.partition("Why 3 points")[2].partition("\n\nWith 2")[0], re.MULTILINE
    )
    margins = [float(margin) / 100 for margin in re.findall(r"\d[.\d]*", header)]
    assert Rules().frozen_margin == float(re.findall(r"\*\*(.*)\*\*", header)[0]) / 100
    passes = [
        [[p_not_worse(names, won, lost, margin) <= Rules().alpha for lost in range(most)] for won in range(most)]
        for margin in margins
    ]
    won, lost = np.meshgrid(np.arange(most), np.arange(most), indexing="ij")
    assert len(rows) == 7
    for row in rows:
        what, share, *documented = [cell.strip() for cell in row.strip("|").split("|")]
        points = float(re.sub(r"\D", "", what) or 0) / 100 * (-1 if "better" in what else 1)
        differing = float(share.removesuffix(" %")) / 100
        odds = multinomial.pmf(
            np.dstack([won, lost, names - won - lost]),
            names,
            [(differing - points) / 2, (differing + points) / 2, 1 - differing],
        )
        assert documented == [f"{np.sum(odds * each):.0%}".replace("%", " %") for each in passes], what


def test_a_challenger_at_the_margin_passes_as_often_as_alpha_says() -> None:
    """Of many challengers that lose exactly the margin, about alpha pass: the test keeps its promise."""
    rng = np.random.default_rng(7)
    names, margin, only_challenger = 700, 0.02, 0.01
    counts = rng.multinomial(
        names, [only_challenger, only_challenger + margin, 1 - 2 * only_challenger - margin], 20_000
    )
    for alpha, most in ((0.05, 0.06), (0.01, 0.014), (Rules().alpha, 0.002)):
        passed = np.mean(
            [p_not_worse(names, int(gained), int(lost), margin) <= alpha for gained, lost, _ in counts[:4000]]
        )
        assert passed <= most, alpha
