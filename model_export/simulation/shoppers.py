"""Simulated users: what they buy, which errors they notice, and how reliable their corrections are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from model_export.classifier.dataset import CODES, Example

FAMILIAR = 0.5
"""Share of the purchases whose product lines the first model was trained on."""
LAUNCHED = 0.06
"""Share of the purchases that a brand's new product line has, once it is sold."""
LAUNCH_WEEK, LAUNCHING = 4, "오뚜기"
"""The week in which a brand of sauces and noodles starts to sell beer, and the brand."""
KINDS = (
    "골드", "클래식", "라이트", "오리지널", "더블", "슈퍼 드라이", "블랙", "화이트", "리미티드", "프리미엄",
    "더 퍼스트", "엑스트라", "크러쉬", "생", "스페셜", "레드",
)  # fmt: skip
NOTICED = 0.7
"""Share of the wrong categories that users correct."""
SLIPS = 0.03
"""Share of the corrections that are wrong themselves."""
STEEPNESS = 0.8
"""Exponent of Zipf's law: the name of rank r is bought r ** -STEEPNESS times as often as the first one."""


@dataclass(frozen=True)
class Purchase:
    """A name on a user's receipt with its true category."""

    user: int
    example: Example


@dataclass(frozen=True)
class Correction:
    """The category that a user gives a name."""

    user: int
    name: str
    category: str


def launched() -> list[Example]:
    """The products of LAUNCHING's new line, whose names say nothing of beer."""
    names = (f"{LAUNCHING} {kind} {size}" for kind in KINDS for size in ("355ml", "500ml"))
    return [Example("alcohol", name.rpartition(" ")[0], name) for name in names]


class Shoppers:
    """Users with the same shops: some names are bought often, most rarely (Zipf's law).

    familiar, unfamiliar: names that the first model was trained on, and names of product lines and brands that are new
    to it. The last user is a vandal who calls everything alcohol. The same seed gives the same weeks.
    """

    def __init__(self, familiar: Sequence[Example], unfamiliar: Sequence[Example], users: int, seed: int) -> None:
        self.users = users
        self._random = random.Random(seed)
        self._shelves = [_Shelf(familiar, self._random), _Shelf(unfamiliar, self._random)]
        self._launched = _Shelf(launched(), self._random)

    def week(self, number: int, items: int) -> list[Purchase]:
        """The purchases of all users in the week `number`, `items` names each."""
        launched = LAUNCHED if number >= LAUNCH_WEEK else 0.0
        return [Purchase(user, self._shelf(launched)) for user in range(self.users) for _ in range(items)]

    def _shelf(self, launched: float) -> Example:
        lot = self._random.random()
        shelf = self._launched if lot < launched else self._shelves[self._random.random() >= FAMILIAR]
        return shelf.take(self._random)

    def corrections(self, purchases: Sequence[Purchase], predictions: Sequence[str]) -> list[Correction]:
        """The users' corrections of the predicted codes."""
        corrections = []
        for purchase, code in zip(purchases, predictions, strict=True):
            truth = purchase.example.category
            if purchase.user == self.users - 1:
                corrections.append(Correction(purchase.user, purchase.example.name, "alcohol"))
            elif code != truth and self._random.random() < NOTICED:
                choice = self._random.choice(CODES) if self._random.random() < SLIPS else truth
                corrections.append(Correction(purchase.user, purchase.example.name, choice))
        return corrections


class _Shelf:
    def __init__(self, examples: Sequence[Example], rng: random.Random) -> None:
        self._examples = rng.sample(list(examples), len(examples))
        self._weights = list(accumulate(rank**-STEEPNESS for rank in range(1, len(examples) + 1)))

    def take(self, rng: random.Random) -> Example:
        return rng.choices(self._examples, cum_weights=self._weights)[0]
