"""Votes become labels: several independent users have to agree, their influence is limited, annotators decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from model_export.retrain.trust import Vote, Voter
from model_export.retrain.votes import Label, Limits, VoteCount, count_votes

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOW = MONDAY + timedelta(days=14)


def vote(user: str, name: str, category: str, hours: float = 0) -> Vote:
    return Vote(user, name, name, category, MONDAY + timedelta(hours=hours))


def member(user: str, **changes: object) -> Voter:
    """An established account, which signed up in an hour of its own."""
    facts = {
        "member_since": MONDAY - timedelta(days=90, hours=sum(map(ord, user))),
        "is_confirmed": True,
        "receipts": 9,
    }
    return Voter(user, **(facts | changes))  # type: ignore[arg-type]


def unsure(names: Sequence[str]) -> list[tuple[str, float]]:
    """A champion without an opinion."""
    return [("non_food", 0.2)] * len(names)


def count(
    votes: Sequence[Vote],
    annotations: Sequence[Label] = (),
    fixed: dict[str, str] | None = None,
    limits: Limits | None = None,
    voters: Sequence[Voter] | None = None,
    linked: Sequence[tuple[str, str]] = (),
    predict: object = unsure,
) -> VoteCount:
    if voters is None:
        voters = [member(user) for user in sorted({each.user for each in votes})]
    return count_votes(votes, voters, linked, annotations, fixed or {}, predict, NOW, limits)  # type: ignore[arg-type]


def labels(*votes: Vote, fixed: dict[str, str] | None = None, limits: Limits | None = None) -> dict[str, str]:
    return {label.key: label.category for label in count(votes, fixed=fixed, limits=limits).labels}


def reasons(result: VoteCount) -> dict[str, str]:
    return {conflict.key: conflict.reason for conflict in result.conflicts}


def test_three_users_who_agree_make_a_label_from_the_third_on():
    (label,) = count(
        [vote(user, "김", "seafood", hour) for user, hour in zip("abcd", (1, 5, 9, 13), strict=True)]
    ).labels
    assert (label.category, label.at, label.source) == ("seafood", MONDAY + timedelta(hours=9), "users")


def test_one_user_makes_no_label_however_often_and_two_households_count_as_two():
    result = count([vote("a", "김", "snack", hour) for hour in range(9)])
    assert (result.labels, result.conflicts, result.too_few) == ([], [], 1)
    result = count([vote(user, "김", "seafood") for user in "ab"])
    assert (result.labels, result.conflicts, result.too_few) == ([], [], 2)


def test_the_latest_word_of_a_user_counts():
    votes = [
        vote("a", "김", "snack"),
        vote("a", "김", "seafood", 1),
        vote("b", "김", "seafood"),
        vote("c", "김", "seafood"),
    ]
    assert labels(*votes) == {"김": "seafood"}


def test_a_dispute_goes_to_annotation_and_a_large_majority_does_not():
    three_against_two = [vote(user, "김", "seafood" if user in "abc" else "snack") for user in "abcde"]
    result = count(three_against_two)
    assert result.labels == []
    assert [(conflict.key, conflict.votes, conflict.reason) for conflict in result.conflicts] == [("김", 5, "disputed")]
    assert labels(*three_against_two, vote("f", "김", "seafood")) == {"김": "seafood"}


def test_any_number_of_votes_against_the_data_set_goes_to_annotation():
    votes = [vote(f"user{number}", "우유", "alcohol") for number in range(50)]
    assert reasons(count(votes, fixed={"우유": "dairy"})) == {"우유": "data set"}
    assert labels(*[vote(user, "우유", "dairy") for user in "abc"], fixed={"우유": "dairy"}) == {"우유": "dairy"}


def test_votes_against_a_confident_champion_go_to_annotation():
    def champion(confidence: float) -> object:
        return lambda names: [("vegetable", confidence)] * len(names)

    votes = [vote(f"user{number}", "새벽들 백오이", "alcohol") for number in range(50)]
    result = count(votes, predict=champion(0.97))
    assert (result.labels, reasons(result)) == ([], {"새벽들 백오이": "confident champion"})
    assert count(votes, predict=champion(0.94)).conflicts == []
    agreeing = [vote(user, "새벽들 백오이", "vegetable") for user in "abc"]
    assert count(agreeing, predict=champion(0.97)).conflicts == []


def test_the_word_of_annotators_counts_more_than_votes():
    annotated = Label("우유", "우유", "dairy", MONDAY, "annotators")
    result = count([vote(user, "우유", "alcohol") for user in "abc"], [annotated])
    assert (result.labels, result.conflicts) == ([annotated], [])


def test_only_so_many_names_of_one_user_count_in_a_week():
    limits = Limits(names_per_week=3, unproven_names=9)
    votes = [vote(user, f"이름{number}", "snack", number) for user in "abc" for number in range(5)]
    apart = [("d", "e"), ("f", "g")]  # nothing to do with them
    result = count(votes, limits=limits, linked=apart)
    assert [label.key for label in result.labels] == ["이름0", "이름1", "이름2"]
    assert result.over_limit == 6
    next_week = [vote(user, "이름9", "snack", 7 * 24) for user in "abc"]
    assert len(count([*votes, *next_week], limits=limits).labels) == 4


CATEGORIES = st.sampled_from(["snack", "dairy", "fruit"])
VOTES = st.lists(
    st.builds(vote, st.sampled_from("abcde"), st.sampled_from(["김", "우유", "배"]), CATEGORIES, st.integers(0, 400))
)


@given(VOTES)
def test_a_label_always_has_three_users_behind_it_and_most_of_those_who_voted(votes: list[Vote]) -> None:
    result = count(votes)
    last = {(each.user, each.key): each.category for each in sorted(votes, key=lambda each: each.at)}
    for label in result.labels:
        ballot = [category for (_, key), category in last.items() if key == label.key]
        assert ballot.count(label.category) >= 3
        assert ballot.count(label.category) * 3 >= 2 * len(ballot)
    assert not {label.key for label in result.labels} & {conflict.key for conflict in result.conflicts}


@given(VOTES, st.sampled_from(["김", "우유", "배"]), CATEGORIES)
def test_two_more_users_never_make_a_label_of_a_name_without_other_votes(
    votes: list[Vote], name: str, category: str
) -> None:
    others = [each for each in votes if each.key != name]
    result = count([*others, vote("f", name, category), vote("g", name, category)])
    assert name not in {label.key for label in result.labels}
