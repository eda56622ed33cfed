"""Builds the receipt pipeline from the settings."""

from __future__ import annotations

from supabase import Client

from functions.core.settings import Settings
from functions.ocr.client import OcrClient
from functions.ocr.receipts import OcrReader
from functions.receipts.photos import PhotoStorage
from functions.receipts.process import Pipeline
from functions.receipts.queue import ReceiptQueue
from functions.receipts.reading_samples import ReadingSamples


def build_reading_samples(settings: Settings, supabase: Client, ocr: OcrClient) -> ReadingSamples:
    """Makes no call yet."""
    return ReadingSamples(
        client=supabase,
        photos=PhotoStorage(supabase, settings.photo_max_bytes, settings.supabase_timeout_s),
        ocr=ocr,
        timeout_s=settings.ocr_timeout_s,
    )


def build_pipeline(settings: Settings, supabase: Client, ocr: OcrClient) -> Pipeline:
    """Makes no call yet."""
    return Pipeline(
        queue=ReceiptQueue(supabase, settings.receipt_lease_s),
        photos=PhotoStorage(supabase, settings.photo_max_bytes, settings.supabase_timeout_s),
        reader=OcrReader(
            ocr,
            connect_timeout_s=settings.ocr_connect_timeout_s,
            timeout_s=settings.ocr_timeout_s,
            patience_s=settings.ocr_patience_s,
        ),
    )
