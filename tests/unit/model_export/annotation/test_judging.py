"""Which answers are accepted, and how annotators are measured."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_export.annotation.judging import Answer, Thresholds, as_text, judge, kappa

CODES = ("dairy", "tofu", "snack")


def task(number, *codes, gold=None, status=None, names=("ann", "ben", "cho")):
    return [
        Answer(number * 10 + place, number, f"name {number}", name, code, gold, status)
        for place, (name, code) in enumerate(zip(names, codes, strict=False))
    ]


def test_answers_that_agree_are_accepted_and_others_go_back():
    judgement = judge(task(1, "dairy", "dairy") + task(2, "dairy", "tofu"), Thresholds())
    assert judgement.accepted == [10, 11]
    assert judgement.returned == [20, 21]
    assert judgement.again == ["name 2"]


def test_a_majority_is_enough_where_the_bar_says_so():
    answers = task(1, "dairy", "tofu", "dairy")
    assert judge(answers, Thresholds()).accepted == []
    judgement = judge(answers, Thresholds(agreement=0.6))
    assert (judgement.accepted, judgement.returned, judgement.again) == ([10, 12], [11], [])


def test_a_tie_is_no_majority():
    judgement = judge(task(1, "dairy", "tofu"), Thresholds(agreement=0.5))
    assert judgement.again == ["name 1"]


def test_a_single_answer_is_not_enough():
    assert judge(task(1, "dairy"), Thresholds()).again == ["name 1"]
    assert judge(task(1, "dairy"), Thresholds(annotators=1)).accepted == [10]


def test_what_was_returned_stays_returned():
    judgement = judge(task(1, "dairy", "dairy", status="returned"), Thresholds())
    assert (judgement.accepted, judgement.returned, judgement.again) == ([], [], [])


def test_answers_of_who_fails_the_gold_questions_do_not_count():
    gold = [answer for n in range(5) for answer in task(n, "dairy", "dairy", "tofu", gold="dairy")]
    accepted = task(11, "snack", "snack", status="accepted", names=("ann", "cho"))
    still_accepted = task(12, "snack", "snack", status="accepted", names=("ann", "ben"))
    judgement = judge(gold + accepted + still_accepted, Thresholds())
    assert {one.name: one.trusted for one in judgement.annotators} == {"ann": True, "ben": True, "cho": False}
    assert {one.name: one.gold_accuracy for one in judgement.annotators} == {"ann": 1, "ben": 1, "cho": 0}
    assert judgement.again == ["name 11"]
    assert {110, 111} <= set(judgement.returned)
    assert {120, 121} <= set(judgement.accepted)
    assert "too many gold questions wrong" in as_text(judgement, Thresholds())


def test_too_few_gold_questions_say_nothing():
    gold = [answer for n in range(4) for answer in task(n, "tofu", "dairy", gold="dairy")]
    assert all(one.trusted for one in judge(gold, Thresholds()).annotators)


def test_a_gold_question_is_not_asked_again_for_being_answered_wrong():
    judgement = judge(task(1, "tofu", "dairy", gold="dairy"), Thresholds())
    assert (judgement.accepted, judgement.returned, judgement.again) == ([11], [10], [])


def test_agreement_and_kappa():
    # Of 10 tasks they agree on 7; by chance they would on 0.6 * 0.5 + 0.4 * 0.5 = 0.5.
    pairs = [("dairy", "dairy")] * 4 + [("dairy", "tofu")] * 2 + [("tofu", "tofu")] * 3 + [("tofu", "dairy")]
    assert kappa(pairs) == pytest.approx((0.7 - 0.5) / 0.5)
    judgement = judge([answer for n, codes in enumerate(pairs) for answer in task(n, *codes)], Thresholds())
    assert [one.agreement for one in judgement.annotators] == [0.7, 0.7]
    (pair,) = judgement.pairs
    assert (pair.names, pair.tasks) == (("ann", "ben"), 10)
    assert "should discuss the instructions" in as_text(judgement, Thresholds())


def test_kappa_where_there_was_nothing_to_choose():
    assert kappa([("dairy", "dairy")] * 3) == 1


answers_strategy = st.lists(
    st.tuples(st.lists(st.sampled_from(CODES), min_size=1, max_size=3), st.sampled_from((None, *CODES))), max_size=12
)


@given(tasks=answers_strategy, seed=st.integers(0, 99))
def test_each_answer_gets_one_status_whatever_the_order(tasks, seed):
    answers = [answer for n, (codes, gold) in enumerate(tasks) for answer in task(n, *codes, gold=gold)]
    judgement = judge(answers, Thresholds(gold_answers=2))
    assert sorted(judgement.accepted + judgement.returned) == sorted(answer.annotation_id for answer in answers)
    by_id = {answer.annotation_id: answer for answer in answers}
    assert not {by_id[number].text_key for number in judgement.accepted} & set(judgement.again)
    random.Random(seed).shuffle(answers)
    other = judge(answers, Thresholds(gold_answers=2))
    assert sorted(other.accepted) == sorted(judgement.accepted)
    assert sorted(other.again) == sorted(judgement.again)
    assert other.annotators == judgement.annotators
