"""The simulation: every week users shop and correct, annotators answer, and on Monday a model is retrained."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg

from model_export.annotation import audit, queue
from model_export.classifier import build, dataset, train_model
from model_export.classifier.build import ProgressCallback
from model_export.registry import CHAMPION, Registry
from model_export.release.store import PublishingStore
from model_export.retrain import compare
from model_export.retrain.job import Job
from model_export.simulation.proportion import Proportion
from model_export.simulation.reading import BOUGHT, Readers, ReadWeek
from model_export.simulation.shoppers import Correction, Purchase, Shoppers
from ocr_service.category.classifier import CategoryClassifier

FIRST_MONDAY = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
USERS = UUID("7b0f7a0e-6a4c-4d55-9d6a-0f5f0a5c1d11")
PARITY_NAMES = 1000
COLLUSION_WEEK, COLLUDERS, CONSPIRED_NAMES = 5, 2, 90
"""In this week two established accounts call everything of a brand alcohol."""
TARGET = "새벽들"
"""That brand, which does not exist."""

INSERT_USERS = """
  insert into auth.users (id, email, created_at, email_confirmed_at)
  select u, 'shopper-' || n || '@example.com', %(at)s - n * interval '1 hour', %(at)s - n * interval '1 hour'
  from unnest(%(users)s::uuid[]) with ordinality t (u, n)
  on conflict do nothing
"""
INSERT_RECEIPTS = """
  insert into public.receipts (
    id, user_id, bucket, object_path, object_version, status, created_at, processed_at, store_name, purchased_at, total,
    model_versions
  )
  select r, u, 'ocr', r || '.jpg', '1', 'done', %(at)s, %(at)s, u::text, (%(at)s::timestamptz)::timestamp, 1000,
    jsonb_build_object('category', %(model)s::text, 'recognition', %(recogniser)s::text)
  from unnest(%(receipts)s::uuid[], %(users)s::uuid[]) t (r, u)
"""
INSERT_ITEMS = """
  insert into public.receipt_items (
    receipt_id, line_no, raw_text, predicted_name, name, kind, predicted_category_id, category_id, confidence, status,
    decided_by
  )
  select r, n, t, t, t, 'food', p.id, c.id, s, 'added', case when p.id = c.id then 'model' else 'user' end
  from unnest(
    %(receipts)s::uuid[], %(lines)s::integer[], %(texts)s::text[], %(predicted)s::text[], %(chosen)s::text[],
    %(confidences)s::real[]
  ) i (r, n, t, predicted, chosen, s)
  join public.categories p on p.code = i.predicted
  join public.categories c on c.code = i.chosen
"""
INSERT_CORRECTIONS = """
  insert into public.user_category_feedback
    (user_id, item_text, predicted_category_id, corrected_category_id, created_at)
  select u, t, p.id, c.id, %(from)s::timestamptz + n * %(step)s::interval
  from unnest(%(users)s::uuid[], %(texts)s::text[], %(predicted)s::text[], %(chosen)s::text[])
    with ordinality f (u, t, predicted, chosen, n)
  join public.categories p on p.code = f.predicted
  join public.categories c on c.code = f.chosen
"""
INSERT_ANSWERS = """
  insert into public.item_annotations (
    annotation_id, task_id, text_key, item_text, category_id, annotator, annotated_at, status, judged_at
  )
  select last.id + 2 * a.n + person, last.id + 2 * a.n, a.k, a.t, c.id, 'annotator ' || person, %(at)s, 'accepted',
    %(at)s
  from unnest(%(keys)s::text[], %(texts)s::text[], %(codes)s::text[]) with ordinality a (k, t, code, n)
  join public.categories c on c.code = a.code
  cross join generate_series(0, 1) person
  cross join (select coalesce(max(annotation_id), 0) as id from public.item_annotations) last
"""
ACCURACY = """
  select count(*), count(*) filter (where predicted_code = category_code)
  from public.finished_audits where week = %s and is_random
