"""Crops of lines that users agreed to, with annotators' transcriptions, as rows."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from PIL import Image

Database = psycopg.Connection[Any]


def store(database: Database, lines: Iterable[tuple[NDArray[np.uint8], str]]) -> str:
    """Lines of one consenting user, which two annotators read alike; returns the user."""
    user = str(uuid.uuid4())
    database.execute("insert into auth.users (id, email) values (%s, %s)", [user, f"{user}@example.com"])
    database.execute("insert into public.reading_consents (user_id) values (%s)", [user])
    receipt = database.execute(
        "insert into public.receipts (user_id, bucket, object_path, object_version, status, processed_at) "
        "values (%s, 'ocr', gen_random_uuid() || '.jpg', '1', 'done', now()) returning id",
        [user],
    ).fetchone()
    assert receipt
    for place, (pixels, text) in enumerate(lines, start=1):
        image = io.BytesIO()
        Image.fromarray(pixels).convert("L").save(image, "PNG")
        database.execute(
            "with item as ("
            "  insert into public.receipt_items "
            "  (receipt_id, line_no, raw_text, name, predicted_name, kind, category_id) "
            "  select %(receipt)s, %(place)s, %(text)s, %(text)s, %(text)s, 'food', c.id "
            "  from public.categories c where c.code = 'dairy' returning id"
            "), sample as ("
            "  insert into private.reading_samples (receipt_item_id, user_id, read_name, line_text, confidence) "
            "  select id, %(user)s, %(text)s, %(text)s, 0.9 from item returning id"
            "), crop as (insert into private.reading_crops (sample_id, png) select id, %(png)s from sample) "
            "insert into public.line_transcriptions "
            "(annotation_id, task_id, sample_id, line_text, annotator, annotated_at) "
            "select next.id + n, next.id, sample.id, %(text)s, 'annotator ' || n, now() "
            "from sample, generate_series(1, 2) n, "
            "(select greatest(max(annotation_id), 2000000000) as id from public.line_transcriptions) next",
            {"receipt": receipt["id"], "user": user, "place": place, "text": text, "png": image.getvalue()},
        )
    return user
