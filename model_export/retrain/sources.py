"""Training data in the database: users' votes, names they kept, annotations; and the queue of conflicts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from model_export.retrain.votes import Conflict, Label, Vote
from ocr_service.category.classifier import WORD
from ocr_service.category.normalise import normalise
from ocr_service.parsing.masking import mask

VOTES = """
  select f.user_id::text as user, private.text_key(f.item_text) as key, f.item_text as text, c.code as category,
    f.created_at as at
  from public.user_category_feedback f
  join public.categories c on c.id = f.corrected_category_id
  where f.created_at <= %s
  order by f.created_at, f.id
"""
# A name that users added to the inventory with the predicted category, and never corrected, counts as right.
UNCHANGED = """
  select private.text_key(i.predicted_name) as key, min(i.predicted_name) as text, min(c.code) as category,
    max(r.created_at) as at, 'kept' as source
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  join public.categories c on c.id = i.category_id
  where r.created_at between %s and %s and i.status = 'added' and i.decided_by = 'model'
    and i.category_id = i.predicted_category_id
    and not exists (
      select from public.user_category_feedback f
      where private.text_key(f.item_text) = private.text_key(i.predicted_name)
    )
  group by private.text_key(i.predicted_name)
  having count(distinct r.user_id) >= %s and count(distinct i.category_id) = 1
  order by 1
"""
ANNOTATED = """
  select text_key as key, item_text as text, category_code as category, finished_at as at, 'annotators' as source
  from public.finished_annotations
  where finished_at <= %s
  order by text_key
"""
QUEUE = """
  insert into public.annotation_queue (text_key, item_text, reason, times_seen)
  values (%s, %s, 'conflict', %s)
  on conflict (text_key) do nothing
"""
Connection = psycopg.Connection[Any]


def votes(connection: Connection, until: datetime) -> list[Vote]:
    """Corrections and confirmations of all users, oldest first, of names that can be trained on."""
    return [Vote(**row) for row in _rows(connection, VOTES, until)]


def annotations(connection: Connection, until: datetime) -> list[Label]:
    """Names that annotators agree on."""
    return [Label(**row) for row in _rows(connection, ANNOTATED, until)]


def unchanged(connection: Connection, since: datetime, until: datetime, users: int) -> list[Label]:
    """Names that at least `users` users accepted with the predicted category, and no user corrected."""
    return [Label(**row) for row in _rows(connection, UNCHANGED, since, until, users)]


def queue(connection: Connection, conflicts: Iterable[Conflict]) -> int:
    """Queue conflicts for annotation, each name once; returns the number of new names."""
    return sum(
        connection.execute(QUEUE, [conflict.key, conflict.text, conflict.votes]).rowcount for conflict in conflicts
    )


def _rows(connection: Connection, query: str, *arguments: Any) -> list[dict[str, Any]]:
    """Rows whose text is a name, normalised. Rows with masked characters are left out."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, arguments).fetchall()
    for row in rows:
        row["text"] = normalise(mask(row["text"]))
    return [row for row in rows if row["key"] and "*" not in row["text"] and WORD.search(row["text"])]
