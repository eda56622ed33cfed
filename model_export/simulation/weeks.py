"""The loop, week after week: people shop, correct what they notice, and on Monday the model is trained again."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from model_export.classifier import dataset, evaluate, export_onnx, record, train_model, training_distribution
from model_export.registry import CHAMPION, Registry
from model_export.release.store import PublishingStore
from model_export.retrain import compare
from model_export.retrain.job import Job
from model_export.simulation.shoppers import Correction, Purchase, Shoppers
from ocr_service.category.classifier import CategoryClassifier

FIRST_MONDAY = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
USERS = UUID("7b0f7a0e-6a4c-4d55-9d6a-0f5f0a5c1d11")
PARITY_NAMES = 1000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Week:
    """Shares of the week's purchases that the champion, and the model of the beginning, had right; and what came of
    the retraining after it: the report, None where there was nothing new."""

    number: int
    corrections: int
    accuracy: float
    accuracy_at_first: float
    frozen: float
    report: dict[str, Any] | None


@dataclass(frozen=True)
class Simulation:
    """A loop of its own on a database without other users. The clock is simulated, everything else is real."""

    connection: psycopg.Connection[Any]
    registry: Registry
    store: PublishingStore
    users: int = 250
    items: int = 20
    """Names that each user buys in a week."""
    seed: int = 20
    settings: train_model.Settings = field(default_factory=train_model.Settings)
    rules: compare.Rules = field(default_factory=compare.Rules)
    say: Say = lambda _: None

    def weeks(self, number: int) -> Iterator[Week]:
        """Live through so many weeks.

        The first model is trained on four fifths of the product lines and brands; the others are new to it.
        """
        known, unknown = dataset.split(dataset.load())
        shoppers = Shoppers(known, unknown, self.users, self.seed)
        self._sign_up()
        self.say(f"training the first model, on {len(known):,} names")
        first = self._first_model(known)
        champion = first
        for week in range(1, number + 1):
            monday = FIRST_MONDAY + timedelta(weeks=week)
            bought = shoppers.week(self.items)
            shown, at_first = (_predict(model, bought) for model in (champion, first))
            said = shoppers.corrections(bought, shown)
            self._store(said, monday)
            job = Job(
                self.connection, self.registry, self.store, lambda at=monday: at, known,  # type: ignore[misc]
                say=self.say, settings=self.settings, rules=self.rules, parity_names=PARITY_NAMES,
            )  # fmt: skip
            found = job.run()
            yield Week(week, len(said), _right(bought, shown), _right(bought, at_first), _frozen(champion), found)
            if found and found["promoted"]:
                champion = self._load(CHAMPION)

    def _first_model(self, known: Sequence[dataset.Example]) -> CategoryClassifier:
        trained = train_model.train(known, self.settings)
        run = record.start("first", dataset.digest(known), {"names": len(known)})
        record.record(run, evaluate.probabilities_of(trained.pipeline), trained.report)
        metadata = {"data_sha256": dataset.digest(known), "threshold": str(trained.threshold)}
        with tempfile.TemporaryDirectory() as folder:
            export_onnx.export(trained.pipeline, [each.name for each in known[:PARITY_NAMES]], metadata, Path(folder))
            training_distribution.write(Path(folder), known)
            self.registry.set_alias(
                CHAMPION, self.registry.register(run.id, Path(folder), record.metrics(trained.report))
            )
        return self._load(CHAMPION)

    def _load(self, version: str) -> CategoryClassifier:
        with tempfile.TemporaryDirectory() as folder:
            return CategoryClassifier.load(self.registry.folder_of(version, Path(folder)))

    def _sign_up(self) -> None:
        for user in range(self.users):
            query = "insert into auth.users (id, email) values (%s, %s) on conflict do nothing"
            self.connection.execute(query, [_id(user), f"shopper-{user}@example.com"])

    def _store(self, said: Sequence[Correction], monday: datetime) -> None:
        """One after the other over the week before."""
        query = """
          insert into public.user_category_feedback (user_id, item_text, corrected_category_id, created_at)
          select %s, %s, c.id, %s from public.categories c where c.code = %s
        """
        step = timedelta(days=6) / max(1, len(said))
        with self.connection.cursor() as cursor:
            cursor.executemany(
                query,
                [
                    (_id(each.user), each.name, monday - timedelta(days=6) + place * step, each.category)
                    for place, each in enumerate(said)
                ],
            )


def _id(user: int) -> UUID:
    return uuid5(USERS, str(user))


def _predict(model: CategoryClassifier, bought: Sequence[Purchase]) -> list[str]:
    names = sorted({purchase.example.name for purchase in bought})
    codes = {name: answer.code for name, answer in zip(names, model.predict(names), strict=True)}
    return [codes[purchase.example.name] for purchase in bought]


def _right(bought: Sequence[Purchase], predicted: Sequence[str]) -> float:
    return sum(each.example.category == code for each, code in zip(bought, predicted, strict=True)) / len(bought)


def _frozen(model: CategoryClassifier) -> float:
    test = dataset.load_evaluation("test")
    answers = model.predict([example.name for example in test])
    return sum(each.category == answer.code for each, answer in zip(test, answers, strict=True)) / len(test)
