"""Whose votes count: established accounts, and which of them are independent of each other.

An account is established once it has existed for a while, has a confirmed address and receipts of its own, and is
mostly right on names whose category is known. Two established accounts are one voice if they photographed the same
receipt, signed up in the same hour, or vote on the same names and always agree. Conspiring accounts can avoid looking
alike, so what an account may decide also depends on its record: how often annotators confirmed it on audited names.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class Vote:
    """The category that one user gives a name.

    user: pseudonym; empty if the account was deleted. key: the form in which names are compared. at: timezone-aware.
    """

    user: str
    key: str
    text: str
    category: str
    at: datetime


@dataclass(frozen=True)
class Voter:
    """What is known of an account. receipts: number of different purchases that were read."""

    id: str
    member_since: datetime
    is_confirmed: bool
    receipts: int


@dataclass(frozen=True)
class TrustRules:
    """When an account is established, and when two accounts are one voice."""

    account_days: int = 14
    """Days since sign-up."""
    own_receipts: int = 3
    """Purchases whose receipts were read."""
    right_share: float = 0.8
    """Share of an account's votes on names with a known category that have to be right."""
    known_names: int = 5
    """Minimum number of such votes before that is judged."""
    shared_names: int = 5
    """Minimum number of names that two accounts both voted on before they may be one voice."""
    shared_share: float = 0.5
    """Minimum similarity of the names that two accounts voted on (cosine, 0 to 1) for them to be one voice. A name
    with many voters weighs less, and one with a single voter does not count."""
    equal_share: float = 0.95
    """Minimum share of the shared names that both classify the same for them to be one voice."""


@dataclass(frozen=True)
class Cohort:
    """Accounts that vote on the same names and always agree: how many, and the names that they share."""

    accounts: int
    names: list[str]


def records(votes: Iterable[Vote], decided: Mapping[str, tuple[str, datetime]], drawn: Collection[str]) -> Counter[str]:
    """By user: drawn names that annotators decided as the user had voted before, less names decided otherwise.

    decided: category and time by key, of annotators alone: what users agree on can be agreed on beforehand. drawn: the
    keys that count in favour, names of the random audit samples that are not public. Accounts can lead annotators to
    all others, by disputing them or by printing names that the model does not know. Later votes may be copied from the
    model that learned the decision.
    """
    found: Counter[str] = Counter()
    for vote in votes:
        category, at = decided.get(vote.key, ("", vote.at))
        if vote.at < at and vote.category != category:
            found[vote.user] -= 1
        elif vote.at < at and vote.key in drawn:
            found[vote.user] += 1
    return found


POPULAR = 200
"""Names with more voters say nothing about a pair of them, and are left out when pairs are compared."""


