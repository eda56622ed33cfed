"""Retraining of the category model, on users' votes and annotations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from model_export.classifier import build, dataset, mlflow_report, train_model
from model_export.classifier.dataset import Example, core
from model_export.retrain import champion, compare, flips, report, sources, state
from model_export.retrain.data import Data, frozen_names, gather
from model_export.retrain.retraining import Retraining
from model_export.retrain.state import RetrainingRun
from model_export.retrain.votes import Limits
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.releases.manifest import Kind


@dataclass(frozen=True)
class Job(Retraining[Data]):
    """Inputs and settings.

    base: the hand-made names. parity_names: number of names on which the exported model must equal the trained one;
    None for all.
    """

    kind: ClassVar[Kind] = "category"
    base: Sequence[Example] = field(default_factory=dataset.load)
    settings: train_model.Settings = field(default_factory=train_model.Settings)
    limits: Limits = field(default_factory=Limits)
    rules: compare.Rules = field(default_factory=compare.Rules)
    parity_names: int | None = None

    def gather(self, until: datetime, former: Path) -> Data:
        """See `Retraining`."""
        model = CategoryClassifier.load(former)

        def predict(names: Sequence[str]) -> list[tuple[str, float]]:
            return [(answer.code, answer.confidence) for answer in model.predict(names)]

        return gather(self.connection, until, self.base, self.limits, predict)

    def is_worth_training(self, data: Data) -> bool:
        """See `Retraining`."""
        if queued := sources.queue(self.connection, data.votes.conflicts):
            self.progress(f"{queued} names that users may not decide queued for annotation")
        return bool(data.learned)

    def train(self, row: RetrainingRun, data: Data, former: Path, folder: Path) -> str:
        """See `Retraining`."""
        examples = data.training
        self.progress(f"training on {len(data.base):,} hand-made and {len(data.learned):,} learned names")
        parameters = {"learned": len(data.learned)}
        run = build.start_run("retraining", examples, self.settings, parameters, row.mlflow_run_id or "")
        state.store_progress(self.connection, row, mlflow_run_id=run.id)
        learned = "".join(f"{example.category}\t{example.name}\n" for example in data.learned)
        run.log_texts({champion.LEARNED_FILE: learned})
        mlflow_report.log_datasets(run, {"hand-made names": data.base, "learned names": data.learned}, "training")
        mlflow_report.log_datasets(run, {"audited held-out names": data.audited}, "evaluation")
        return build.build(
            self.registry,
            run,
            examples,
            self.settings,
            folder,
            parity_names=[e.name for e in (*data.learned, *examples)][: self.parity_names],
            progress=self.progress,
        )

    def judge(self, row: RetrainingRun, version: str, data: Data, former: Path, folder: Path) -> dict[str, Any]:
        """See `Retraining`."""
        before_model, after_model = CategoryClassifier.load(former), CategoryClassifier.load(folder)
        earlier = champion.learned_by(self.registry, row.champion_version)
        trained_on = [*data.base, *earlier, *data.learned]
        cores = {core(example.name) for example in trained_on}
        names = {
            "frozen": frozen_names(),
            "audited": data.audited,
            "unseen": [example for example in data.audited if core(example.name) not in cores],
            "memory": data.learned,
        }
        comparisons, changes = {}, []
        for part, examples in names.items():
            texts, truth = [example.name for example in examples], [example.category for example in examples]
            before, after = (
                [answer.code for answer in model.predict(texts)] if texts else []
                for model in (before_model, after_model)
            )
            comparisons[part] = compare.compare(truth, before, after)
            changes += [(part, *each) for each in zip(texts, truth, before, after, strict=True) if each[2] != each[3]]
        known = {(core(example.name), example.category) for example in earlier}
        asked = sources.bought(self.connection, row.cutoff)
        changed = flips.audit(
            asked,
            before_model.predict(asked),
            after_model.predict(asked),
            labelled=[*earlier, *data.learned],
            learned=[each for each in data.learned if (core(each.name), each.category) not in known],
            annotated=data.annotated,
            confidence=self.limits.confidence,
        )
        looks = state.looks(self.connection, row)
        decision = compare.decide(
            comparisons["frozen"], comparisons["audited"], comparisons["unseen"], changed, looks, self.rules
        )
        about = self.about(row, version)
        return report.as_json(data, comparisons, changes, changed, decision, about) | {"looks": looks + 1}

    def as_markdown(self, result: dict[str, Any]) -> str:
        """See `Retraining`."""
        return report.as_markdown(result)
