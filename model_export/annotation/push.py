"""Questions become tasks of Label Studio, each once, with gold questions among them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from model_export.annotation import project, queue
from model_export.annotation.label_studio import LabelStudioClient
from model_export.annotation.queue import Connection, Question
from model_export.classifier import dataset
from ocr_service.category.classifier import CategoryClassifier, Prediction

BATCH = 100
"""Tasks in one import, and what a push that dies has to find again."""


@dataclass(frozen=True)
class Settings:
    """How much is asked, and of how many people."""

    limit: int = 500
    """Names in one push, beside the gold questions."""
    overlap: int = 2
    """Annotators who see each task."""
    gold_share: float = 0.1
    """Gold questions for each name; 0 for none."""
    rounds: int = 3
    """How often a name is asked at most."""


@dataclass(frozen=True)
class Pushed:
    """What a push did: names that were new to the queue, tasks made, gold questions among them."""

    collected: int
    tasks: int
    gold: int


def push(
    connection: Connection,
    client: LabelStudioClient,
    model: CategoryClassifier,
    settings: Settings,
    say: Callable[[str], None] = lambda _: None,
) -> Pushed:
    """Fill the queue and send the most frequent names that wait. The connection is in autocommit mode.

    Safe to repeat and to interrupt: a task is known by its text key and round, so that one that was imported without
    being noted is noted by the next push, and not imported again.
    """
    with queue.alone(connection):
        labels = queue.labels(connection)
        project_id = project.ensure(client, labels, settings.overlap)
        collected = queue.collect(connection, model)
        questions = queue.waiting(connection, settings.limit, settings.rounds)
        gold = _gold(connection, len(questions), settings.gold_share)
        mixed = _mix(questions, gold)
        say(
            f"{len(questions)} names and {len(gold)} gold questions to send"
            if questions
            else "no name waits: the model is sure of what it read, and users dispute none of it"
        )
        there = {_identity(task["data"]) for page in client.tasks(project_id) for task in page}
        made = 0
        codes = {label.id: label.code for label in labels}
        for start in range(0, len(mixed), BATCH):
            batch = mixed[start : start + BATCH]
            guesses = model.predict([question.item_text for question in batch])
            tasks = [
                project.task(
                    question.item_text,
                    question.text_key,
                    question.round,
                    *_shown_guess(question, guess, codes),
                    model.version,
                )
                for question, guess in zip(batch, guesses, strict=True)
                if (question.text_key, question.round) not in there
            ]
            if tasks:
                client.import_tasks(project_id, tasks)
            made += len(tasks)
            queue.mark_pushed(
                connection,
                [(q.text_key, guess.code, guess.confidence) for q, guess in zip(batch, guesses, strict=True)],
            )
            say(f"{start + len(batch)} of {len(mixed)}")
        return Pushed(collected, made, len(gold))


def _gold(connection: Connection, questions: int, share: float) -> list[Question]:
    """Names with a known category that no model was trained on, `share` for each name that is asked."""
    number = round(questions * share)
    if number == 0:
        return []
    queue.add_gold(connection, [(example.name, example.category) for example in dataset.load_evaluation("dev")])
    return queue.waiting_gold(connection, number)


def _mix(questions: Sequence[Question], gold: Sequence[Question]) -> list[Question]:
    """The gold questions at even distances: annotators get tasks in this order and cannot tell them apart."""

    def places() -> Iterator[tuple[float, Question]]:
        for group in (questions, gold):
            for index, question in enumerate(group):
                yield (index + 0.5) / len(group), question

    return [question for _, question in sorted(places(), key=lambda place: place[0])]


def _shown_guess(question: Question, guess: Prediction, codes: dict[int, str]) -> tuple[str, float]:
    """The pre-annotation: what the model says, but for every other gold question something wrong.

    So somebody who only confirms what is there gets half of the gold questions wrong.
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
