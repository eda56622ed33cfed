"""Loads the HACCP data set into our own table, and keeps it fresh: `python -m functions.barcode.haccp.load`.

Page by page, each stored together with the progress: whoever comes next goes on where the last one stopped.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from supabase import Client

from functions.barcode.fan_out import Providers
from functions.barcode.haccp.source import Haccp, Page
from functions.barcode.settings import BarcodeSettings
from functions.core import logs
from functions.core.errors import FunctionError, SourceUnavailable
from functions.core.logs import get_logger
from functions.core.settings import Settings
from functions.core.supabase import call_repeatable, connect

SOURCE = "haccp"


class Load(BaseModel):
    """How far a load is. `pages` is None until the first page came, `finished_at` until the last is stored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    started_at: datetime
    next_page: int
    pages: int | None
    stored: int
    finished_at: datetime | None


@dataclass(frozen=True)
class BulkIndex:
    """`products_bulk`, filled from `source`."""

    client: Client
    source: Haccp
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic

    def refresh(
        self, *, max_age_s: int, budget_s: float, progress: Callable[[Load], None] = lambda _: None
    ) -> dict[str, Any]:
        """Go on with the load under way, or begin one if the last is older than `max_age_s`, for `budget_s` seconds.

        Args:
            progress: told after each page.

        Returns:
            {state: fresh | loading | loaded, page, pages, stored}.

        Raises:
            SourceUnavailable: the data set; what came so far is kept.
            BackendUnavailable, BackendRefused: the database.
        """
        end = self.monotonic() + budget_s
        load = self._call("begin_bulk_load", p_refresh_seconds=max_age_s)
        if load.finished_at:
            return self._state("fresh", load)
        while not load.finished_at and self.monotonic() < end:
            load = self._store(load, self.source.page(load.next_page))
            progress(load)
        return self._state("loaded" if load.finished_at else "loading", load)

    def _store(self, load: Load, page: Page) -> Load:
        return self._call(
            "store_bulk_page",
            p_started_at=load.started_at.isoformat(),
            p_page=page.number,
            p_pages=page.pages,
            p_rows=page.rows,
        )

    def _call(self, function: str, **arguments: Any) -> Load:
        values = {"p_source": SOURCE, "p_now": self.clock().isoformat(), **arguments}
        return Load.model_validate(call_repeatable(lambda: self.client.rpc(function, values).execute().data))

    def _state(self, state: str, load: Load) -> dict[str, Any]:
        get_logger().info("bulk index", state=state, next_page=load.next_page, pages=load.pages, stored=load.stored)
        return {"state": state, "page": load.next_page - 1, "pages": load.pages, "stored": load.stored}


def build_bulk_index(settings: Settings, barcode: BarcodeSettings) -> BulkIndex:
    """On real Supabase and the real data set. Raises: SourceUnavailable: there is no key for it."""
    if not barcode.haccp.key:
        raise SourceUnavailable("HACCP__KEY is not set.")
    source = Haccp(Providers.connect([]), barcode.haccp, barcode.haccp_page_rows, time.sleep)
    return BulkIndex(connect(settings), source, lambda: datetime.now(UTC))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m functions.barcode.haccp.load", description=__doc__)
    parser.add_argument("--now", action="store_true", help="load anew even if the index is fresh")
    options = parser.parse_args()
    logs.configure()
    barcode = BarcodeSettings()

    def show(load: Load) -> None:
        print(f"page {load.next_page - 1} of {load.pages}, {load.stored} products", file=sys.stderr)  # noqa: T201

    try:
        index = build_bulk_index(Settings(), barcode)
        index.refresh(max_age_s=0 if options.now else barcode.haccp_refresh_s, budget_s=float("inf"), progress=show)
    except FunctionError as error:
        print(f"{error.detail} Run it again to go on.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
