"""The model in use of one kind. It can be replaced at any time; each answer uses a single model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")
ModelIn = TypeVar("ModelIn", contravariant=True)
ModelOut = TypeVar("ModelOut", covariant=True)


class Model(Protocol[ModelIn, ModelOut]):
    """A loaded model. Thread-safe: a challenger that becomes champion may still be predicting in shadow mode."""

    @property
    def version(self) -> str:
        """Its name in responses and metrics."""

    def predict(self, inputs: Sequence[ModelIn], /) -> Sequence[ModelOut]:
        """One output per input, in order."""


@dataclass(frozen=True, slots=True)
class Serving(Generic[In, Out]):
    """The model in use, and the one that predicts in shadow mode, if any."""

    champion: Model[In, Out]
    challenger: Model[In, Out] | None = None


@dataclass(frozen=True, slots=True)
class Predicted(Generic[Out]):
    """Predictions in the order of the inputs, and the version of the model that made all of them."""

    version: str
    predictions: Sequence[Out]


Listener = Callable[[Serving[In, Out], Callable[[], Sequence[In]], Sequence[Out]], None]
"""Called with every batch of predictions on the thread of the request; must not block.

Its second argument returns the inputs, which may take a while to make: only listeners that need them should call it.
"""


class LiveModel(Generic[In, Out]):
    """Thread-safe holder of the model in use."""

    def __init__(self, champion: Model[In, Out]) -> None:
        self._serving = Serving(champion)
        self._listeners: tuple[Listener[In, Out], ...] = ()

    @property
    def serving(self) -> Serving[In, Out]:
        """The models that the next answer uses."""
        return self._serving

    def use(self, serving: Serving[In, Out]) -> None:
        """Replace the models. Answers in progress finish with the previous ones."""
        self._serving = serving

    def listen(self, listener: Listener[In, Out]) -> None:
        """Call `listener` with all further batches of predictions."""
        self._listeners = (*self._listeners, listener)

    def tell(self, serving: Serving[In, Out], inputs: Callable[[], Sequence[In]], predictions: Sequence[Out]) -> None:
        """Call the listeners with predictions of the champion of `serving`."""
        for listener in self._listeners:
            listener(serving, inputs, predictions)

    def predict(self, inputs: Sequence[In]) -> Predicted[Out]:
        """The champion's predictions."""
        serving = self._serving  # read once: the model may be replaced during the call
        predictions = serving.champion.predict(inputs)
        self.tell(serving, lambda: inputs, predictions)
        return Predicted(serving.champion.version, predictions)
