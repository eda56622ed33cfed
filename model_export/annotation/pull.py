"""Finished tasks come back from Label Studio, one row an annotator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from model_export.annotation import project, queue
from model_export.annotation.label_studio import Json, LabelStudioClient
from model_export.annotation.queue import Connection, shown

STORE = """
  insert into public.item_annotations
    (annotation_id, task_id, text_key, item_text, category_id, new_name, annotator, annotated_at)
  select a.annotation_id, a.task_id, a.text_key, a.item_text, c.id, a.new_name, a.annotator, a.annotated_at
  from jsonb_to_recordset(%s) as a (
    annotation_id bigint, task_id bigint, text_key text, item_text text, code text, new_name text, annotator text,
    annotated_at timestamptz
  )
  join public.categories c using (code)
  on conflict (annotation_id) do nothing
"""


@dataclass(frozen=True)
class Pulled:
    """What a pull did: tasks that all their annotators answered, and answers that were new among theirs."""

    finished: int
    stored: int


def pull(connection: Connection, client: LabelStudioClient, say: Callable[[str], None] = lambda _: None) -> Pulled:
    """Store the answers to every task that is finished. The connection is in autocommit mode.

    A page of tasks is stored in one piece, so whoever is interrupted goes on with the next pull. An answer counts as it
    was when it was pulled. Skipped tasks, and tasks that somebody added by hand, are left out.
    """
    found = client.find_project(project.TITLE)
    if found is None:
        return Pulled(0, 0)
    finished = stored = 0
    with queue.alone(connection):
        emails = client.emails()
        for page in client.tasks(found["id"]):
            done = [task for task in page if task["is_labeled"] and "text_key" in task["data"]]
            rows = [row for task in done for row in _answers(task, emails)]
            finished += len(done)
            stored += connection.execute(STORE, [Jsonb(rows)]).rowcount
            say(f"{finished} finished tasks, {stored} new answers")
    return Pulled(finished, stored)


def _answers(task: Json, emails: dict[int, str]) -> list[Json]:
    text = task["data"]["text"]
    rows = []
    for annotation in task["annotations"]:
        answer = None if annotation["was_cancelled"] else project.read_answer(text, annotation["result"])
        if answer is None:
            continue
        who = annotation["completed_by"]
        rows.append(
            {
                "annotation_id": annotation["id"],
                "task_id": task["id"],
                "text_key": task["data"]["text_key"],
                "item_text": text,
                "code": answer.code,
                # People type, so it is masked like what was printed.
                "new_name": shown(answer.new_name) or None if answer.new_name else None,
                "annotator": emails.get(who, f"user {who}"),
                "annotated_at": annotation["updated_at"],
            }
        )
    return rows
