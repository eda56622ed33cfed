"""Crops of corrected lines in Label Studio: annotators type what is printed, with what the recogniser reads as a start.

A crop is part of its task. So a task goes with its sample, when the user withdraws the consent or the crop's time ends,
and when it is finished.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import NamedTuple
from uuid import UUID
from xml.etree import ElementTree as Xml

import psycopg
from psycopg.rows import class_row, tuple_row

from model_export.annotation import queue
from model_export.annotation.label_studio import Json, LabelStudioClient
from model_export.annotation.queue import Connection
from ocr_service.parsing.masking import mask

TITLE = "장보기 줄 받아쓰기"
INSTRUCTION = """\
<p>영수증에서 잘라 낸 한 줄입니다. 인쇄된 그대로 적어 주세요. 미리 적힌 글은 모델이 읽은 것이며 틀릴 수 있습니다.</p>
<ul>
<li>띄어쓰기는 보이는 대로, 없는 글자는 짐작해 적지 마세요.</li>
<li>읽을 수 없거나 사람 이름·전화번호가 보이면 <b>건너뛰기(Skip)</b>를 누르세요.</li>
</ul>"""
PREDICTED_BY = "recogniser"
IMAGE, TEXT = "image", "text"
LONGEST = 500

TASKS = "select sample_id, png, line_text from private.reading_tasks(%s)"
MARK = "select private.mark_reading_tasks(%s::uuid[])"
STORE = """
  insert into public.line_transcriptions (annotation_id, task_id, sample_id, line_text, annotator, annotated_at)
  values (%s, %s, %s, %s, %s, %s)
  on conflict (annotation_id) do nothing
"""
STORED = """
  select distinct on (sample_id, annotator) sample_id::text, line_text
  from public.line_transcriptions
  order by sample_id, annotator, annotation_id desc
"""


BATCH = 50
"""Crops per import: 65 kB each at most."""


@dataclass
class ExchangeResult:
    """Numbers of an exchange.

    pushed: new tasks. stored: new transcriptions. withdrawn: tasks that were deleted because their samples are gone.
    finished: tasks that were deleted because their transcriptions are stored. set_aside: ids of tasks that are not
    readable, which stay until a person looks at them.
    """

    pushed: int = 0
    stored: int = 0
    withdrawn: int = 0
    finished: int = 0
    set_aside: set[int] = field(default_factory=set)


class _Crop(NamedTuple):
    sample_id: UUID
    png: bytes
    line_text: str


def configuration() -> str:
    """Label Studio's XML configuration."""
    view = Xml.Element("View")
    Xml.SubElement(view, "Image", name=IMAGE, value="$image", zoom="true")
    Xml.SubElement(
        view, "TextArea", name=TEXT, toName=IMAGE, maxSubmissions="1", editable="true", required="true", rows="1"
    )
    return Xml.tostring(view, encoding="unicode")


def exchange(connection: Connection, client: LabelStudioClient, limit: int, overlap: int) -> ExchangeResult:
    """Delete tasks whose samples are gone, store and delete finished ones, and push at most `limit` new crops.

    What users withdrew goes first, whatever fails afterwards. Each crop is shown to `overlap` annotators. Idempotent,
    also when interrupted. The connection is in autocommit mode.
    """
    result = ExchangeResult()
    with queue.exclusive_lock(connection):
        project_id = _ensure_project(client, overlap)
        withdraw = partial(_withdraw, connection, client, result)
        client.visit_tasks(project_id, withdraw)
        client.visit_tasks(project_id, partial(_finish, connection, client, client.emails(), result))
        while result.pushed < limit and (crops := _due(connection, min(BATCH, limit - result.pushed))):
            client.import_tasks(project_id, [_task(crop) for crop in crops])
            result.pushed += len(crops)
            if len(_mark(connection, [crop.sample_id for crop in crops])) < len(crops):
                client.visit_tasks(project_id, withdraw)  # withdrawn while they were pushed
    return result


