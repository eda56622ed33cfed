"""Keeps the model in use equal to the released one, for one kind of model."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Generic

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ocr_service.live_model import In, LiveModel, Model, Out, Serving
from ocr_service.metrics import Metrics
from ocr_service.releases import manifest
from ocr_service.releases.cache import ReleaseCache
from ocr_service.releases.errors import REASONS, BadModel, Missing, Refused, Unreachable
from ocr_service.releases.manifest import MAX_MANIFEST_BYTES, Kind, Manifest, Release
from ocr_service.releases.store import ReleaseStore

log = logging.getLogger(__name__)

MODEL_NAMES: Mapping[Kind, str] = {"category": "category", "recogniser": "recognition"}
"""The names of the models in responses, metrics and logs."""

RETRY_POLLS = 4
"""A manifest that was refused for its content or its files is retried at every fourth poll."""

FIRST_POLL_S = 5.0
"""Timeout of the first poll, after which the service starts with the last good model or the packaged one."""


class Follower(Generic[In, Out]):
    """Polls the store on its own thread. On any failure the model in use stays in use."""

    def __init__(
        self,
        model: LiveModel[In, Out],
        store: ReleaseStore,
        cache: ReleaseCache,
        load: Callable[[Path, Release], Model[In, Out]],
        metrics: Metrics,
        *,
        public_keys: Sequence[Ed25519PublicKey] = (),
        poll_s: float,
    ) -> None:
        """`model` has the packaged model. `load`: the checked model of a release in a folder.

        A model for which `load` raises Refused, or any other Exception, is refused.
        """
        self._model = model
        self._store = store
        self._cache = cache
        self._load = load
        self._metrics = metrics
        self._public_keys = public_keys
        self._poll_s = poll_s
        self._name = MODEL_NAMES[store.kind]
        self._loaded: dict[str, Model[In, Out]] = {}
        self._in_force: bytes | None = None
        self._tried: bytes | None = None
        self._polls_to_skip = 0
        self._last_refusal = ""
        self._polled = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=f"{store.kind} releases", daemon=True)
        metrics.release_polled.labels(self._name)
        for reason in REASONS:
            metrics.release_refused.labels(self._name, reason)  # exported as 0 from the start

    def start(self) -> None:
        """Use the last good release, if any, then the store's if it responds within FIRST_POLL_S."""
        self.restore()
        self._thread.start()
        self._polled.wait(FIRST_POLL_S)

    def stop(self) -> None:
        """Stop the thread. A hanging download ends with the process."""
        self._stopping.set()
        self._thread.join(timeout=1)

    def restore(self) -> None:
        """Use the last good release of this machine, checked again like a new one."""
        data = self._cache.last_good()
        if data is None:
            return
        try:
            self._follow(data)
        except Refused as refusal:
            self._refuse(refusal)

    def poll(self) -> None:
        """Poll the store once."""
        try:
            data = self._manifest()
            if data is None:
                return
            if data == self._in_force or (not self._is_backing_off(data) and self._follow(data)):
                self._in_force, self._last_refusal = data, ""
        except Refused as refusal:
            self._refuse(refusal)
            if isinstance(refusal, Unreachable):
                self._polls_to_skip = 0  # the manifest has not been checked yet
        finally:
            self._polled.set()

    def _manifest(self) -> bytes | None:
        """The manifest in the store; None if nothing has been released yet. Raises Missing, Unreachable."""
        try:
            data = self._store.read(self._store.manifest_file, MAX_MANIFEST_BYTES)
        except Missing as missing:
            if self._loaded:
                raise
            self._log_once(missing, logging.INFO, "nothing has been released yet")
            return None
        self._metrics.release_polled.labels(self._name).set_to_current_time()
        return data

    def _is_backing_off(self, data: bytes) -> bool:
        """Whether this manifest was refused recently and is not due for a retry."""
        if data == self._tried and self._polls_to_skip > 0:
            self._polls_to_skip -= 1
            return True
        self._tried, self._polls_to_skip = data, RETRY_POLLS - 1
        return False

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.poll()
            except Exception:  # no failure here may stop the service; the next poll retries
                log.exception("release poll failed")
            self._stopping.wait(self._poll_s)

    def _follow(self, data: bytes) -> bool:
        """Use the models of a manifest; whether everything succeeded. Raises Refused; then nothing has changed."""
        document = manifest.read(data, self._public_keys, self._store.kind)
        champion = self._model_of(document.champion)
        challenger, complete = None, True
        if document.challenger:
            try:
                challenger = self._model_of(document.challenger)
            except Refused as refusal:  # the champion is used regardless
                self._refuse(refusal)
                complete = False
        self._swap(Serving(champion, challenger))
        return self._store_release(data, document) and complete

    def _model_of(self, release: Release) -> Model[In, Out]:
        """The checked model of a release, loaded once as long as it is in use. Raises Refused."""
        if release.digest not in self._loaded:
            folder = self._cache.fetch(release, self._store)
            try:
                self._loaded[release.digest] = self._load(folder, release)
            except Refused:
                raise
            except Exception as error:  # a model fails in as many ways as its engine
                failure = f"version {release.version} fails its checks with {type(error).__name__}: {error}"
                raise BadModel(failure) from error
        return self._loaded[release.digest]

    def _swap(self, serving: Serving[In, Out]) -> None:
        before = self._model.serving
        self._model.use(serving)
        self._metrics.serving(self._name, serving)
        if before != serving:
            log.info(
                "model changed",
                extra={
                    "model": self._name,
                    "version": serving.champion.version,
                    "before": before.champion.version,
                    "challenger": serving.challenger.version if serving.challenger else None,
                },
            )

    def _store_release(self, data: bytes, document: Manifest) -> bool:
        """Cache the manifest and its models for the next start; whether that succeeded.

        The previous champion is cached too, so that a rollback needs no download.
        """
        in_use = [release for release in (document.champion, document.challenger) if release]
        self._loaded = {r.digest: self._loaded[r.digest] for r in in_use if r.digest in self._loaded}
        try:
            self._cache.remember(data, *in_use, *document.previous[:1])
        except Refused as refusal:
            self._refuse(refusal)
            return False
        return True

    def _refuse(self, refusal: Refused) -> None:
        self._metrics.release_refused.labels(self._name, refusal.reason).inc()
        self._log_once(refusal, logging.WARNING, "release refused")

    def _log_once(self, refusal: Refused, level: int, message: str) -> None:
        """Log the refusal unless it repeats the last one."""
        if str(refusal) == self._last_refusal:
            return
        self._last_refusal = str(refusal)
        version = self._model.serving.champion.version
        detail = {"model": self._name, "reason": refusal.reason, "detail": str(refusal), "in_use": version}
        log.log(level, message, extra=detail)