class Electorate:
    """The voters of a count, at the time `now`.

    Attributes:
        established: accounts whose votes count.
        refused: number of accounts whose votes do not count, by reason.
    """

    def __init__(
        self,
        votes: Iterable[Vote],
        voters: Iterable[Voter],
        linked: Iterable[tuple[str, str]],
        known: Mapping[str, str],
        now: datetime,
        rules: TrustRules,
    ) -> None:
        """`votes`: the latest of each voter on each name. `known`: true categories by key."""
        self._rules = rules
        ballots: dict[str, list[Vote]] = defaultdict(list)
        for vote in votes:
            ballots[vote.user].append(vote)
        accounts = {voter.id: voter for voter in voters}
        self.refused: Counter[str] = Counter()
        self.established: dict[str, Voter] = {}
        for user, ballot in ballots.items():
            if reason := self._objection(accounts.get(user), ballot, known, now):
                self.refused[reason] += 1
            else:
                self.established[user] = accounts[user]
        self._votes = [vote for user in self.established for vote in ballots[user]]
        self._linked: dict[str, set[str]] = defaultdict(set)
        for one, other in [*linked, *self._alike]:
            self._linked[one].add(other)
            self._linked[other].add(one)

    def independent(self, votes: Sequence[Vote]) -> list[Vote]:
        """A largest possible choice of `votes`, of different established users, without two of one voice (greedy)."""
        candidates = [vote for vote in votes if vote.user in self.established]
        users = {vote.user for vote in candidates}
        hours = Counter(self.established[user].member_since for user in users)

        def links(vote: Vote) -> int:
            return len(self._linked[vote.user] & users) + hours[self.established[vote.user].member_since]

        chosen: list[Vote] = []
        seen_hours: set[datetime] = set()
        excluded: set[str] = set()
        for vote in sorted(candidates, key=lambda vote: (links(vote), vote.at, vote.user)):
            hour = self.established[vote.user].member_since
            if vote.user not in excluded and hour not in seen_hours:
                chosen.append(vote)
                seen_hours.add(hour)
                excluded |= self._linked[vote.user]
        return sorted(chosen, key=lambda vote: (vote.at, vote.user))

    @cached_property
    def cohorts(self) -> list[Cohort]:
        """Groups of accounts that are one voice because of how they vote, the largest first."""
        users = sorted({user for pair in self._alike for user in pair})
        place = {user: index for index, user in enumerate(users)}
        edges = [(place[one], place[other]) for one, other in self._alike]
        if not edges:
            return []
        graph = sparse.coo_matrix((np.ones(len(edges)), np.transpose(edges)), shape=(len(users), len(users)))
        number, group = connected_components(graph, directed=False)
        names: list[Counter[str]] = [Counter() for _ in range(number)]
        for vote in self._votes:
            if vote.user in place:
                names[group[place[vote.user]]][vote.text] += 1
        sizes = np.bincount(group)
        cohorts = [
            Cohort(int(size), sorted(text for text, count in texts.items() if count > 1))
            for size, texts in zip(sizes, names, strict=True)
        ]
        return sorted(cohorts, key=lambda cohort: (-cohort.accounts, -len(cohort.names), cohort.names))

    def _objection(
        self, voter: Voter | None, ballot: Sequence[Vote], known: Mapping[str, str], now: datetime
    ) -> str | None:
        """Why an account's votes do not count, or None."""
        rules = self._rules
        if voter is None:
            return "deleted"
        if now - voter.member_since < timedelta(days=rules.account_days):
            return "young"
        if not voter.is_confirmed:
            return "unconfirmed"
        if voter.receipts < rules.own_receipts:
            return "few receipts"
        answers = [known[vote.key] == vote.category for vote in ballot if vote.key in known]
        if len(answers) >= rules.known_names and sum(answers) < rules.right_share * len(answers):
            return "often wrong"
        return None

    @cached_property
    def _alike(self) -> list[tuple[str, str]]:
        """Pairs of established accounts that vote on the same names and always agree."""
        voters = Counter(vote.key for vote in self._votes)
        votes = [vote for vote in self._votes if 1 < voters[vote.key] <= POPULAR]
        users = sorted({vote.user for vote in votes})
        if len(users) < 2:
            return []
        weights = [1 / np.sqrt(voters[vote.key] - 1) for vote in votes]
        place = {user: index for index, user in enumerate(users)}
        rows = [place[vote.user] for vote in votes]
        names = _matrix(rows, [vote.key for vote in votes], weights)
        choices = _matrix(rows, [f"{vote.category} {vote.key}" for vote in votes], weights)
        shared = sparse.triu(names @ names.T, 1).tocoo()
        equal, number = (choices @ choices.T).tocsr(), (names.astype(bool).astype(int) @ names.astype(bool).T).tocsr()
        total = np.asarray(names.multiply(names).sum(axis=1)).ravel()
        rules = self._rules
        return [
            (users[one], users[other])
            for one, other, weight in zip(shared.row, shared.col, shared.data, strict=True)
            if number[one, other] >= rules.shared_names
            and weight >= rules.shared_share * np.sqrt(total[one] * total[other])
            and equal[one, other] >= rules.equal_share * weight
        ]


def _matrix(rows: Sequence[int], labels: Sequence[str], values: Sequence[float]) -> sparse.csr_matrix:
    """A matrix of rows by distinct labels."""
    _, columns = np.unique(np.array(labels, dtype=object), return_inverse=True)
    return sparse.csr_matrix((values, (rows, columns)))
