"""From what users and annotators said to labels that can be trained on, with nobody able to decide alone.

A user has one vote a name, the latest, and a limited number of names a week. A name gets the category that two users
or more agree on, if few disagree. What users dispute, or say against the data set, goes to annotators, whose word
counts more than any number of votes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Vote:
    """What one user calls a name. key: the form in which names are compared; at: aware."""

    user: str
    key: str
    text: str
    category: str
    at: datetime


@dataclass(frozen=True)
class Label:
    """A name with a category that may be trained on, since `at`, from `users`, `annotators`, or as users `kept` it."""

    key: str
    text: str
    category: str
    at: datetime
    source: str


@dataclass(frozen=True)
class Conflict:
    """A name that users call by several categories, or otherwise than the data set does, and how many voted."""

    key: str
    text: str
    votes: int


@dataclass(frozen=True)
class Limits:
    """How much one user can move."""

    names_a_week: int = 100
    """Names of one user that count in a calendar week, the first ones."""
    users: int = 2
    """Users who have to agree on a name."""
    agreement: float = 2 / 3
    """Share of a name's votes that have to agree."""


@dataclass(frozen=True)
class Settled:
    """Labels by time, conflicts by key, the votes that count, and how many came to nothing: over a user's limit, or
    alone so far."""

    labels: list[Label]
    conflicts: list[Conflict]
    counted: list[Vote]
    over_limit: int
    alone: int


def settle(
    votes: Iterable[Vote], annotated: Iterable[Label], known: Mapping[str, str], limits: Limits | None = None
) -> Settled:
    """Decide every name. `known` has the category of names (by key) that votes may not change."""
    limits = limits or Limits()
    counted, over_limit = _counted(votes, limits.names_a_week)
    decided = {label.key: label for label in annotated}
    conflicts, alone = [], 0
    for key, ballot in counted.items():
        if key in decided:
            continue
        ballot.sort(key=lambda vote: (vote.at, vote.user))
        tally = Counter(vote.category for vote in ballot)
        winner, most = tally.most_common(1)[0]
        agreed = most >= limits.users and most / len(ballot) >= limits.agreement
        if agreed and known.get(key, winner) == winner:
            since = [vote.at for vote in ballot if vote.category == winner][limits.users - 1]
            decided[key] = Label(key, ballot[-1].text, winner, since, "users")
        elif agreed or len(tally) > 1:
            conflicts.append(Conflict(key, ballot[-1].text, len(ballot)))
        else:
            alone += len(ballot)
    labels = sorted(decided.values(), key=lambda label: (label.at, label.key))
    return Settled(
        labels=labels,
        conflicts=sorted(conflicts, key=lambda conflict: conflict.key),
        counted=[vote for ballot in counted.values() for vote in ballot],
        over_limit=over_limit,
        alone=alone,
    )


def _counted(votes: Iterable[Vote], names_a_week: int) -> tuple[dict[str, list[Vote]], int]:
    """The latest vote of each user on each name, by name, without those beyond the limit, and how many these are."""
    latest: dict[tuple[str, str], Vote] = {}
    for vote in sorted(votes, key=lambda vote: vote.at):
        latest[vote.user, vote.key] = vote
    spent: Counter[tuple[str, int, int]] = Counter()
    counted: dict[str, list[Vote]] = defaultdict(list)
    over_limit = 0
    for vote in sorted(latest.values(), key=lambda vote: (vote.at, vote.key)):
        year, week, _ = vote.at.isocalendar()
        spent[vote.user, year, week] += 1
        if spent[vote.user, year, week] <= names_a_week:
            counted[vote.key].append(vote)
        else:
            over_limit += 1
    return dict(counted), over_limit
