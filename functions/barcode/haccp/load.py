"""Loads the HACCP data set into `products_bulk`, page by page.

Each page is stored together with the progress, so that the next run resumes where the last one stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from supabase import Client

from functions.barcode.haccp.source import Haccp, Page
from functions.core.errors import SourceUnavailable
from functions.core.logs import get_logger
from functions.core.supabase import call_with_retry

SOURCE = "haccp"
# With more of them in a row, the data set itself is broken, not a page.
MAX_UNREADABLE_PAGES = 2


class Load(BaseModel):
    """Progress of a load. `pages` is None until the first page, `finished_at` until the last page is stored.

    `set_aside` counts rows that could not be stored and pages that could not be read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    started_at: datetime
    next_page: int
    pages: int | None
    stored: int
    set_aside: int
    finished_at: datetime | None


@dataclass(frozen=True)
class BulkIndex:
    """`products_bulk`, loaded from `source`."""

    client: Client
    source: Haccp
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic

    def refresh(
        self, *, max_age_s: int, budget_s: float, progress: Callable[[Load], None] = lambda _: None
    ) -> dict[str, Any]:
        """Resume the unfinished load, or start one if the last is older than `max_age_s`, for `budget_s` seconds.

        Args:
            progress: called after each page.

        Returns:
            {state: fresh | loading | loaded, page, pages, stored, set_aside}.

        Raises:
            SourceUnavailable: the data set could not be read; the pages already loaded are kept.
            BackendUnavailable, BackendRefused: the database failed.
        """
        end = self.monotonic() + budget_s
        unreadable_pages = 0
        load = self._call("begin_bulk_load", p_refresh_seconds=max_age_s)
        if load.finished_at:
            return self._state("fresh", load)
        while not load.finished_at and self.monotonic() < end:
            page = self.source.page(load.next_page)
            unreadable_pages = unreadable_pages + 1 if page.rows is None else 0
            if unreadable_pages > MAX_UNREADABLE_PAGES:
                raise SourceUnavailable("The data set cannot be read.")
            load = self._store(load, page)
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
        return Load.model_validate(call_with_retry(lambda: self.client.rpc(function, values).execute().data))

    def _state(self, state: str, load: Load) -> dict[str, Any]:
        log = get_logger().error if load.set_aside else get_logger().info
        log(
            "bulk index",
            state=state,
            next_page=load.next_page,
            pages=load.pages,
            stored=load.stored,
            set_aside=load.set_aside,
        )
        progress = {"page": load.next_page - 1, "pages": load.pages}
        return {"state": state, **progress, "stored": load.stored, "set_aside": load.set_aside}
