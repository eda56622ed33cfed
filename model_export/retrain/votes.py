"""Turns users' votes and annotations into training labels. A few users cannot decide a label, nor a brand.

Every user has one vote per name, the latest, and a limited number of names per week. A name gets the category that at
least three independent established users agree on (see `trust`), if few disagree. What such votes may not decide goes
to annotators, whose decision overrides any number of votes: names that users dispute; names that the hand-made data set
or a confident champion calls otherwise; names on which only accounts agree that are not established or not independent;
and what exceeds the share of the learned labels that one user, or one fragment of names such as a brand, may have.

Every label counts against three of the users who support it, and a user has few labels without a record (`records`).
So a group of users decides no more labels than a third of what its members may, however they hide that they are one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from model_export.retrain.trust import Cohort, Electorate, TrustRules, Vote, Voter, records

Predict = Callable[[Sequence[str]], Sequence[tuple[str, float]]]
"""Maps names to the champion's (category, confidence), in order."""


@dataclass(frozen=True)
class Label:
    """A name with a category to train on.

    at: since when. source: `users` or `annotators`. audited: whether it was drawn at random from what users bought.
    """

    key: str
    text: str
    category: str
    at: datetime
    source: str
    audited: bool = False


@dataclass(frozen=True)
class Conflict:
    """A name that users may not decide, the number of its votes, and why (a key of `REASONS`)."""

    key: str
    text: str
    votes: int
    reason: str


REASONS = {
    "disputed": "users disagree",
    "data set": "the hand-made data set has another category",
    "confident champion": "the champion is confident of another category",
    "not independent": "too few of the accounts are established and independent of each other",
    "share of a fragment": "too many labels contain the same fragment, such as a brand",
    "share of a user": "too many labels depend on the same accounts",
}
"""Why votes do not decide a name."""


@dataclass(frozen=True)
class Limits:
    """How much influence users have."""

    names_per_week: int = 100
    """Names of one user that count per calendar week, the first ones."""
    users: int = 3
    """Independent established users who have to agree on a name."""
    agreement: float = 2 / 3
    """Share of a name's independent votes that have to agree."""
    confidence: float = 0.95
    """Minimum confidence of the champion for votes against it to go to annotators."""
    share: float = 0.05
    """Share of the labels made by users that may depend on one user, or contain one fragment."""
    fragment_names: int = 10
    """Labels that may contain one fragment, also if that is a larger share."""
    user_names: int = 20
    """Labels that may depend on one user, also if that is a larger share."""
    unproven_names: int = 3
    """Labels that may depend on one user without a record."""
    record_names: int = 5
    """Audited names that annotators have to decide as the user had voted, for one more label that may depend on the
    user."""
    trust: TrustRules = field(default_factory=TrustRules)


@dataclass(frozen=True)
class VoteCount:
    """The result of a vote.

    labels: by time. conflicts: by key. over_limit: number of votes beyond their user's limit. too_few: number of votes
    on names on which too few users have voted. refused: number of accounts whose votes do not count, by reason.
    established: number of the others. cohorts: groups of these that are one voice.
    """

    labels: list[Label]
    conflicts: list[Conflict]
    over_limit: int
    too_few: int
    refused: dict[str, int]
    established: int
    cohorts: list[Cohort]


@dataclass(frozen=True)
class _Agreement:
    """A name that independent users agree on, with their votes for the winner, and the number of all votes."""

    label: Label
    supporters: list[Vote]
    votes: int


def count_votes(
    votes: Iterable[Vote],
    voters: Iterable[Voter],
    linked: Iterable[tuple[str, str]],
    annotations: Iterable[Label],
    fixed: Mapping[str, str],
    predict: Predict,
    now: datetime,
    limits: Limits | None = None,
) -> VoteCount:
    """Decide the category of every name, as of `now`.

    linked: pairs of voters who share a receipt. fixed: categories by key that votes cannot change. predict: of the
    champion.
    """
    limits = limits or Limits()
    voters, linked, annotations = list(voters), list(linked), list(annotations)
    ballots, over_limit = _eligible(votes, limits.names_per_week)
    every_vote = [vote for ballot in ballots.values() for vote in ballot]
    known = {**fixed, **{label.key: label.category for label in annotations}}
    electorate = Electorate(every_vote, voters, linked, known, now, limits.trust)
    # Names that more users than necessary agree on tell as much about a voter as known ones.
    settled = {
        each.label.key: each.label.category
        for each in _agreements(ballots, electorate, limits)
        if len(each.supporters) > limits.users and each.label.key not in known
    }
    if settled:
        electorate = Electorate(every_vote, voters, linked, {**settled, **known}, now, limits.trust)

    labels = {label.key: label for label in annotations}
    open_ballots = {key: ballot for key, ballot in ballots.items() if key not in labels}
    agreements = _agreements(open_ballots, electorate, limits)
    answers = predict([each.label.text for each in agreements]) if agreements else []
    conflicts, candidates = [], []
    for each, (champion, confidence) in zip(agreements, answers, strict=True):
        key, category = each.label.key, each.label.category
        if fixed.get(key, category) != category:
            conflicts.append(_conflict(each, "data set"))
        elif champion != category and confidence >= limits.confidence:
            conflicts.append(_conflict(each, "confident champion"))
        else:
            candidates.append(each)
    drawn = {label.key for label in annotations if label.audited} - fixed.keys()
    record = records(every_vote, {label.key: (label.category, label.at) for label in annotations}, drawn)
    allowed = {
        user: limits.unproven_names + max(0, record[user]) // limits.record_names for user in electorate.established
    }
    accepted, excess = _within_shares(candidates, _confirmed_fragments(annotations), allowed, limits)
    labels |= {each.label.key: each.label for each in accepted}
    conflicts += excess

    too_few = 0
    agreed = {each.label.key for each in agreements}
    for key, ballot in open_ballots.items():
        if key in agreed:
            continue
        voices = electorate.independent(ballot)
        category, most = Counter(vote.category for vote in ballot).most_common(1)[0]
        if len({vote.category for vote in voices}) > 1:
            conflicts.append(Conflict(key, ballot[-1].text, len(ballot), "disputed"))
        elif most >= limits.users:
            conflicts.append(Conflict(key, ballot[-1].text, len(ballot), "not independent"))
        else:
            too_few += len(ballot)
    return VoteCount(
        labels=sorted(labels.values(), key=lambda label: (label.at, label.key)),
        conflicts=sorted(conflicts, key=lambda conflict: conflict.key),
        over_limit=over_limit,
        too_few=too_few,
        refused=dict(sorted(electorate.refused.items())),
        established=len(electorate.established),
        cohorts=electorate.cohorts,
    )


