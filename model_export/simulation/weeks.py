"""The simulation: every week users shop and correct categories, and on Monday the model is retrained."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from model_export.classifier import build, dataset, train_model
from model_export.classifier.build import ProgressCallback
from model_export.registry import CHAMPION, Registry
from model_export.release.store import PublishingStore
from model_export.retrain import compare
from model_export.retrain.job import Job
from model_export.simulation.shoppers import Correction, Purchase, Shoppers
from ocr_service.category.classifier import CategoryClassifier

FIRST_MONDAY = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
USERS = UUID("7b0f7a0e-6a4c-4d55-9d6a-0f5f0a5c1d11")
PARITY_NAMES = 1000


@dataclass(frozen=True)
class Week:
    """One simulated week.

    accuracy, accuracy_at_first: share of the week's purchases that the champion and the first model have right.
    frozen: accuracy of the champion on the frozen test names. report: of the retraining after the week; None if there
    was nothing new.
    """

    number: int
    corrections: int
    accuracy: float
    accuracy_at_first: float
    frozen: float
    report: dict[str, Any] | None


@dataclass(frozen=True)
class Simulation:
    """Simulated users on a database of its own. Only the clock and the users are simulated."""

    connection: psycopg.Connection[Any]
    registry: Registry
    store: PublishingStore
    users: int = 250
    items: int = 20
    """Names that each user buys per week."""
    seed: int = 20
    settings: train_model.Settings = field(default_factory=train_model.Settings)
    rules: compare.Rules = field(default_factory=compare.Rules)
    progress: ProgressCallback = lambda _: None

    def weeks(self, number: int) -> Iterator[Week]:
        """Simulate `number` weeks.

        The first model is trained on four fifths of the product lines and brands; the others are new to it.
        """
        familiar, unfamiliar = dataset.split(dataset.load())
        shoppers = Shoppers(familiar, unfamiliar, self.users, self.seed)
        self._sign_up()
        self.progress(f"training the first model, on {len(familiar):,} names")
        first = self._first_model(familiar)
        champion = first
        for week in range(1, number + 1):
            monday = FIRST_MONDAY + timedelta(weeks=week)
            purchases = shoppers.week(self.items)
            predictions, at_first = (_predict(model, purchases) for model in (champion, first))
            corrections = shoppers.corrections(purchases, predictions)
            self._store(corrections, monday)
            job = Job(
                self.connection, self.registry, self.store, lambda at=monday: at, familiar,  # type: ignore[misc]
                progress=self.progress, settings=self.settings, rules=self.rules, parity_names=PARITY_NAMES,
            )  # fmt: skip
            report = job.run()
            yield Week(
                week,
                len(corrections),
                _accuracy(purchases, predictions),
                _accuracy(purchases, at_first),
                _frozen_accuracy(champion),
                report,
            )
            if report and report["promoted"]:
                champion = self._load(CHAMPION)

    def _first_model(self, examples: Sequence[dataset.Example]) -> CategoryClassifier:
        run = build.start_run("first", examples, self.settings)
        parity_names = [example.name for example in examples[:PARITY_NAMES]]
        with tempfile.TemporaryDirectory() as folder:
            version = build.build(self.registry, run, examples, self.settings, Path(folder), parity_names=parity_names)
        self.registry.set_alias(CHAMPION, version)
        return self._load(CHAMPION)

    def _load(self, version: str) -> CategoryClassifier:
        with tempfile.TemporaryDirectory() as folder:
            return CategoryClassifier.load(self.registry.folder_of(version, Path(folder)))

    def _sign_up(self) -> None:
        for user in range(self.users):
            query = "insert into auth.users (id, email) values (%s, %s) on conflict do nothing"
            self.connection.execute(query, [_id(user), f"shopper-{user}@example.com"])

    def _store(self, corrections: Sequence[Correction], monday: datetime) -> None:
        """Insert the corrections, spread evenly over the week before `monday`."""
        query = """
          insert into public.user_category_feedback (user_id, item_text, corrected_category_id, created_at)
          select %s, %s, c.id, %s from public.categories c where c.code = %s
        """
        step = timedelta(days=6) / max(1, len(corrections))
        with self.connection.cursor() as cursor:
            cursor.executemany(
                query,
                [
                    (_id(each.user), each.name, monday - timedelta(days=6) + place * step, each.category)
                    for place, each in enumerate(corrections)
                ],
            )


def _id(user: int) -> UUID:
    return uuid5(USERS, str(user))


def _predict(model: CategoryClassifier, purchases: Sequence[Purchase]) -> list[str]:
    names = sorted({purchase.example.name for purchase in purchases})
    codes = {name: answer.code for name, answer in zip(names, model.predict(names), strict=True)}
    return [codes[purchase.example.name] for purchase in purchases]


def _accuracy(purchases: Sequence[Purchase], codes: Sequence[str]) -> float:
    return sum(each.example.category == code for each, code in zip(purchases, codes, strict=True)) / len(purchases)


def _frozen_accuracy(model: CategoryClassifier) -> float:
    test = dataset.load_evaluation("test")
    answers = model.predict([example.name for example in test])
    return sum(each.category == answer.code for each, answer in zip(test, answers, strict=True)) / len(test)