def _withdraw(connection: Connection, client: LabelStudioClient, result: ExchangeResult, tasks: Sequence[Json]) -> int:
    """Delete those of `tasks` whose samples are gone. Marks the others, of which an interrupted push may not have."""
    samples = {task["id"]: sample for task in tasks if (sample := _sample(task))}
    kept = _mark(connection, samples.values())
    gone = [task_id for task_id, sample in samples.items() if sample not in kept]
    for task_id in gone:
        client.delete_task(task_id)
    result.withdrawn += len(gone)
    return len(gone)


def _finish(
    connection: Connection,
    client: LabelStudioClient,
    emails: Mapping[int, str],
    result: ExchangeResult,
    tasks: Sequence[Json],
) -> int:
    """Store the transcriptions of the finished ones of `tasks`, and delete these tasks."""
    done = []
    for task in tasks:
        sample = _sample(task)
        if sample is None:
            result.set_aside.add(task["id"])
        elif task["is_labeled"]:
            try:
                with connection.transaction():
                    # Marking locks the sample until its transcriptions are stored.
                    kept = task["annotations"] if _mark(connection, [sample]) else []
                    stored = sum(_store(connection, task["id"], sample, each, emails) for each in kept)
            except (ValueError, LookupError, TypeError, AttributeError, psycopg.DataError, psycopg.IntegrityError):
                result.set_aside.add(task["id"])
            else:
                result.stored += stored
                done.append(task["id"])
    for task_id in done:
        client.delete_task(task_id)
    result.finished += len(done)
    return len(done)


def agreement(connection: Connection) -> tuple[int, float | None]:
    """The number of transcribed lines, and the share of pairs of transcriptions that are equal, spaces aside."""
    texts: dict[str, list[str]] = defaultdict(list)
    with connection.cursor(row_factory=tuple_row) as cursor:
        for sample_id, text in cursor.execute(STORED):
            texts[sample_id].append("".join(text.split()))
    pairs = [one == other for group in texts.values() for one, other in combinations(group, 2)]
    return len(texts), sum(pairs) / len(pairs) if pairs else None


def _ensure_project(client: LabelStudioClient, overlap: int) -> int:
    settings: Json = {
        "label_config": configuration(),
        "maximum_annotations": overlap,
        "expert_instruction": INSTRUCTION,
        "show_instruction": True,
        "show_collab_predictions": True,
        "model_version": PREDICTED_BY,
        "enable_empty_annotation": False,
    }
    project = client.find_project(TITLE)
    if project is None:
        return int(client.create_project({"title": TITLE, **settings})["id"])
    if any(project.get(name) != value for name, value in settings.items()):
        client.update_project(project["id"], settings)
    return int(project["id"])


def _task(crop: _Crop) -> Json:
    start = {"from_name": TEXT, "to_name": IMAGE, "type": "textarea", "value": {"text": [crop.line_text]}}
    return {
        "data": {
            "image": f"data:image/png;base64,{base64.b64encode(crop.png).decode()}",
            "sample_id": str(crop.sample_id),
        },
        "predictions": [{"model_version": PREDICTED_BY, "result": [start]}],
    }


def _sample(task: Json) -> UUID | None:
    """The sample that a task shows; None for one that is not ours, or no longer readable."""
    try:
        return UUID(task["data"]["sample_id"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _store(connection: Connection, task_id: int, sample: UUID, annotation: Json, emails: Mapping[int, str]) -> int:
    """Store an annotation unless it was skipped or contains personal data; returns the number of new rows."""
    values = [part["value"] for part in annotation["result"] if part["from_name"] == TEXT]
    text = " ".join(line for value in values for line in value.get("text", [])).strip()[:LONGEST]
    if annotation.get("was_cancelled") or not text or mask(text) != text:
        return 0
    user_id = annotation["completed_by"]
    annotator = emails.get(user_id, f"user {user_id}")
    row = [annotation["id"], task_id, sample, text, annotator, annotation["updated_at"]]
    return connection.execute(STORE, row).rowcount


def _due(connection: Connection, number: int) -> list[_Crop]:
    with connection.cursor(row_factory=class_row(_Crop)) as cursor:
        return cursor.execute(TASKS, [number]).fetchall()


def _mark(connection: Connection, samples: Collection[UUID]) -> set[UUID]:
    """Mark samples as pushed; returns those that still exist."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return {row[0] for row in cursor.execute(MARK, [sorted(set(samples))])}
