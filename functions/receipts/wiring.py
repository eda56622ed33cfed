"""Puts the pipeline together from the settings."""

from __future__ import annotations

import requests
from requests.adapters import HTTPAdapter

from functions.core.settings import Settings
from functions.core.supabase import connect
from functions.ocr.client import OcrClient, TokenSource
from functions.ocr.id_tokens import IdTokens
from functions.receipts.photos import SupabasePhotos
from functions.receipts.process import Pipeline
from functions.receipts.queue import SupabaseQueue


def build_pipeline(settings: Settings) -> Pipeline:
    """A pipeline on real Supabase and the real OCR service. Makes no call yet."""
    client = connect(settings)
    audience = settings.ocr_token_audience
    token: TokenSource = IdTokens(audience) if audience else lambda: None
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=max(10, settings.sweep_workers)))
    return Pipeline(
        queue=SupabaseQueue(client, settings.receipt_lease_s),
        photos=SupabasePhotos(client, settings.photo_max_bytes),
        reader=OcrClient(
            session=session,
            url=str(settings.ocr_service_url).rstrip("/"),
            token=token,
            connect_timeout_s=settings.ocr_connect_timeout_s,
            timeout_s=settings.ocr_timeout_s,
            patience_s=settings.ocr_patience_s,
        ),
    )
