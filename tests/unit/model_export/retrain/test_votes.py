"""Votes become labels: several users have to agree, a user has limited influence, annotators decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from model_export.retrain.votes import Label, Limits, Vote, count_votes

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def vote(user: str, name: str, category: str, hours: float = 0) -> Vote:
    return Vote(user, name, name, category, MONDAY + timedelta(hours=hours))


def labels(*votes: Vote, fixed: dict[str, str] | None = None, limits: Limits | None = None) -> dict[str, str]:
    return {label.key: label.category for label in count_votes(votes, [], fixed or {}, limits).labels}


def test_two_users_who_agree_make_a_label_from_the_second_on():
    (label,) = count_votes(
        [vote("a", "김", "seafood", 1), vote("b", "김", "seafood", 5), vote("c", "김", "seafood", 9)], [], {}
    ).labels
    assert (label.category, label.at, label.source) == ("seafood", MONDAY + timedelta(hours=5), "users")


def test_one_user_makes_no_label_however_often():
    count = count_votes([vote("a", "김", "snack", hour) for hour in range(9)], [], {})
    assert (count.labels, count.conflicts, count.single) == ([], [], 1)


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
    count = count_votes(two_against_two, [], {})
    assert count.labels == []
    assert [(conflict.key, conflict.votes) for conflict in count.conflicts] == [("김", 4)]
    assert labels(*two_against_two[1:], vote("e", "김", "seafood")) == {"김": "seafood"}


def test_any_number_of_votes_against_the_data_set_goes_to_annotation():
    votes = [vote(f"user{number}", "우유", "alcohol") for number in range(50)]
    count = count_votes(votes, [], {"우유": "dairy"})
    assert count.labels == []
    assert [conflict.key for conflict in count.conflicts] == ["우유"]
    assert labels(*[vote(user, "우유", "dairy") for user in "ab"], fixed={"우유": "dairy"}) == {"우유": "dairy"}


def test_the_word_of_annotators_counts_more_than_votes():
    annotated = Label("우유", "우유", "dairy", MONDAY, "annotators")
    count = count_votes([vote(user, "우유", "alcohol") for user in "abc"], [annotated], {})
    assert (count.labels, count.conflicts) == ([annotated], [])


def test_only_so_many_names_of_one_user_count_in_a_week():
    limits = Limits(names_per_week=3)
    votes = [vote(user, f"이름{number}", "snack", number) for user in "ab" for number in range(5)]
    count = count_votes(votes, [], {}, limits)
    assert [label.key for label in count.labels] == ["이름0", "이름1", "이름2"]
    assert count.over_limit == 4
    next_week = [vote(user, "이름9", "snack", 7 * 24) for user in "ab"]
    assert len(count_votes([*votes, *next_week], [], {}, limits).labels) == 4


CATEGORIES = st.sampled_from(["snack", "dairy", "fruit"])
VOTES = st.lists(
    st.builds(vote, st.sampled_from("abcde"), st.sampled_from(["김", "우유", "배"]), CATEGORIES, st.integers(0, 400))
)


@given(VOTES)
def test_a_label_always_has_two_users_behind_it_and_most_of_those_who_voted(votes: list[Vote]) -> None:
    count = count_votes(votes, [], {})
    last = {(each.user, each.key): each.category for each in sorted(votes, key=lambda each: each.at)}
    for label in count.labels:
        ballot = [category for (_, key), category in last.items() if key == label.key]
        assert ballot.count(label.category) >= 2
        assert ballot.count(label.category) * 3 >= 2 * len(ballot)
    assert not {label.key for label in count.labels} & {conflict.key for conflict in count.conflicts}


@given(VOTES, st.sampled_from(["김", "우유", "배"]), CATEGORIES)
def test_one_more_user_never_makes_a_label_of_a_name_without_other_votes(
    votes: list[Vote], name: str, category: str
) -> None:
    others = [each for each in votes if each.key != name]
    assert name not in {label.key for label in count_votes([*others, vote("f", name, category)], [], {}).labels}
