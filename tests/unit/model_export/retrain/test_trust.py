"""Accounts that conspire, households that file oddly, and a new brand: whose votes teach the model, and how much."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_export.classifier.dataset import CODES
from model_export.retrain.trust import Vote, Voter
from model_export.retrain.votes import Label, Limits, VoteCount, count_votes, fragments

NOW = datetime(2026, 12, 7, 3, tzinfo=UTC)
LIMITS = Limits()
KNOWN = {f"아는 상품{number}": CODES[number % len(CODES)] for number in range(60)}
"""Names of the hand-made data set."""
PRODUCTS = (
    "오이",
    "우유",
    "한우",
    "사과",
    "두부",
    "식빵",
    "라면",
    "김치",
    "고등어",
    "콩나물",
    "달걀",
    "만두",
    "주스",
    "커피",
)
SYLLABLES = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호"


def invented(number: int, seed: int) -> list[str]:
    """Names of unrelated products."""
    rng = random.Random(seed)
    return ["".join(rng.choices(SYLLABLES, k=4)) for _ in range(number)]


def brand_names(brand: str, number: int) -> list[str]:
    """A brand's products; the brand is at the start, at the end or within."""
    forms = ("{0} {1}{2}", "{1}{2} {0}", "{1} {0} {2}")
    return [forms[n % 3].format(brand, PRODUCTS[n % len(PRODUCTS)], invented(1, n)[0]) for n in range(number)]


@dataclass
class World:
    """Votes and the accounts behind them."""

    votes: list[Vote] = field(default_factory=list)
    voters: dict[str, Voter] = field(default_factory=dict)
    linked: list[tuple[str, str]] = field(default_factory=list)

    def account(self, user: str, days: float = 100, *, confirmed: bool = True, receipts: int = 10) -> str:
        """Sign up; each account in an hour of its own."""
        since = NOW - timedelta(days=days, hours=len(self.voters) % 400 if days > 40 else 0)
        self.voters[user] = Voter(user, since, confirmed, receipts)
        return user

    def vote(self, user: str, name: str, category: str, hours_ago: float = 20) -> None:
        self.votes.append(Vote(user, name, name, category, NOW - timedelta(hours=hours_ago)))

    def count(
        self,
        limits: Limits = LIMITS,
        annotations: Sequence[Label] = (),
        confident: str = "",
        known: Mapping[str, str] = KNOWN,
    ) -> VoteCount:
        """`confident`: the champion is sure that every name is of this category. known: the hand-made names."""

        def predict(names: Sequence[str]) -> list[tuple[str, float]]:
            return [(confident or "non_food", 0.99 if confident else 0.3)] * len(names)

        return count_votes(self.votes, self.voters.values(), self.linked, annotations, known, predict, NOW, limits)


def honest(world: World, households: int = 60, seed: int = 5) -> dict[str, str]:
    """Households buy the same products, popular ones more often, and correct most of what is wrong."""
    rng = random.Random(seed)
    truth = {name: rng.choice(CODES) for name in invented(80, seed + 1)}
    names = list(truth)
    for number in range(households):
        user = world.account(f"household {number}")
        bought = set(rng.choices(names, weights=[1 / (rank + 2) for rank in range(len(names))], k=20))
        for name in sorted(bought):
            slip = rng.random() < 0.03
            world.vote(user, name, rng.choice(CODES) if slip else truth[name], rng.uniform(1, 1000))
        for name in rng.sample(sorted(KNOWN), 4):
            world.vote(user, name, KNOWN[name], rng.uniform(1, 1000))
    return truth


def learned(result: VoteCount, names: Sequence[str]) -> list[Label]:
    return [label for label in result.labels if label.key in set(names)]


