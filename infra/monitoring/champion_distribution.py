"""The training distribution of the model that is served: of the champion, or of the packaged model without releases."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from model_export.classifier.training_distribution import FILE, TrainingDistribution
from ocr_service.releases import manifest
from ocr_service.releases.checks import check_file
from ocr_service.releases.errors import Missing, Refused
from ocr_service.releases.store import ReleaseStore

log = logging.getLogger(__name__)


class ChampionDistribution:
    """Polls the release manifest and loads the training distribution of the champion.

    Args:
        packaged: distribution of the packaged model, which is served until a release is published.
        store: the published releases.
        every_s: poll interval in seconds.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        packaged: TrainingDistribution,
        store: ReleaseStore,
        every_s: float = 300,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._packaged = packaged
        self._current: TrainingDistribution | None = None
        self._store = store
        self._every_s = every_s
        self._clock = clock
        self._due = float("-inf")

    def __call__(self) -> TrainingDistribution | None:
        """The champion's distribution, its version being that of the release.

        None if the champion has no usable distribution, or before the store has answered: drift is not measured then.
        While the store or the manifest cannot be read, the services keep their model, and this its distribution.
        """
        if self._clock() >= self._due:
            self._due = self._clock() + self._every_s
            try:
                self._current = self._read()
            except Refused as error:
                log.warning("cannot read the champion's training distribution: %s", error)
        return self._current

    def _read(self) -> TrainingDistribution | None:
        try:
            data = self._store.read(self._store.manifest_file, manifest.MAX_MANIFEST_BYTES)
        except Missing:
            return self._packaged
        champion = manifest.read(data).champion
        if FILE not in champion.files:
            log.warning("release %s has no %s: drift is not measured", champion.version, FILE)
            return None
        content = self._store.read(self._store.path(champion, FILE), champion.files[FILE].bytes)
        check_file(FILE, content, champion.files[FILE])
        try:
            distribution = TrainingDistribution.model_validate_json(content)
        except ValueError:
            log.warning("%s of release %s is invalid: drift is not measured", FILE, champion.version)
            return None
        return distribution.model_copy(update={"version": champion.version})
