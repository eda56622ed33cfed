"""Pushes questions to Label Studio as tasks, each once, mixed with gold questions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from model_export.annotation import audit, project, queue
from model_export.annotation.label_studio import LabelStudioClient
from model_export.annotation.queue import Connection, Question
from model_export.classifier import dataset
from ocr_service.category.classifier import CategoryClassifier, Prediction

BATCH = 100
"""Tasks per import; an interrupted push repeats at most one batch."""


@dataclass(frozen=True)
class Settings:
    """How many names are asked, and how many annotators see each."""

    limit: int = 500
    """Maximum number of names per push, gold questions not included."""
    overlap: int = 2
    """Annotators per task."""
    gold_share: float = 0.1
    """Gold questions per name; 0 disables them."""
    rounds: int = 3
    """Maximum number of times a name is asked."""
    audit: int = 100
    """Line items of each week that are drawn at random, to measure accuracy; 0 for none."""
    audit_held_out: int = 200
    """Further line items of each week whose names no model is trained on, to compare models."""


@dataclass(frozen=True)
class PushResult:
    """Number of audited items, of other new names in the queue, of created tasks, and of gold questions among these."""

    audited: int
    collected: int
    tasks: int
    gold: int


def push(
    connection: Connection,
    client: LabelStudioClient,
    model: CategoryClassifier,
    settings: Settings,
    now: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> PushResult:
    """Fill the queue and push its most frequent names, audited ones first. The connection is in autocommit mode.

    Idempotent, also when interrupted: text key and round identify a task, so the next push marks a task that was
    imported but not yet marked as pushed, and does not import it again.
    """
    with queue.exclusive_lock(connection):
        labels = queue.labels(connection)
        project_id = project.ensure(client, labels, settings.overlap)
        audited = audit.sample(connection, now, settings.audit, settings.audit_held_out)
        collected = queue.collect(connection, model)
        questions = queue.pending(connection, settings.limit, settings.rounds)
        gold = _gold(connection, len(questions), settings.gold_share)
        mixed = _mix(questions, gold)
        progress(
            f"{len(questions)} names and {len(gold)} gold questions to push"
            if questions
            else "nothing to annotate: no audited, low-confidence or disputed names"
        )
        existing = {_identity(task["data"]) for page in client.tasks(project_id) for task in page}
        created = 0
        codes = {label.id: label.code for label in labels}
        for start in range(0, len(mixed), BATCH):
            batch = mixed[start : start + BATCH]
            guesses = model.predict([question.item_text for question in batch])
            tasks = [
                project.task(
                    question.item_text,
                    question.text_key,
                    question.round,
                    *_suggestion(question, guess, codes),
                    model.version,
                )
                for question, guess in zip(batch, guesses, strict=True)
                if (question.text_key, question.round) not in existing
            ]
            if tasks:
                client.import_tasks(project_id, tasks)
            created += len(tasks)
            queue.mark_pushed(
                connection,
                [(q.text_key, guess.code, guess.confidence) for q, guess in zip(batch, guesses, strict=True)],
            )
            progress(f"{start + len(batch)} of {len(mixed)}")
        return PushResult(audited, collected, created, len(gold))


def _gold(connection: Connection, questions: int, share: float) -> list[Question]:
    """Names with a known category that no model is trained on, `share` per question."""
    number = round(questions * share)
    if number == 0:
        return []
    queue.add_gold(connection, [(example.name, example.category) for example in dataset.load_evaluation("dev")])
    return queue.pending_gold(connection, number)


def _mix(questions: Sequence[Question], gold: Sequence[Question]) -> list[Question]:
    """The gold questions at even distances: annotators get tasks in this order and cannot recognise them."""

    def places() -> Iterator[tuple[float, Question]]:
        for group in (questions, gold):
            for index, question in enumerate(group):
                yield (index + 0.5) / len(group), question

    return [question for _, question in sorted(places(), key=lambda place: place[0])]


def _suggestion(question: Question, guess: Prediction, codes: dict[int, str]) -> tuple[str, float]:
    """The suggested code and its confidence: the model's prediction, but a wrong one for half of the gold questions.

    An annotator who only confirms suggestions thus gets half of the gold questions wrong.
    """
    if question.gold_category_id is None:
        return guess.code, guess.confidence
    right = codes[question.gold_category_id]
    if hashlib.sha256(question.text_key.encode()).digest()[0] % 2:
        return right, guess.confidence
    wrong = next(code for code in (guess.code, *(code for code, _ in guess.alternatives)) if code != right)
    return wrong, guess.confidence


def _identity(data: dict[str, object]) -> tuple[object, object]:
    return data.get("text_key"), data.get("round")
