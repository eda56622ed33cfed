"""Processes that start together and stop together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from local.processes.service import Service

ProgressCallback = Callable[[str], None]
"""Called with each step of a start, to show progress."""


class ProcessGroup(ABC):
    """A context in which some processes run. A start that fails stops those that were started."""

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
        """Stop every process, in reverse order of their start. Safe to call again."""
        while self._stops:
            self._stops.pop()()

    @abstractmethod
    def _start(self) -> None:
        """Start the processes and `_add` each of them."""

    def _add(self, service: Service, stop: Callable[[], None] | None = None) -> None:
        """Register a process under its name. `stop` ends it, by default its own `stop`."""
        self._services[service.name] = service
        self._stops.append(stop or service.stop)
