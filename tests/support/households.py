"""Households that the model pipeline trusts, their votes on categories, and annotators' answers, as rows."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

Database = psycopg.Connection[Any]


def establish(database: Database, users: Sequence[str], now: datetime) -> None:
    """Let accounts be old enough at `now`, signed up in hours of their own, confirmed, and with three receipts each."""
    for place, user in enumerate(users):
        since = now - timedelta(days=60, hours=place)
        database.execute(
            "insert into auth.users (id, email, created_at, email_confirmed_at) "
            "values (%(id)s, %(email)s, %(at)s, %(at)s) "
            "on conflict (id) do update set created_at = excluded.created_at, email_confirmed_at = excluded.created_at",
            {"id": user, "email": f"{user}@example.com", "at": since},
        )
    database.execute(
        "insert into public.receipts (user_id, bucket, object_path, object_version, status, processed_at, created_at, "
        "store_name, purchased_at, total) "
        "select u, 'ocr', gen_random_uuid() || '.jpg', '1', 'done', %(at)s, %(at)s, u::text, '2026-10-01 18:31', n "
        "from unnest(%(users)s::uuid[]) u, generate_series(1, 3) n",
        {"users": list(users), "at": now - timedelta(days=30)},
    )


def households(database: Database, number: int, now: datetime) -> list[str]:
    """The ids of new established accounts."""
    users = [str(uuid.uuid4()) for _ in range(number)]
    establish(database, users, now)
    return users


def vote(database: Database, user: str | None, name: str, category: str, at: datetime) -> None:
    """A correction of a name that was predicted as dairy."""
    database.execute(
        "insert into public.user_category_feedback "
        "(user_id, item_text, predicted_category_id, corrected_category_id, created_at) "
        "select %s, %s, p.id, c.id, %s from public.categories p, public.categories c "
        "where p.code = 'dairy' and c.code = %s",
        [user, name, at, category],
    )


def agree(database: Database, users: Sequence[str], truth: Mapping[str, str], before: datetime) -> None:
    """Four of the users correct each name, others each time, as households do that buy different things."""
    rng = random.Random(len(users))
    for place, (name, category) in enumerate(truth.items()):
        for user in rng.sample(users, 4):
            vote(database, user, name, category, before - timedelta(minutes=600 - place))


def annotate(database: Database, truth: Mapping[str, str], at: datetime) -> None:
    """Two annotators agree on the category of each name; the ids are beyond those of a new Label Studio."""
    for name, category in truth.items():
        database.execute(
            "insert into public.item_annotations "
            "(annotation_id, task_id, text_key, item_text, category_id, annotator, annotated_at, status, judged_at) "
            "select next.id + n, next.id, private.text_key(%(name)s), %(name)s, c.id, 'annotator ' || n, %(at)s, "
            "'accepted', %(at)s "
            "from public.categories c, generate_series(1, 2) n, "
            "(select greatest(max(annotation_id), 1000000000) as id from public.item_annotations) next "
            "where c.code = %(category)s",
            {"name": name, "category": category, "at": at},
        )


def audit(database: Database, truth: Mapping[str, str], at: datetime) -> None:
    """The names were drawn for the audit of the week before `at`, and annotated."""
    week = (at - timedelta(days=at.weekday() + 7)).date()
    for name in truth:
        database.execute(
            "insert into public.audit_items "
            "(week, place, text_key, item_text, predicted_category_id, category_id, is_random, sampled_at) "
            "select %(week)s, 1 + (select count(*) from public.audit_items), private.text_key(%(name)s), %(name)s, "
            "c.id, c.id, true, %(at)s from public.categories c where c.code = 'dairy'",
            {"name": name, "week": week, "at": at},
        )
    annotate(database, truth, at)
