"""Pulls finished tasks from Label Studio, one row per annotator and task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from model_export.annotation import project, queue
from model_export.annotation.label_studio import Json, LabelStudioClient
from model_export.annotation.queue import Connection, presentable

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
class PullResult:
    """Number of finished tasks, and of new answers to them."""

    finished: int
    stored: int


def pull(
    connection: Connection, client: LabelStudioClient, progress: Callable[[str], None] = lambda _: None
) -> PullResult:
    """Store the answers to all finished tasks. The connection is in autocommit mode.

    Each page of tasks is stored atomically, so an interrupted pull is completed by the next one. Later changes of a
    pulled answer are ignored, as are skipped tasks and tasks that were added by hand.
    """
    label_studio_project = client.find_project(project.TITLE)
    if label_studio_project is None:
        return PullResult(0, 0)
    finished = stored = 0
    with queue.exclusive_lock(connection):
        emails = client.emails()
        for page in client.tasks(label_studio_project["id"]):
            tasks = [task for task in page if task["is_labeled"] and "text_key" in task["data"]]
            rows = [row for task in tasks for row in _answers(task, emails)]
            finished += len(tasks)
            stored += connection.execute(STORE, [Jsonb(rows)]).rowcount
            progress(f"{finished} finished tasks, {stored} new answers")
    return PullResult(finished, stored)


def _answers(task: Json, emails: dict[int, str]) -> list[Json]:
    text = task["data"]["text"]
    rows = []
    for annotation in task["annotations"]:
        answer = None if annotation["was_cancelled"] else project.read_answer(text, annotation["result"])
        if answer is None:
            continue
        user_id = annotation["completed_by"]
        rows.append(
            {
                "annotation_id": annotation["id"],
                "task_id": task["id"],
                "text_key": task["data"]["text_key"],
                "item_text": text,
                "code": answer.code,
                # Annotators may type personal data, so the name is masked like printed ones.
                "new_name": presentable(answer.new_name) or None if answer.new_name else None,
                "annotator": emails.get(user_id, f"user {user_id}"),
                "annotated_at": annotation["updated_at"],
            }
        )
    return rows