"""


@dataclass(frozen=True)
class Week:
    """One simulated week.

    accuracy, accuracy_at_first: share of the week's purchases that the champion and the first model have right.
    audited: the accuracy that the audit sample shows, with the bounds of its 95 % interval. frozen: accuracy of the
    champion on the frozen test names. report: of the retraining after the week; None if there was nothing new.
    reading: of the printed names of users who consented.
    """

    number: int
    corrections: int
    accuracy: float
    accuracy_at_first: float
    audited: Proportion
    frozen: float
    report: dict[str, Any] | None
    reading: ReadWeek


@dataclass(frozen=True)
class Simulation:
    """Simulated users and annotators on a database of its own. Only the clock and the people are simulated."""

    connection: psycopg.Connection[Any]
    registry: Registry
    store: PublishingStore
    font: Path
    """Of the tills."""
    recogniser: Registry
    recogniser_store: PublishingStore
    users: int = 250
    consenting: int = 8
    """Users who agree that lines whose names they correct are kept; their receipts are really read."""
    items: int = 20
    """Names that each user buys per week."""
    annotated: int = 400
    """Names that annotators decide per week."""
    audited: tuple[int, int] = (150, 300)
    """Items that are drawn per week: of all, and of those with held-out names."""
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
        readers = Readers(
            self.connection, self.recogniser, self.recogniser_store, [_id(user) for user in range(self.consenting)],
            self.font, self.seed, self.progress,
        )  # fmt: skip
        readers.consent(FIRST_MONDAY - timedelta(days=60))
        self.progress(f"training the first model, on {len(familiar):,} names")
        first = self._first_model(familiar)
        champion = first
        truth: dict[str, str] = {}
        for week in range(1, number + 1):
            monday = FIRST_MONDAY + timedelta(weeks=week)
            purchases = shoppers.week(week, self.items)
            truth |= {queue.presentable(each.example.name): each.example.category for each in purchases}
            predictions, at_first = (_predict(model, purchases) for model in (champion, first))
            codes = [code for code, _ in predictions]
            corrections = shoppers.corrections(purchases, codes)
            receipts = self._store(champion.version, readers.model, purchases, predictions, corrections, monday)
            printed = [
                [each.example.name for each in purchases if each.user == user] for user in range(self.consenting)
            ]
            reading = readers.week(week, receipts[: self.consenting], printed, monday)
            if week == COLLUSION_WEEK:
                self._collude(familiar, monday)
            self._annotate(champion, truth, monday)
            job = Job(
                self.connection, self.registry, self.store, lambda at=monday: at,  # type: ignore[misc]
                base=familiar, progress=self.progress, settings=self.settings, rules=self.rules,
                parity_names=PARITY_NAMES,
            )  # fmt: skip
            report = job.run()
            yield Week(
                week,
                len(corrections),
                _accuracy(purchases, codes),
                _accuracy(purchases, [code for code, _ in at_first]),
                self._audited_accuracy(monday),
                _frozen_accuracy(champion),
                report,
                reading,
            )
            if report and report["outcome"] == "promoted":
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
        """All accounts, the colluders' too, are two months old and have had three receipts read."""
        users = [_id(user) for user in range(self.users + COLLUDERS)]
        self.connection.execute(INSERT_USERS, {"users": users, "at": FIRST_MONDAY - timedelta(days=60)})
        for week in range(3):
            self._receipts(users, FIRST_MONDAY - timedelta(weeks=3 - week), "", "")

    def _receipts(self, users: Sequence[UUID], at: datetime, model: str, recogniser: str) -> list[UUID]:
        """A receipt of each user, read at that time by these models."""
        receipts = [uuid5(user, at.isoformat()) for user in users]
        arguments = {"receipts": receipts, "users": list(users), "at": at, "model": model, "recogniser": recogniser}
        self.connection.execute(INSERT_RECEIPTS, arguments)
        return receipts

    def _store(
        self,
        model: str,
        recogniser: str,
        purchases: Sequence[Purchase],
        predictions: Sequence[tuple[str, float]],
        corrections: Sequence[Correction],
        monday: datetime,
    ) -> list[UUID]:
        """Receipts with all line items, most of which users leave alone, and the corrections of the others."""
        chosen = {(each.user, each.name): each.category for each in corrections}
        receipts = self._receipts([_id(user) for user in range(self.users)], monday - BOUGHT, model, recogniser)
        names = [each.example.name for each in purchases]
        codes = [code for code, _ in predictions]
        users = [each.user for each in purchases]
        self.connection.execute(
            INSERT_ITEMS,
            {
                "receipts": [receipts[user] for user in users],
                "lines": [place % self.items + 1 for place in range(len(purchases))],
                "texts": names,
                "predicted": codes,
                "chosen": [
                    chosen.get((user, name), code) for user, name, code in zip(users, names, codes, strict=True)
                ],
                "confidences": [confidence for _, confidence in predictions],
            },
        )
        predicted = dict(zip(names, codes, strict=True))
        self._correct(corrections, [predicted[each.name] for each in corrections], monday)
        return receipts

    def _collude(self, familiar: Sequence[dataset.Example], monday: datetime) -> None:
        fresh = [each for each in familiar if each.category in ("vegetable", "fruit", "dairy", "meat")]
        names = [f"{TARGET} {example.name}" for example in fresh[:: len(fresh) // CONSPIRED_NAMES]][:CONSPIRED_NAMES]
        votes = [Correction(self.users + place, name, "alcohol") for place in range(COLLUDERS) for name in names]
        self._correct(votes, ["vegetable"] * len(votes), monday)

    def _correct(self, corrections: Sequence[Correction], predicted: Sequence[str], monday: datetime) -> None:
        """Corrections, spread evenly over the week before `monday`."""
        self.connection.execute(
            INSERT_CORRECTIONS,
            {
                "users": [_id(each.user) for each in corrections],
                "texts": [each.name for each in corrections],
                "predicted": list(predicted),
                "chosen": [each.category for each in corrections],
                "from": monday - timedelta(days=6),
                "step": timedelta(days=6) / max(1, len(corrections)),
            },
        )

    def _annotate(self, model: CategoryClassifier, truth: dict[str, str], monday: datetime) -> None:
        """The audit is drawn, and annotators decide what waits; they know the products that are really sold."""
        audit.sample(self.connection, monday, *self.audited)
        queue.collect(self.connection, model)
        questions = [each for each in queue.pending(self.connection, self.annotated, 3) if each.item_text in truth]
        self.connection.execute(
            INSERT_ANSWERS,
            {
                "keys": [each.text_key for each in questions],
                "texts": [each.item_text for each in questions],
                "codes": [truth[each.item_text] for each in questions],
                "at": monday - timedelta(hours=1),
            },
        )
        queue.mark_pushed(self.connection, [(each.text_key, truth[each.item_text], 1.0) for each in questions])

    def _audited_accuracy(self, monday: datetime) -> Proportion:
        names, right = self.connection.execute(ACCURACY, [audit.last_week(monday)]).fetchone() or (0, 0)
        return Proportion.of(right, names)


def _id(user: int) -> UUID:
    return uuid5(USERS, str(user))


def _predict(model: CategoryClassifier, purchases: Sequence[Purchase]) -> list[tuple[str, float]]:
    names = sorted({purchase.example.name for purchase in purchases})
    answers = {name: (each.code, each.confidence) for name, each in zip(names, model.predict(names), strict=True)}
    return [answers[purchase.example.name] for purchase in purchases]


def _accuracy(purchases: Sequence[Purchase], codes: Sequence[str]) -> float:
    return sum(each.example.category == code for each, code in zip(purchases, codes, strict=True)) / len(purchases)


def _frozen_accuracy(model: CategoryClassifier) -> float:
    test = dataset.load_evaluation("test")
    answers = model.predict([example.name for example in test])
    return sum(each.category == answer.code for each, answer in zip(test, answers, strict=True)) / len(test)
