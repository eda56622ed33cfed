"""Simulated users: what they buy, what they notice, and how reliable they are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from model_export.classifier.dataset import CODES, Example

FAMILIAR = 0.5
"""Part of what is bought that is of product lines the first model knows."""
NOTICED = 0.7
"""Part of the wrong categories that a user corrects."""
SLIPS = 0.03
"""Part of the corrections that are wrong themselves."""
STEEPNESS = 0.8
"""Exponent of Zipf's law: the name of rank r is bought r to the power of minus this as often as the first one."""


@dataclass(frozen=True)
class Purchase:
    """A name on somebody's receipt and what it truly is."""

    user: int
    example: Example


@dataclass(frozen=True)
class Correction:
    """What a user says of a name."""

    user: int
    name: str
    category: str


class Shoppers:
    """A number of users with the same shops: some names are bought often, most seldom (Zipf's law).

    known, unknown: names that the first model was trained on and names of product lines and brands that it was not.
    The last user is a vandal, who calls everything alcohol. The same seed gives the same weeks.
    """

    def __init__(self, known: Sequence[Example], unknown: Sequence[Example], users: int, seed: int) -> None:
        self.users = users
        self._random = random.Random(seed)
        self._shelves = [_Shelf(known, self._random), _Shelf(unknown, self._random)]

    def week(self, items: int) -> list[Purchase]:
        """What each user buys in a week, `items` names each."""
        return [
            Purchase(user, self._shelves[self._random.random() >= FAMILIAR].take(self._random))
            for user in range(self.users)
            for _ in range(items)
        ]

    def corrections(self, bought: Sequence[Purchase], predicted: Sequence[str]) -> list[Correction]:
        """What the users say about the categories that they were shown."""
        said = []
        for purchase, code in zip(bought, predicted, strict=True):
            truth = purchase.example.category
            if purchase.user == self.users - 1:
                said.append(Correction(purchase.user, purchase.example.name, "alcohol"))
            elif code != truth and self._random.random() < NOTICED:
                chosen = self._random.choice(CODES) if self._random.random() < SLIPS else truth
                said.append(Correction(purchase.user, purchase.example.name, chosen))
        return said


class _Shelf:
    def __init__(self, examples: Sequence[Example], rng: random.Random) -> None:
        self._examples = rng.sample(list(examples), len(examples))
        self._weights = list(accumulate(rank**-STEEPNESS for rank in range(1, len(examples) + 1)))

    def take(self, rng: random.Random) -> Example:
        return rng.choices(self._examples, cum_weights=self._weights)[0]
