"""Crops of corrected lines in Label Studio: annotators type what is printed, with what the recogniser reads as a start.

A crop is part of its task. So a task goes with its sample, when the user withdraws the consent or the crop's time ends.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple
from uuid import UUID
from xml.etree import ElementTree as Xml

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


@dataclass(frozen=True)
class ExchangeResult:
    """Number of new tasks, of new transcriptions, and of tasks that were deleted with their samples."""

    pushed: int
    stored: int
    deleted: int


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
    """Delete tasks whose samples are gone, store finished transcriptions, and push at most `limit` new crops.

    Each crop is shown to `overlap` annotators. Idempotent, also when interrupted. The connection is in autocommit mode.
    """
    with queue.exclusive_lock(connection):
        project_id = _ensure_project(client, overlap)
        emails = client.emails()
        tasks = [task for page in client.tasks(project_id) for task in page if "sample_id" in task["data"]]
        stored = 0
        with connection.transaction():
            # Marking locks the samples until their transcriptions are stored.
            kept = _mark(connection, (task["data"]["sample_id"] for task in tasks))
            for task in tasks:
                if task["data"]["sample_id"] in kept and task["is_labeled"]:
                    stored += sum(_store(connection, task, annotation, emails) for annotation in task["annotations"])
        gone = [task for task in tasks if task["data"]["sample_id"] not in kept]
        for task in gone:
            client.delete_task(task["id"])
        with connection.cursor(row_factory=class_row(_Crop)) as cursor:
            crops = cursor.execute(TASKS, [limit]).fetchall()
        if crops:
            client.import_tasks(project_id, [_task(crop) for crop in crops])
            _mark(connection, (str(crop.sample_id) for crop in crops))
    return ExchangeResult(len(crops), stored, len(gone))


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


def _store(connection: Connection, task: Json, annotation: Json, emails: dict[int, str]) -> int:
    """Store an annotation unless it was skipped or contains personal data; returns the number of new rows."""
    values = [part["value"] for part in annotation["result"] if part["from_name"] == TEXT]
    text = " ".join(line for value in values for line in value.get("text", [])).strip()[:LONGEST]
    if annotation.get("was_cancelled") or not text or mask(text) != text:
        return 0
    user_id = annotation["completed_by"]
    annotator = emails.get(user_id, f"user {user_id}")
    row = [annotation["id"], task["id"], task["data"]["sample_id"], text, annotator, annotation["updated_at"]]
    return connection.execute(STORE, row).rowcount


def _mark(connection: Connection, samples: Iterable[str]) -> set[str]:
    """Mark samples as pushed; returns those that still exist."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return {str(row[0]) for row in cursor.execute(MARK, [sorted(set(samples))])}
