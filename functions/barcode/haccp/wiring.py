"""Builds the HACCP index from the settings."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from supabase import Client

from functions.barcode.connections import Connections
from functions.barcode.haccp.load import BulkIndex
from functions.barcode.haccp.source import Haccp
from functions.barcode.settings import BarcodeSettings
from functions.core.errors import SourceUnavailable


def build_bulk_index(settings: BarcodeSettings, supabase: Client, connections: Connections) -> BulkIndex:
    """Makes no call yet. Raises: SourceUnavailable: the data set needs a key."""
    if not settings.haccp.key:
        raise SourceUnavailable("HACCP__KEY is not set.")
    source = Haccp(connections, settings.haccp, settings.haccp_page_rows, time.sleep)
    return BulkIndex(supabase, source, lambda: datetime.now(UTC))
