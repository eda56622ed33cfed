"""The queue of questions in the database: filled from receipts and corrections, emptied into Label Studio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from model_export.annotation.project import Label
from ocr_service.category.classifier import WORD, CategoryClassifier
from ocr_service.category.normalise import normalise
from ocr_service.parsing.masking import mask

LONGEST = 200
"""Characters of the longest name, as in the table."""

# An item is marked for a doubtful date or price as well; which of these names the model knows is for it to say.
MARKED = """
  select i.predicted_name as text, count(*)::int as times, coalesce(min(i.confidence) < %s, false) as unsure
  from public.receipt_items i
  group by i.predicted_name
  having min(i.confidence) < %s or bool_or(i.uncertain)
"""
# What two users agree on needs no annotator; what one of them says against the model, or two against each other, does.
DISPUTED = """
  select mode() within group (order by f.item_text) as text, count(*)::int as times
  from public.user_category_feedback f
  group by private.text_key(f.item_text)
  having bool_or(f.corrected_category_id is distinct from f.predicted_category_id)
    and not (count(distinct f.user_id) > 1 and count(distinct f.corrected_category_id) = 1)
"""
ADD = """
  insert into public.annotation_queue as known (text_key, item_text, reason, times_seen)
  select private.text_key(text), mode() within group (order by text), %(reason)s, sum(times)
  from unnest(%(texts)s::text[], %(times)s::int[]) as seen (text, times)
  where private.text_key(text) <> ''
  group by private.text_key(text)
  on conflict (text_key) do update
  set times_seen = greatest(known.times_seen, excluded.times_seen)
"""
ADD_GOLD = """
  insert into public.annotation_queue (text_key, item_text, reason, times_seen, gold_category_id)
  select distinct on (private.text_key(text)) private.text_key(text), text, 'gold', 0, c.id
  from unnest(%s::text[], %s::text[]) as known (text, code)
  join public.categories c using (code)
  on conflict (text_key) do nothing
"""
WAITING = """
  select text_key, item_text, round, gold_category_id
  from public.annotation_queue
  where pushed_at is null and reason <> 'gold' and round <= %s
  order by times_seen desc, text_key
  limit %s
"""
# The order is random, but the same for a push that is done again.
WAITING_GOLD = """
  select text_key, item_text, round, gold_category_id
  from public.annotation_queue
  where pushed_at is null and reason = 'gold'
  order by md5(text_key || round)
  limit %s
"""
ASK_GOLD_AGAIN = """
  update public.annotation_queue set round = round + 1, pushed_at = null
  where reason = 'gold' and pushed_at is not null
"""
MARK_PUSHED = """
  update public.annotation_queue q
  set pushed_at = now(), predicted_category_id = c.id, confidence = p.confidence
  from unnest(%s::text[], %s::text[], %s::real[]) as p (text_key, code, confidence)
  join public.categories c using (code)
  where q.text_key = p.text_key
"""
LOCK = "select pg_advisory_lock(hashtextextended('annotation', 0))"
UNLOCK = "select pg_advisory_unlock(hashtextextended('annotation', 0))"

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Question:
    """A name that waits to be asked; a gold question has the category that is right."""

    text_key: str
    item_text: str
    round: int
    gold_category_id: int | None


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Wait until no other annotation job runs on this database, and keep others out."""
    connection.execute(LOCK)
    try:
        yield
    finally:
        connection.execute(UNLOCK)


def labels(connection: Connection) -> list[Label]:
    """The categories in the order of the app."""
    with connection.cursor(row_factory=class_row(Label)) as cursor:
        return cursor.execute("select id, code, name_ko from public.categories order by sort").fetchall()


def collect(connection: Connection, model: CategoryClassifier) -> int:
    """Add names that users dispute or that the model is unsure of, masked.

    Unsure: it gave one of them less than its threshold, or would ask a person today. Names that differ only in
    spaces and case are one question. Returns how many names are new.
    """
    before = _count(connection)
    with connection.cursor(row_factory=dict_row) as cursor:
        disputed = cursor.execute(DISPUTED).fetchall()
        marked = cursor.execute(MARKED, [model.threshold, model.threshold]).fetchall()
    answers = model.predict([row["text"] for row in marked])
    uncertain = [row for row, answer in zip(marked, answers, strict=True) if row["unsure"] or answer.uncertain]
    for reason, rows in (("disputed", disputed), ("uncertain", uncertain)):
        seen = [(shown(row["text"]), row["times"]) for row in rows]
        seen = [(text, times) for text, times in seen if WORD.search(text)]
        texts, times = [text for text, _ in seen], [number for _, number in seen]
        connection.execute(ADD, {"reason": reason, "texts": texts, "times": times})
    return _count(connection) - before


def shown(text: str) -> str:
    """A name as an annotator may see it: normalised, personal data masked, not too long."""
    return mask(normalise(text))[:LONGEST]


def add_gold(connection: Connection, names: Sequence[tuple[str, str]]) -> None:
    """Add questions whose answer is known, as (name, category code)."""
    connection.execute(ADD_GOLD, [[name for name, _ in names], [code for _, code in names]])


def waiting(connection: Connection, limit: int, rounds: int) -> list[Question]:
    """The most frequent names that wait, at most `limit`; none that was asked `rounds` times in vain."""
    with connection.cursor(row_factory=class_row(Question)) as cursor:
        return cursor.execute(WAITING, [rounds, limit]).fetchall()


def waiting_gold(connection: Connection, number: int) -> list[Question]:
    """Gold questions, `number` of them or all there are; once all were asked they start again."""
    with connection.cursor(row_factory=class_row(Question)) as cursor:
        found = cursor.execute(WAITING_GOLD, [number]).fetchall()
        if len(found) < number:
            cursor.execute(ASK_GOLD_AGAIN)
            found = cursor.execute(WAITING_GOLD, [number]).fetchall()
        return found


def mark_pushed(connection: Connection, pushed: Sequence[tuple[str, str, float]]) -> None:
    """Note that questions, as (text key, predicted category code, confidence), are tasks now."""
    columns = zip(*pushed, strict=True) if pushed else ((), (), ())
    connection.execute(MARK_PUSHED, [list(column) for column in columns])


def _count(connection: Connection) -> int:
    row = connection.execute("select count(*) from public.annotation_queue").fetchone()
    return int(row[0]) if row else 0