def conspire(
    world: World, accounts: int, names: Sequence[str], category: str, pattern: str, padding: Sequence[str] = ()
) -> None:
    """Accounts that look established vote `category` for `names`.

    pattern: all, every account votes on every name; turns, three accounts per name in turns; halves, each on half of
    the names. padding: known names that each account also votes on, rightly.
    """
    rng = random.Random(accounts)
    for number in range(accounts):
        user = world.account(f"colluder {number}", days=50 + 3 * number)
        for place, name in enumerate(names):
            takes_part = {
                "all": True,
                "turns": (place + number) % max(1, accounts // 3) == 0,
                "halves": rng.random() < 0.5,
            }[pattern]
            if takes_part:
                world.vote(user, name, category, rng.uniform(1, 160))
        for name in padding:
            world.vote(user, name, KNOWN[name], rng.uniform(1, 160))


COLLUDERS = st.sampled_from([2, 5, 20])
PATTERNS = st.sampled_from(["all", "turns", "halves"])
TARGETS = st.sampled_from(["alcohol", "non_food", "baby_health"])
PADDING = st.integers(0, 30).map(lambda number: sorted(KNOWN)[:number])


@settings(max_examples=25)
@given(accounts=COLLUDERS, pattern=PATTERNS, category=TARGETS, padding=PADDING, others=st.booleans())
def test_conspirators_teach_at_most_a_small_share_of_a_brand(
    accounts: int, pattern: str, category: str, padding: list[str], others: bool
) -> None:
    world, names = World(), brand_names("새벽들", 90)
    if others:
        honest(world)
    conspire(world, accounts, names, category, pattern, padding)
    result = world.count()
    own = learned(result, names)
    from_users = sum(label.source == "users" for label in result.labels)
    assert len(own) <= max(LIMITS.fragment_names, LIMITS.share * from_users)
    if accounts < LIMITS.users or pattern == "all":
        assert own == [], "fewer than three voices"
    queued = {conflict.key for conflict in result.conflicts}
    agreed = {name for name, votes in Counter(vote.key for vote in world.votes).items() if votes >= LIMITS.users}
    if result.over_limit == 0:
        assert set(names) & agreed <= queued | {label.key for label in own}, "annotators see what is not learned"


@settings(max_examples=25)
@given(accounts=COLLUDERS, pattern=PATTERNS, category=TARGETS)
def test_conspirators_without_a_brand_are_limited_too(accounts: int, pattern: str, category: str) -> None:
    world, names = World(), invented(90, 77)
    honest(world)
    conspire(world, accounts, names, category, pattern)
    assert len(learned(world.count(), names)) <= accounts


DISGUISES = st.sampled_from(["decoys of one's own", "disputed decoys", "few shared names", "weeks apart"])


@settings(max_examples=40)
@given(accounts=st.sampled_from([2, 3, 5, 20]), disguise=DISGUISES, seed=st.integers(0, 1000), others=st.booleans())
def test_conspirators_who_look_independent_teach_a_name_each(
    accounts: int, disguise: str, seed: int, others: bool
) -> None:
    """Whatever hides that they belong together: no more labels than accounts, `Limits.unproven_names` being three."""
    assert LIMITS.unproven_names == LIMITS.users == 3
    world, rng = World(), random.Random(seed)
    if others:
        honest(world)
    names, decoys = invented(200, 77), invented(400, 78)
    colluders = [world.account(f"colluder {number}", days=50 + 3 * number) for number in range(accounts)]
    for place, name in enumerate(names):
        voters = rng.sample(colluders, min(3, accounts)) if disguise == "few shared names" else colluders
        for user in voters:
            weeks = place // 10 if disguise == "weeks apart" else 0
            world.vote(user, name, "alcohol", 168 * weeks + rng.uniform(1, 160))
    if disguise in ("decoys of one's own", "disputed decoys"):
        for place, user in enumerate(colluders):
            for number, decoy in enumerate(decoys):
                if disguise == "disputed decoys":
                    world.vote(user, decoy, CODES[(place + number) % len(CODES)], 400 + number)
                elif number % accounts == place:
                    world.vote(user, decoy, "snack", 400 + number)
    own = learned(world.count(), names)
    assert len(own) <= (accounts if accounts >= LIMITS.users else 0)


@pytest.mark.parametrize(("wrong", "labels"), [(0, 8), (10, 4), (25, 3)])
def test_a_record_is_what_annotators_decide_as_the_account_had_voted(wrong: int, labels: int) -> None:
    """Three accounts have voted on 25 audited names that annotators decided later, `wrong` of them otherwise."""
    world, names = World(), invented(60, 77)
    shown = invented(25, 79)
    for number in range(3):
        user = world.account(f"colluder {number}")
        for place, name in enumerate(shown):
            world.vote(user, name, "snack" if place < wrong else "fruit", 500)
        for place, name in enumerate(invented(30, 80 + number)):
            world.vote(user, name, "fruit", 300 + place)
        for name in names:
            world.vote(user, name, "alcohol", number + 1)
    trusting = replace(LIMITS, trust=replace(LIMITS.trust, right_share=0, equal_share=2))
    decided = [Label(name, name, "fruit", NOW - timedelta(hours=400), "annotators", True) for name in shown]
    assert len(learned(world.count(trusting, decided), names)) == labels
    copied = [replace(label, at=NOW - timedelta(hours=600)) for label in decided]
    assert len(learned(world.count(trusting, copied), names)) == 3, "votes after the annotators' decision are no record"
    public = {**KNOWN, **dict.fromkeys(shown, "fruit")}
    assert len(learned(world.count(trusting, decided, known=public), names)) == 3, "nor are public names"


@settings(max_examples=10)
@given(
    accounts=st.sampled_from([3, 5, 20]),
    throw_away=st.sampled_from([0, 10]),
    decoys=st.sampled_from([25, 80]),
    per_decoy=st.sampled_from([3, 5, 20]),
    seed=st.integers(0, 1000),
)
def test_names_that_accounts_lead_annotators_to_are_no_record(
    accounts: int, throw_away: int, decoys: int, per_decoy: int, seed: int
) -> None:
    """Names that throw-away accounts dispute, or that the model does not know; accomplices vote rightly."""
    world, rng = World(), random.Random(seed)
    honest(world)
    names, shown = invented(200, 77), invented(decoys, 78)
    colluders = [world.account(f"colluder {number}", days=50 + 3 * number) for number in range(accounts)]
    others = [world.account(f"throw-away {number}", days=45 + 3 * number) for number in range(throw_away)]
    for name in names:
        for user in rng.sample(colluders, 3):
            world.vote(user, name, "alcohol", rng.uniform(1, 160))
    for place, name in enumerate(shown):
        for user in rng.sample(colluders, min(per_decoy, accounts)):
            world.vote(user, name, "fruit", 400 + 2 * place)
        for user in others:
            world.vote(user, name, "snack", 400 + 2 * place)
    decided = [Label(name, name, "fruit", NOW - timedelta(hours=200), "annotators") for name in shown]
    assert len(learned(world.count(annotations=decided), names)) <= accounts


@settings(max_examples=25)
@given(accounts=COLLUDERS, pattern=PATTERNS)
def test_a_confident_champion_cannot_be_outvoted(accounts: int, pattern: str) -> None:
    world, names = World(), brand_names("새벽들", 90)
    conspire(world, accounts, names, "alcohol", pattern)
    assert world.count(confident="vegetable").labels == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"member_since": NOW - timedelta(days=13)}, "young"),
        ({"is_confirmed": False}, "unconfirmed"),
        ({"receipts": 2}, "few receipts"),
    ],
)
@pytest.mark.parametrize("accounts", [2, 5, 20, 100])
def test_any_number_of_accounts_that_are_not_established_teaches_nothing(
    accounts: int, changes: dict[str, object], reason: str
) -> None:
    world, names = World(), brand_names("새벽들", 30)
    conspire(world, accounts, names, "alcohol", "all")
    world.voters = {user: replace(voter, **changes) for user, voter in world.voters.items()}  # type: ignore[arg-type]
    result = world.count()
    assert (result.labels, result.refused, result.established) == ([], {reason: accounts}, 0)


