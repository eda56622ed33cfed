"""The category model in use. It can be replaced at any time; each call uses a single model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ocr_service.category.classifier import CategoryClassifier, Prediction


@dataclass(frozen=True, slots=True)
class Serving:
    """The model in use, and the one that predicts in shadow mode, if any."""

    champion: CategoryClassifier
    challenger: CategoryClassifier | None = None


@dataclass(frozen=True, slots=True)
class Categorised:
    """Predictions in the order of the names, and the version of the model that made all of them."""

    version: str
    predictions: list[Prediction]


Listener = Callable[[Serving, Sequence[str], list[Prediction]], None]
"""Called with every batch of predictions on the thread of the request; must not block."""


class CategoryModel:
    """Thread-safe holder of the model in use."""

    def __init__(self, champion: CategoryClassifier) -> None:
        self._serving = Serving(champion)
        self._listeners: tuple[Listener, ...] = ()

    @property
    def serving(self) -> Serving:
        """The models that the next call uses."""
        return self._serving

    def use(self, serving: Serving) -> None:
        """Replace the models. Calls in progress finish with the previous ones."""
        self._serving = serving

    def listen(self, listener: Listener) -> None:
        """Call `listener` with all further batches of predictions."""
        self._listeners = (*self._listeners, listener)

    def predict(self, names: Sequence[str]) -> Categorised:
        """The category of each name."""
        serving = self._serving  # read once: the model may be replaced during the call
        predictions = serving.champion.predict(names)
        for listener in self._listeners:
            listener(serving, names, predictions)
        return Categorised(serving.champion.version, predictions)
