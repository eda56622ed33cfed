"""Turns users' votes and annotations into training labels. No single user can decide a label.

Every user has one vote per name, the latest, and a limited number of names per week. A name gets the category that at
least two users agree on, if few disagree. Names that users dispute, or call otherwise than the data set does, go to
annotators, whose decision overrides any number of votes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Vote:
    """The category that one user gives a name. key: the form in which names are compared; at: timezone-aware."""

    user: str
    key: str
    text: str
    category: str
    at: datetime


@dataclass(frozen=True)
class Label:
    """A name with a category to train on. at: since when. source: `users`, `annotators`, or `kept` (by users)."""

    key: str
    text: str
    category: str
    at: datetime
    source: str


@dataclass(frozen=True)
class Conflict:
    """A name that users give several categories, or another one than the data set does, and its number of votes."""

    key: str
    text: str
    votes: int


@dataclass(frozen=True)
class Limits:
    """How much influence one user has."""

    names_per_week: int = 100
    """Names of one user that count per calendar week, the first ones."""
    users: int = 2
    """Users who have to agree on a name."""
    agreement: float = 2 / 3
    """Share of a name's votes that have to agree."""


@dataclass(frozen=True)
class VoteCount:
    """The result of a vote.

    labels: by time. conflicts: by key. counted: the votes that count. over_limit: number of votes beyond their user's
    limit. single: number of votes on names on which too few users have voted.
    """

    labels: list[Label]
    conflicts: list[Conflict]
    counted: list[Vote]
    over_limit: int
    single: int


def count_votes(
    votes: Iterable[Vote], annotations: Iterable[Label], fixed: Mapping[str, str], limits: Limits | None = None
) -> VoteCount:
    """Decide the category of every name. `fixed`: categories by key that votes cannot change."""
    limits = limits or Limits()
    counted, over_limit = _eligible(votes, limits.names_per_week)
    labels = {label.key: label for label in annotations}
    conflicts, single = [], 0
    for key, ballot in counted.items():
        if key in labels:
            continue
        ballot.sort(key=lambda vote: (vote.at, vote.user))
        tally = Counter(vote.category for vote in ballot)
        winner, most = tally.most_common(1)[0]
        agreed = most >= limits.users and most / len(ballot) >= limits.agreement
        if agreed and fixed.get(key, winner) == winner:
            since = [vote.at for vote in ballot if vote.category == winner][limits.users - 1]
            labels[key] = Label(key, ballot[-1].text, winner, since, "users")
        elif agreed or len(tally) > 1:
            conflicts.append(Conflict(key, ballot[-1].text, len(ballot)))
        else:
            single += len(ballot)
    return VoteCount(
        labels=sorted(labels.values(), key=lambda label: (label.at, label.key)),
        conflicts=sorted(conflicts, key=lambda conflict: conflict.key),
        counted=[vote for ballot in counted.values() for vote in ballot],
        over_limit=over_limit,
        single=single,
    )


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
