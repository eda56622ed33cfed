"""Processes that start together and end together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from local.service import Service


class Together(ABC):
    """A context in which some processes run. A start that fails leaves none of them behind."""

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        self._stops: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop every process, the last started first. Safe to call again."""
        while self._stops:
            self._stops.pop()()

    @abstractmethod
    def _start(self) -> None:
        """Start them, telling `_keep` of each."""

    def _keep(self, service: Service, stop: Callable[[], None] | None = None) -> None:
        """Know `service` by its name, and stop it at the end, with `stop` if there is more to do."""
        self._services[service.name] = service
        self._stops.append(stop or service.stop)
