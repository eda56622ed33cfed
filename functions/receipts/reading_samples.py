"""Crops of lines whose names consenting users corrected: cut by the OCR service, stored in the database.

It is not urgent: a sample that is not stored now is claimed again by a later sweep.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import requests
from pydantic import BaseModel, ConfigDict
from supabase import Client

from functions.core.errors import BackendRefused, ReceiptError
from functions.core.logs import get_logger
from functions.core.supabase import call_with_retry
from functions.ocr.client import OcrClient
from functions.ocr.id_tokens import IdTokenUnavailable
from functions.receipts.photos import PhotoStorage

PER_SWEEP = 3
"""Photos are read again for this, so users' receipts come first."""
MAX_RESPONSE_BYTES = 256 * 1024


class Sample(BaseModel):
    """A line to crop. box: of its line item, in pixels of the upright, full-size photo."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    bucket: str
    object_path: str
    name: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class ReadingSamples:
    """Collects due samples."""

    client: Client
    photos: PhotoStorage
    ocr: OcrClient
    timeout_s: float

    def collect(self) -> int:
        """Crop and store up to PER_SWEEP due samples; returns how many were stored.

        Raises:
            BackendUnavailable: Supabase was unreachable.
        """
        rows: Any = call_with_retry(
            lambda: self.client.rpc("claim_reading_samples", {"p_limit": PER_SWEEP}).execute().data
        )
        return sum(self._collect(row) for row in rows or ())

    def _collect(self, row: Any) -> bool:
        try:
            sample = Sample.model_validate(row)
            line = self._crop(sample)
            arguments = {"p_id": str(sample.id), "p_line": line}
            return bool(call_with_retry(lambda: self.client.rpc("store_reading_sample", arguments).execute().data))
        except (
            ReceiptError,
            BackendRefused,
            requests.RequestException,
            IdTokenUnavailable,
            ValueError,
            KeyError,
            TypeError,
        ) as error:
            sample_id = str(row.get("id"))[:40] if isinstance(row, dict) else ""
            get_logger().info("reading sample postponed", sample_id=sample_id, error=type(error).__name__)
            return False

    def _crop(self, sample: Sample) -> dict[str, Any] | None:
        """The line as the OCR service cuts it out; None if it does not find the line."""
        photo = self.photos.download(sample)
        wanted = {"name": sample.name, "box": sample.box, "image": base64.b64encode(photo).decode()}
        response = self.ocr.post("/v1/lines", json=wanted, timeout=self.timeout_s)
        response.raise_for_status()
        if len(response.content) > MAX_RESPONSE_BYTES:
            raise ValueError("the response is too large")
        line = json.loads(response.content)["line"]
        return None if line is None else {name: line[name] for name in ("text", "confidence", "png")}