def fragments(text: str) -> set[str]:
    """What a model can learn a brand by: the first two letters of a name, and every three in a row."""
    letters = re.sub(r"[\W\d_]+", "", text.lower())
    return {letters[:2], *(letters[place : place + 3] for place in range(len(letters) - 2))}


def _agreements(ballots: Mapping[str, Sequence[Vote]], electorate: Electorate, limits: Limits) -> list[_Agreement]:
    """The names that enough independent users agree on, in the order of the decisive votes."""
    agreements = []
    for key, ballot in ballots.items():
        by_category: dict[str, list[Vote]] = defaultdict(list)
        for vote in ballot:
            by_category[vote.category].append(vote)
        voices = {category: electorate.independent(group) for category, group in by_category.items()}
        winner, supporters = max(voices.items(), key=lambda entry: (len(entry[1]), entry[0]))
        number = sum(len(group) for group in voices.values())
        if len(supporters) >= limits.users and len(supporters) / number >= limits.agreement:
            label = Label(key, supporters[-1].text, winner, supporters[limits.users - 1].at, "users")
            agreements.append(_Agreement(label, supporters, len(ballot)))
    return sorted(agreements, key=lambda each: (each.label.at, each.label.key))


def _conflict(agreement: _Agreement, reason: str) -> Conflict:
    return Conflict(agreement.label.key, agreement.label.text, agreement.votes, reason)


def _confirmed_fragments(annotations: Iterable[Label]) -> set[tuple[str, str]]:
    """Fragments that annotators found in several names of one category, with this category."""
    found = Counter((part, label.category) for label in annotations for part in fragments(label.text))
    return {entry for entry, names in found.items() if names >= CONFIRMED}


CONFIRMED = 3
"""Minimum number of annotated names with a fragment before users may label any number with it, in the same category."""


def _within_shares(
    candidates: Sequence[_Agreement], confirmed: set[tuple[str, str]], allowed: Mapping[str, int], limits: Limits
) -> tuple[list[_Agreement], list[Conflict]]:
    """The candidates, the oldest first, that stay within the shares of users and fragments; and the others.

    allowed: labels that may depend on a user, by user. The shares are of the accepted names. So they fall with each
    round, until nothing changes.
    """
    total = len(candidates)
    while True:
        accepted, excess = _select(candidates, confirmed, allowed, limits, limits.share * total)
        if len(accepted) >= total:
            return accepted, excess
        total = len(accepted)


def _select(
    candidates: Sequence[_Agreement],
    confirmed: set[tuple[str, str]],
    allowed: Mapping[str, int],
    limits: Limits,
    share: float,
) -> tuple[list[_Agreement], list[Conflict]]:
    of_fragment, of_user = max(limits.fragment_names, share), max(limits.user_names, share)
    fragment_names: Counter[str] = Counter()
    left = {user: min(number, of_user) for user, number in allowed.items()}
    accepted, excess = [], []
    for each in candidates:
        category = each.label.category
        parts = {part for part in fragments(each.label.text) if (part, category) not in confirmed}
        # Those who may decide most are charged, so that a label of many supporters leaves each of them some.
        users = [vote.user for vote in each.supporters if left[vote.user] > 0]
        users = sorted(users, key=lambda user: -left[user])[: limits.users]
        if any(fragment_names[part] >= of_fragment for part in parts):
            excess.append(_conflict(each, "share of a fragment"))
        elif len(users) < limits.users:
            excess.append(_conflict(each, "share of a user"))
        else:
            accepted.append(each)
            fragment_names.update(parts)
            for user in users:
                left[user] -= 1
    return accepted, excess


def _eligible(votes: Iterable[Vote], names_per_week: int) -> tuple[dict[str, list[Vote]], int]:
    """The latest vote of every user on every name within the limit, by key; and the number of votes beyond it."""
    latest: dict[tuple[str, str], Vote] = {}
    for vote in sorted(votes, key=lambda vote: vote.at):
        latest[vote.user, vote.key] = vote
    spent: Counter[tuple[str, int, int]] = Counter()
    eligible: dict[str, list[Vote]] = defaultdict(list)
    over_limit = 0
    for vote in sorted(latest.values(), key=lambda vote: (vote.at, vote.key)):
        year, week, _ = vote.at.isocalendar()
        spent[vote.user, year, week] += 1
        if spent[vote.user, year, week] <= names_per_week:
            eligible[vote.key].append(vote)
        else:
            over_limit += 1
    return dict(eligible), over_limit
