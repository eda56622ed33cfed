"""Which training distribution counts: that of the released champion, as far as there is one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from infra.monitoring.drift import FILE, Reference
from ocr_service.releases import manifest
from ocr_service.releases.errors import Missing, Refused
from ocr_service.releases.store import ReleaseStore

log = logging.getLogger(__name__)

MAX_BYTES = 1024 * 1024


class ReleasedReference:
    """Looks now and then which model is the champion, and takes the training distribution that lies beside it.

    Args:
        shipped: counts until there is a release with a distribution of its own.
        store: where releases are.
        every_s: seconds between two looks.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        shipped: Reference,
        store: ReleaseStore,
        every_s: float = 300,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shipped = self._current = shipped
        self._store = store
        self._every_s = every_s
        self._clock = clock
        self._due = float("-inf")

    def __call__(self) -> Reference:
        """The distribution of the champion; the one before while the store does not answer or makes no sense."""
        if self._clock() >= self._due:
            self._due = self._clock() + self._every_s
            try:
                self._current = self._released()
            except (Refused, ValueError) as error:
                log.warning("the released training distribution could not be read (%s)", type(error).__name__)
        return self._current

    def _released(self) -> Reference:
        try:
            champion = manifest.read(self._store.read(manifest.MANIFEST_FILE, manifest.MAX_MANIFEST_BYTES)).champion
            return Reference.model_validate_json(self._store.read(champion.path(FILE), MAX_BYTES))
        except Missing:
            return self._shipped
