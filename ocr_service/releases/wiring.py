"""The release follower of a service, created from its settings."""

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool

from ocr_service.category.live_model import CategoryModel
from ocr_service.metrics import Metrics
from ocr_service.releases import manifest
from ocr_service.releases.cache import ReleaseCache
from ocr_service.releases.follower import Follower
from ocr_service.releases.shadow import Shadow
from ocr_service.releases.store import ReleaseStore
from ocr_service.settings import Settings

log = logging.getLogger(__name__)


@asynccontextmanager
async def following(settings: Settings, model: CategoryModel, metrics: Metrics) -> AsyncIterator[None]:
    """Within this context `model` follows the releases at `release_uri`, if that is set.

    Raises ValueError if the configured public key is malformed.
    """
    if not settings.release_uri:
        yield
        return
    keys = manifest.load_public_keys(settings.release_public_key) if settings.release_public_key else []
    store = ReleaseStore(settings.release_uri)
    shadow = Shadow(metrics)
    model.listen(shadow.listen)
    follower = Follower(
        model,
        store,
        ReleaseCache(settings.release_cache_dir / hashlib.sha256(store.uri.encode()).hexdigest()[:16]),
        settings.models_dir / "golden",
        metrics,
        public_keys=keys,
        poll_s=settings.release_poll_s,
    )
    log.info("following releases", extra={"uri": store.uri, "signed": bool(keys)})
    shadow.start()
    await run_in_threadpool(follower.start)
    try:
        yield
    finally:
        await run_in_threadpool(follower.stop)
        await run_in_threadpool(shadow.stop)