def test_accounts_that_are_mostly_wrong_about_known_names_do_not_count() -> None:
    world = World()
    for number in range(5):
        user = world.account(f"vandal {number}")
        for name in [*sorted(KNOWN)[:6], "새 상품"]:
            world.vote(user, name, "alcohol", number + 1)
    result = world.count()
    assert (result.labels, result.refused) == ([], {"often wrong": 5})


def test_accounts_of_deleted_users_are_no_voices() -> None:
    world = World()
    for number in range(6):
        world.vote("", f"이름 {number}", "alcohol")
        for user in ("one", "two"):
            world.vote(world.account(user), f"이름 {number}", "alcohol")
    assert world.count().labels == []


@pytest.mark.parametrize("kind", ["the same receipts", "the same hour"])
def test_one_households_accounts_are_one_voice(kind: str) -> None:
    world = World()
    users = [world.account(f"member {number}") for number in range(4)]
    if kind == "the same receipts":
        world.linked = [(one, other) for one in users for other in users if one < other]
    else:
        world.voters = {
            user: replace(voter, member_since=NOW - timedelta(days=60)) for user, voter in world.voters.items()
        }
    for user in users:
        world.vote(user, "두유", "dairy")
    neighbours = [world.account(f"neighbour {number}") for number in range(2)]
    world.vote(neighbours[0], "두유", "dairy")
    assert world.count().labels == [], "two households count as two"
    world.vote(neighbours[1], "두유", "dairy")
    assert [label.key for label in world.count().labels] == ["두유"]


