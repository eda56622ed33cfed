"""The category model in use. Another one can take its place at any moment; a call is answered by one alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ocr_service.category.classifier import CategoryClassifier, Prediction


@dataclass(frozen=True, slots=True)
class Serving:
    """Who answers, and who only predicts beside it."""

    champion: CategoryClassifier
    challenger: CategoryClassifier | None = None


@dataclass(frozen=True, slots=True)
class Categorised:
    """Predictions in the order of the names, and the version of the model that made all of them."""

    version: str
    predictions: list[Prediction]


Listener = Callable[[Serving, Sequence[str], list[Prediction]], None]
"""Told of every answer, on the thread of the request: it must not block."""


class CategoryModel:
    """Any number of threads may predict while another one changes the model."""

    def __init__(self, champion: CategoryClassifier) -> None:
        self._serving = Serving(champion)
        self._listeners: tuple[Listener, ...] = ()

    @property
    def serving(self) -> Serving:
        """What the next call is answered with."""
        return self._serving

    def use(self, serving: Serving) -> None:
        """From now on. Calls that have begun end with the model they began with."""
        self._serving = serving

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of the answers from now on."""
        self._listeners = (*self._listeners, listener)

    def predict(self, names: Sequence[str]) -> Categorised:
        """The category of each name."""
        serving = self._serving  # read once: a swap in the middle of a call does not matter
        predictions = serving.champion.predict(names)
        for listener in self._listeners:
            listener(serving, names, predictions)
        return Categorised(serving.champion.version, predictions)
