"""The release followers of a service, one per kind of model, created from its settings."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from ocr_service import golden
from ocr_service.boxes import Recognition
from ocr_service.category.classifier import Prediction
from ocr_service.contract import ReceiptResponse
from ocr_service.live_model import In, LiveModel, Model, Out
from ocr_service.metrics import Metrics
from ocr_service.releases import checks, manifest, recogniser
from ocr_service.releases.cache import ReleaseCache
from ocr_service.releases.errors import BadAnswers
from ocr_service.releases.follower import Follower
from ocr_service.releases.manifest import Kind, Release
from ocr_service.releases.shadow import Shadow
from ocr_service.releases.store import ReleaseStore
from ocr_service.settings import Settings
from ocr_service.vision.engine import Pixels, TextModel
from ocr_service.vision.models import load_recogniser

log = logging.getLogger(__name__)

SHADOW_PHOTOS, SHADOW_WAITING = 10, 2
"""Of so many photos the challenger reads one, because reading takes a second; and so many may wait for it."""


class Reader(Protocol):
    """Whose models follow releases: see `ReceiptReader`."""

    categories: LiveModel[str, Prediction]
    category_codes: Sequence[str]

    @property
    def recogniser(self) -> LiveModel[Pixels, Recognition]:
        """The recogniser in use."""

    def read(self, data: bytes, request_id: str, candidate: TextModel | None = None) -> ReceiptResponse:
        """Read one photo, with a candidate in place of the recogniser in use."""


@asynccontextmanager
async def following(settings: Settings, reader: Reader, executor: Executor, metrics: Metrics) -> AsyncIterator[None]:
    """Within this context the models of `reader` follow the releases at `release_uri`, if that is set.

    executor: where `reader.read` runs, one photo at a time. A custom recogniser is not replaced, nor one on native
    Paddle, for which releases have no files. Raises ValueError if the configured public key is malformed.
    """
    if not settings.release_uri:
        yield
        return
    uri = settings.release_uri
    keys = manifest.load_public_keys(settings.release_public_key) if settings.release_public_key else []
    golden_folder = settings.models_dir / "golden"

    def follower(
        kind: Kind, model: LiveModel[In, Out], load: Callable[[Path, Release], Model[In, Out]]
    ) -> Follower[In, Out]:
        store = ReleaseStore(uri, kind)
        folder = settings.release_cache_dir / hashlib.sha256(store.uri.encode()).hexdigest()[:16] / kind
        cache = ReleaseCache(folder)
        return Follower(model, store, cache, load, metrics, public_keys=keys, poll_s=settings.release_poll_s)

    names = Shadow[str, Prediction](metrics, lambda prediction: prediction.code)
    lines = Shadow[Pixels, Recognition](
        metrics, lambda recognition: recognition.text, every=SHADOW_PHOTOS, max_waiting=SHADOW_WAITING
    )
    shadows = (names, lines)
    reader.categories.listen(names.listen)
    reader.recogniser.listen(lines.listen)
    load_category = checks.category_loader(reader.category_codes, golden_folder)
    followers: list[Follower[str, Prediction] | Follower[Pixels, Recognition]] = [
        follower("category", reader.categories, load_category)
    ]
    if settings.recognition_dir is None and settings.recognition_engine != "paddle":
        load_recognition = _recogniser_loader(settings, reader, executor, golden_folder)
        followers.append(follower("recogniser", reader.recogniser, load_recognition))
    log.info("following releases", extra={"uri": uri, "signed": bool(keys)})
    for shadow in shadows:
        shadow.start()
    await asyncio.gather(*(run_in_threadpool(each.start) for each in followers))
    try:
        yield
    finally:
        for each in followers:
            await run_in_threadpool(each.stop)
        for shadow in shadows:
            await run_in_threadpool(shadow.stop)


def _recogniser_loader(
    settings: Settings, reader: Reader, executor: Executor, golden_folder: Path
) -> Callable[[Path, Release], TextModel]:
    """Loads and checks the recogniser of a release; the golden receipt is read between two photos.

    Raises Refused, and errors of the engine.
    """

    def load(folder: Path, release: Release) -> TextModel:
        recogniser.check(folder, release, golden_folder)
        model = load_recogniser(folder, settings, release.version)

        def read(data: bytes, request_id: str) -> ReceiptResponse:
            return reader.read(data, request_id, model)

        if wrong := executor.submit(golden.check, read, golden_folder).result():
            raise BadAnswers(f"version {release.version} misreads the golden receipt: {', '.join(wrong)}")
        return model

    return load
