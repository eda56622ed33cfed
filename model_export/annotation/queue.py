"""The queue of questions in the database: filled from receipts and corrections, pushed to Label Studio."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from model_export.annotation.project import Label
from model_export.retrain.votes import Limits
from ocr_service.category.classifier import WORD, CategoryClassifier
from ocr_service.category.normalise import normalise
from ocr_service.parsing.masking import mask

LONGEST = 200
"""Maximum length of a name in characters, as in the table."""

MARKED = "select item_text as text, times, is_unsure as unsure from private.uncertain_names(%s::real)"
DISPUTED = "select item_text as text, times from private.disputed_names(%s)"
ADD = """
  insert into public.annotation_queue as queued (text_key, item_text, reason, times_seen)
  select private.text_key(text), mode() within group (order by text), %(reason)s, sum(times)
  from unnest(%(texts)s::text[], %(times)s::int[]) as seen (text, times)
  where private.text_key(text) <> ''
  group by private.text_key(text)
  on conflict (text_key) do update
  set times_seen = greatest(queued.times_seen, excluded.times_seen)
"""
ADD_GOLD = """
  insert into public.annotation_queue (text_key, item_text, reason, times_seen, gold_category_id)
  select distinct on (private.text_key(text)) private.text_key(text), text, 'gold', 0, c.id
  from unnest(%s::text[], %s::text[]) as gold (text, code)
  join public.categories c using (code)
  on conflict (text_key) do nothing
"""
PENDING = """
  select text_key, item_text, round, gold_category_id
  from public.annotation_queue
  where pushed_at is null and reason <> 'gold' and round <= %s
  order by (reason = 'audit') desc, times_seen desc, text_key
  limit %s
"""
# The order is random, but a repeated push gets the same one.
PENDING_GOLD = """
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
    """A name to ask about; a gold question has the right category."""

    text_key: str
    item_text: str
    round: int
    gold_category_id: int | None


@contextmanager
def exclusive_lock(connection: Connection) -> Iterator[None]:
    """Hold the lock that allows one annotation job at a time; waits for it."""
    connection.execute(LOCK)
    try:
        yield
    finally:
        connection.execute(UNLOCK)


def labels(connection: Connection) -> list[Label]:
    """The categories, in the order of the app."""
    with connection.cursor(row_factory=class_row(Label)) as cursor:
        return cursor.execute("select id, code, name_ko from public.categories order by sort").fetchall()


def collect(connection: Connection, model: CategoryClassifier) -> int:
    """Add names that users dispute or that the model is unsure of, masked. Returns the number of new names.

    Disputed: corrected, and not yet agreed on by as many users as a label needs.
    Unsure: the confidence was below the threshold when an item was read, or the model marks the name uncertain today.
    Names that differ only in spaces and case are one question.
    """
    before = _count(connection)
    with connection.cursor(row_factory=dict_row) as cursor:
        disputed = cursor.execute(DISPUTED, [Limits.users]).fetchall()
        marked = cursor.execute(MARKED, [model.threshold]).fetchall()
    answers = model.predict([row["text"] for row in marked])
    uncertain = [row for row, answer in zip(marked, answers, strict=True) if row["unsure"] or answer.uncertain]
    for reason, rows in (("disputed", disputed), ("uncertain", uncertain)):
        names = [(presentable(row["text"]), row["times"]) for row in rows]
        names = [(text, times) for text, times in names if WORD.search(text)]
        texts, times = [text for text, _ in names], [number for _, number in names]
        connection.execute(ADD, {"reason": reason, "texts": texts, "times": times})
    return _count(connection) - before


def presentable(text: str) -> str:
    """A name as annotators may see it: normalised, personal data masked, at most LONGEST characters."""
    return mask(normalise(text))[:LONGEST]


def add_gold(connection: Connection, names: Sequence[tuple[str, str]]) -> None:
    """Add gold questions, as (name, category code)."""
    connection.execute(ADD_GOLD, [[name for name, _ in names], [code for _, code in names]])


def pending(connection: Connection, limit: int, rounds: int) -> list[Question]:
    """The pending names, at most `limit`, without those that were asked `rounds` times.

    Audited names come first, then the most frequent ones.
    """
    with connection.cursor(row_factory=class_row(Question)) as cursor:
        return cursor.execute(PENDING, [rounds, limit]).fetchall()


def pending_gold(connection: Connection, number: int) -> list[Question]:
    """At most `number` gold questions; when too few are left, all of them are asked again."""
    with connection.cursor(row_factory=class_row(Question)) as cursor:
        questions = cursor.execute(PENDING_GOLD, [number]).fetchall()
        if len(questions) < number:
            cursor.execute(ASK_GOLD_AGAIN)
            questions = cursor.execute(PENDING_GOLD, [number]).fetchall()
        return questions


def mark_pushed(connection: Connection, questions: Sequence[tuple[str, str, float]]) -> None:
    """Mark questions, as (text key, predicted category code, confidence), as pushed."""
    columns = zip(*questions, strict=True) if questions else ((), (), ())
    connection.execute(MARK_PUSHED, [list(column) for column in columns])


def _count(connection: Connection) -> int:
    row = connection.execute("select count(*) from public.annotation_queue").fetchone()
    return int(row[0]) if row else 0
