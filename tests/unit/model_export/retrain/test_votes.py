"""Who decides what a name is called: nobody alone, nobody often, and annotators above all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from model_export.retrain.votes import Label, Limits, Vote, settle

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def vote(user: str, name: str, category: str, hours: float = 0) -> Vote:
    return Vote(user, name, name, category, MONDAY + timedelta(hours=hours))


def labels(*votes: Vote, known: dict[str, str] | None = None, limits: Limits | None = None) -> dict[str, str]:
    return {label.key: label.category for label in settle(votes, [], known or {}, limits).labels}


def test_two_users_who_agree_make_a_label_from_the_second_on():
    (label,) = settle(
        [vote("a", "김", "seafood", 1), vote("b", "김", "seafood", 5), vote("c", "김", "seafood", 9)], [], {}
    ).labels
    assert (label.category, label.at, label.source) == ("seafood", MONDAY + timedelta(hours=5), "users")


def test_one_user_makes_none_however_often():
    settled = settle([vote("a", "김", "snack", hour) for hour in range(9)], [], {})
    assert (settled.labels, settled.conflicts, settled.alone) == ([], [], 1)


def test_the_latest_word_of_a_user_counts():
    assert labels(vote("a", "김", "snack"), vote("a", "김", "seafood", 1), vote("b", "김", "seafood")) == {
        "김": "seafood"
    }


def test_a_dispute_goes_to_annotation_and_a_large_majority_does_not():
    two_against_two = [
        vote("a", "김", "snack"),
        vote("b", "김", "snack"),
        vote("c", "김", "seafood"),
        vote("d", "김", "seafood"),
    ]
    settled = settle(two_against_two, [], {})
    assert settled.labels == []
    assert [(conflict.key, conflict.votes) for conflict in settled.conflicts] == [("김", 4)]
    assert labels(*two_against_two[1:], vote("e", "김", "seafood")) == {"김": "seafood"}


def test_any_number_of_votes_against_the_data_set_goes_to_annotation():
    votes = [vote(f"user{number}", "우유", "alcohol") for number in range(50)]
    settled = settle(votes, [], {"우유": "dairy"})
    assert settled.labels == []
    assert [conflict.key for conflict in settled.conflicts] == ["우유"]
    assert labels(*[vote(user, "우유", "dairy") for user in "ab"], known={"우유": "dairy"}) == {"우유": "dairy"}


def test_the_word_of_annotators_counts_more_than_votes():
    annotated = Label("우유", "우유", "dairy", MONDAY, "annotators")
    settled = settle([vote(user, "우유", "alcohol") for user in "abc"], [annotated], {})
    assert (settled.labels, settled.conflicts) == ([annotated], [])


def test_only_so_many_names_of_one_user_count_in_a_week():
    limits = Limits(names_a_week=3)
    votes = [vote(user, f"이름{number}", "snack", number) for user in "ab" for number in range(5)]
    settled = settle(votes, [], {}, limits)
    assert [label.key for label in settled.labels] == ["이름0", "이름1", "이름2"]
    assert settled.over_limit == 4
    next_week = [vote(user, "이름9", "snack", 7 * 24) for user in "ab"]
    assert len(settle([*votes, *next_week], [], {}, limits).labels) == 4


CATEGORIES = st.sampled_from(["snack", "dairy", "fruit"])
VOTES = st.lists(
    st.builds(vote, st.sampled_from("abcde"), st.sampled_from(["김", "우유", "배"]), CATEGORIES, st.integers(0, 400))
)


@given(VOTES)
def test_a_label_always_has_two_users_behind_it_and_most_of_those_who_voted(votes: list[Vote]) -> None:
    settled = settle(votes, [], {})
    last = {(each.user, each.key): each.category for each in sorted(votes, key=lambda each: each.at)}
    for label in settled.labels:
        ballot = [category for (_, key), category in last.items() if key == label.key]
        assert ballot.count(label.category) >= 2
        assert ballot.count(label.category) * 3 >= 2 * len(ballot)
    assert not {label.key for label in settled.labels} & {conflict.key for conflict in settled.conflicts}


@given(VOTES, st.sampled_from(["김", "우유", "배"]), CATEGORIES)
def test_one_more_user_never_makes_a_name_of_which_nobody_else_spoke(
    votes: list[Vote], name: str, category: str
) -> None:
    others = [each for each in votes if each.key != name]
    assert name not in {label.key for label in settle([*others, vote("f", name, category)], [], {}).labels}
