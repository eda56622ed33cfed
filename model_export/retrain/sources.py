"""What a retraining reads from the database, through functions that return no user and no receipt (`model_jobs`)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from model_export.retrain.trust import Vote, Voter
from model_export.retrain.votes import Conflict, Label
from ocr_service.category.classifier import WORD
from ocr_service.category.normalise import normalise
from ocr_service.parsing.masking import mask

BOUGHT_DAYS, BOUGHT_NAMES = 28, 3000
"""The time, and the largest number, of bought names whose answers are compared."""

VOTES = """
  select coalesce(voter, '') as user, text_key as key, item_text as text, category, voted_at as at
  from private.category_votes(%s)
"""
VOTERS = "select voter as id, member_since, is_confirmed, receipts from private.voters(%s)"
LINKED = "select voter, other from private.linked_voters(%s)"
ANNOTATED = """
  select text_key as key, item_text as text, category, decided_at as at, 'annotators' as source,
    is_audited as audited
  from private.annotated_names(%s)
"""
AUDITED = "select text_key as key, item_text as text, category from private.audited_names(%s)"
BOUGHT = "select item_text as key, item_text as text from private.bought_names(%s, %s, %s)"
QUEUE = "select private.queue_conflicts(%s)"

Connection = psycopg.Connection[Any]


def votes(connection: Connection, until: datetime) -> list[Vote]:
    """Corrections and confirmations of all users, oldest first, of names that can be trained on."""
    return [Vote(**row) for row in _names(connection, VOTES, until)]


def voters(connection: Connection, until: datetime) -> list[Voter]:
    """The accounts behind the votes."""
    return [Voter(**row) for row in _rows(connection, VOTERS, until)]


def linked_voters(connection: Connection, until: datetime) -> list[tuple[str, str]]:
    """Pairs of voters who photographed the same receipt."""
    return [(row["voter"], row["other"]) for row in _rows(connection, LINKED, until)]


def annotations(connection: Connection, until: datetime) -> list[Label]:
    """Names that annotators agree on."""
    return [Label(**row) for row in _names(connection, ANNOTATED, until)]


def audited(connection: Connection, until: datetime) -> list[tuple[str, str]]:
    """Names of the random audit samples, with the category that annotators agree on."""
    return [(row["text"], row["category"]) for row in _names(connection, AUDITED, until)]


def bought(connection: Connection, until: datetime) -> list[str]:
    """Names that several users bought lately, the most frequent first."""
    since = until - timedelta(days=BOUGHT_DAYS)
    return [row["text"] for row in _names(connection, BOUGHT, since, until, BOUGHT_NAMES)]


def queue(connection: Connection, conflicts: Iterable[Conflict]) -> int:
    """Queue conflicts for annotation, each name once; returns the number of new names."""
    names = [{"text_key": each.key, "item_text": each.text, "votes": each.votes} for each in conflicts]
    row = connection.execute(QUEUE, [Jsonb(names)]).fetchone()
    return int(row[0]) if row else 0


def _names(connection: Connection, query: LiteralString, *arguments: Any) -> list[dict[str, Any]]:
    """Rows whose text is a name, normalised. Rows with masked characters are left out."""
    rows = _rows(connection, query, *arguments)
    for row in rows:
        row["text"] = normalise(mask(row["text"]))
    return [row for row in rows if row["key"] and "*" not in row["text"] and WORD.search(row["text"])]


def _rows(connection: Connection, query: LiteralString, *arguments: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, arguments).fetchall()
