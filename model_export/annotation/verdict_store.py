"""Judges the answers in the database: sets their status, and queues names without agreement again."""

from __future__ import annotations

from psycopg.rows import class_row

from model_export.annotation.judging import Answer, Judgement, Thresholds, judge
from model_export.annotation.queue import Connection

# Label Studio lets annotators answer a task twice; the last answer counts.
ANSWERS = """
  select distinct on (a.task_id, a.annotator)
    a.annotation_id, a.task_id, a.text_key, a.annotator, c.code, g.code as gold, a.status
  from public.item_annotations a
  join public.categories c on c.id = a.category_id
  left join public.annotation_queue q on q.text_key = a.text_key
  left join public.categories g on g.id = q.gold_category_id
  order by a.task_id, a.annotator, a.annotation_id desc
"""
SET_STATUS = """
  update public.item_annotations set status = %s, judged_at = now()
  where annotation_id = any(%s) and status is distinct from %s
"""
ASK_AGAIN = """
  update public.annotation_queue set round = round + 1, pushed_at = null
  where text_key = any(%s) and pushed_at is not null
"""
UNDECIDED = """
  select item_text from public.annotation_queue
  where reason <> 'gold' and pushed_at is null and round > %s order by times_seen desc, text_key
"""


def judge_all(connection: Connection, thresholds: Thresholds) -> Judgement:
    """Judge all answers and store the result in one transaction. Without new answers a repeat changes nothing."""
    with connection.transaction(), connection.cursor(row_factory=class_row(Answer)) as cursor:
        judgement = judge(cursor.execute(ANSWERS).fetchall(), thresholds)
        for status, answers in (("accepted", judgement.accepted), ("returned", judgement.returned)):
            cursor.execute(SET_STATUS, [status, answers, status])
        cursor.execute(ASK_AGAIN, [judgement.again])
    return judgement


def undecided(connection: Connection, rounds: int) -> list[str]:
    """Names without agreement after `rounds` rounds; the lead has to decide them."""
    return [row[0] for row in connection.execute(UNDECIDED, [rounds]).fetchall()]