def test_honest_households_teach_what_they_agree_on() -> None:
    world = World()
    truth = honest(world)
    result = world.count()
    right = [label.category == truth[label.key] for label in result.labels if label.key in truth]
    assert len(right) >= 40, "popular products are learned"
    assert all(right)
    assert result.established == 60
    assert result.cohorts == []


@settings(max_examples=25)
@given(odd=st.integers(1, 6), seed=st.integers(0, 1000))
def test_households_that_file_oddly_change_nothing_for_others(odd: int, seed: int) -> None:
    """Each has a system of its own, such as everything that children eat as baby food."""
    world, rng = World(), random.Random(seed)
    truth = honest(world)
    before = {label.key: label.category for label in world.count().labels}
    for number in range(odd):
        user = world.account(f"odd {number}")
        system = rng.choice(CODES)
        for name in rng.sample(sorted(truth), 15):
            world.vote(user, name, system, rng.uniform(1, 1000))
    after = {label.key: label.category for label in world.count().labels}
    assert all(category == truth[name] for name, category in after.items() if name in truth)
    assert len(after) >= 0.7 * len(before)


def test_households_that_file_some_things_oddly_still_teach_the_rest() -> None:
    """Each puts what its children eat into one category of its own; on a new product all three agree."""
    world, rng = World(), random.Random(3)
    truth = honest(world)
    for system, user in zip(("baby_health", "snack", "frozen"), ("one", "two", "three"), strict=True):
        world.account(user)
        for place, name in enumerate(rng.sample(sorted(truth), 12)):
            world.vote(user, name, system if place < 3 else truth[name], rng.uniform(200, 1000))
        for name in rng.sample(sorted(KNOWN), 6):
            world.vote(user, name, KNOWN[name], rng.uniform(200, 1000))
        world.vote(user, "새로 나온 두유", "beverage", rng.uniform(1, 100))
    sampled = [Label(name, name, code, NOW, "annotators", True) for name, code in list(truth.items())[:40]]
    result = world.count(annotations=sampled)
    assert (result.refused, result.established) == ({}, 63)
    assert [label.category for label in learned(result, ["새로 나온 두유"])] == ["beverage"]


def test_a_new_brand_that_really_is_alcohol_is_learned() -> None:
    """First some names by votes; the others go to annotators, and once these confirm a few, votes decide again."""
    world, names = World(), [f"달밤주 {word}" for word in invented(40, 3)]
    truth = honest(world)
    sampled = [Label(name, name, code, NOW, "annotators", True) for name, code in list(truth.items())[:30]]
    rng = random.Random(1)
    for number in range(60):
        for name in rng.sample(names, 6):
            world.vote(f"household {number}", name, "alcohol", rng.uniform(1, 160))
    result = world.count(annotations=sampled)
    assert 5 <= len(learned(result, names)) < len(names)
    queued = [conflict for conflict in result.conflicts if conflict.key in names]
    assert {conflict.reason for conflict in queued} <= {"share of a fragment", "share of a user"}
    annotations = [Label(each.key, each.text, "alcohol", NOW, "annotators") for each in queued[:4]]
    assert len(learned(world.count(annotations=[*sampled, *annotations]), names)) >= 35


def test_a_cohort_is_reported_with_its_names() -> None:
    world, names = World(), brand_names("새벽들", 12)
    honest(world)
    conspire(world, 2, names, "alcohol", "all")
    (cohort,) = world.count().cohorts
    assert (cohort.accounts, cohort.names) == (2, sorted(names))


def test_fragments_are_what_models_can_recognise() -> None:
    assert fragments("새벽들 오이 1kg") == {"새벽", "새벽들", "벽들오", "들오이", "오이k", "이kg"}
    assert fragments("(새벽들)오이") >= {"새벽", "새벽들"}
    assert fragments("7") == {""}
