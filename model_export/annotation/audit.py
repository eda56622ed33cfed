"""A weekly random sample of what users bought, for annotators: accuracy without the selection that corrections are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from psycopg.rows import class_row, tuple_row
from psycopg.types.json import Jsonb

from model_export.annotation.queue import Connection, presentable
from model_export.retrain.holdout import is_held_out
from ocr_service.category.classifier import WORD

KOREA = ZoneInfo("Asia/Seoul")
DRAWN_PER_HELD_OUT = 10
"""Items that are drawn per held-out one; a fifth of the names is held out."""

DRAW = "select * from private.bought_items(%s, %s)"
IS_SAMPLED = "select exists (select from public.audit_items where week = %s)"
STORE = """
  with item as (
    select * from jsonb_to_recordset(%(items)s) as i (
      place integer, item_text text, predicted_category_id smallint, category_id smallint, model_version text,
      is_random boolean
    )
    where private.text_key(i.item_text) <> ''
  ), stored as (
    insert into public.audit_items (
      week, place, text_key, item_text, predicted_category_id, category_id, model_version, is_random, sampled_at
    )
    select %(week)s, i.place, private.text_key(i.item_text), i.item_text, i.predicted_category_id, i.category_id,
      i.model_version, i.is_random, %(now)s
    from item i
    returning 1
  ), queued as (
    insert into public.annotation_queue as q (text_key, item_text, reason, times_seen)
    select private.text_key(i.item_text), min(i.item_text), 'audit', count(*)
    from item i
    group by 1
    on conflict (text_key) do update set reason = 'audit' where q.reason <> 'gold' and q.pushed_at is null
    returning 1
  )
  select (select count(*) from stored), (select count(*) from queued)
"""


class Item(NamedTuple):
    """A line item that was drawn."""

    item_text: str
    predicted_category_id: int
    category_id: int
    model_version: str | None


def last_week(now: datetime) -> date:
    """The Monday of the last complete week in Korea."""
    today = now.astimezone(KOREA).date()
    return today - timedelta(days=today.weekday() + 7)


def sample(connection: Connection, now: datetime, random_items: int, held_out_items: int) -> int:
    """Draw the sample of the last complete week and queue its names; returns the number of items, 0 if it was drawn.

    random_items: of all line items, to measure accuracy. held_out_items: of those whose name no model is trained on in
    this quarter, to compare models. The draw is random and the same in every attempt. The connection is in autocommit
    mode.
    """
    week = last_week(now)
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        if random_items + held_out_items == 0 or cursor.execute(IS_SAMPLED, [week]).fetchone() == (True,):
            return 0
        with connection.cursor(row_factory=class_row(Item)) as rows:
            drawn = rows.execute(DRAW, [week, random_items + DRAWN_PER_HELD_OUT * held_out_items]).fetchall()
        items = _choose(drawn, now, random_items, held_out_items)
        cursor.execute(STORE, {"week": week, "items": Jsonb(items), "now": now})
    return len(items)


def _choose(drawn: Sequence[Item], now: datetime, random_items: int, held_out_items: int) -> list[dict[str, Any]]:
    """The first items as the random sample, and the next held-out ones, masked and numbered."""
    names = [(presentable(item.item_text), item) for item in drawn]
    named = [(name, item) for name, item in names if WORD.search(name)]
    held_out = [each for each in named[random_items:] if is_held_out(each[0], now)]
    return [
        {**item._asdict(), "item_text": name, "place": place, "is_random": place <= random_items}
        for place, (name, item) in enumerate([*named[:random_items], *held_out[:held_out_items]], start=1)
    ]
