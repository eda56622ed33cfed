"""The receipt pipeline against a scripted server that stands for Supabase."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import requests

from functions.core.settings import Settings
from functions.core.supabase import connect
from functions.ocr.client import OcrClient
from functions.receipts.process import Pipeline
from functions.receipts.wiring import build_pipeline


@contextmanager
def pipeline(url: str) -> Iterator[Pipeline]:
    settings = Settings(
        supabase_url=url,
        supabase_secret_key="sb_secret_unit_test",
        supabase_publishable_key="sb_publishable_unit_test",
        ocr_service_url=url,
        ocr_timeout_s=1,
        ocr_patience_s=0,
    )
    client = connect(settings)
    with requests.Session() as session:
        yield build_pipeline(settings, client, OcrClient(session, url))
    client.options.httpx_client.close()


@pytest.fixture(scope="session")
def connect_pipeline() -> Callable[[str], AbstractContextManager[Pipeline]]:
    """Connects a pipeline to the server at a URL."""
    return pipeline
