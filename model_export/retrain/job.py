"""One retraining: from users' votes and annotations to a promoted or proposed model, or the reasons against it.

Every step is idempotent, and an interrupted run resumes with the missing steps.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from model_export import tracking
from model_export.classifier import build, dataset, mlflow_report, train_model
from model_export.classifier.build import ProgressCallback
from model_export.classifier.dataset import Example, core
from model_export.registry import CHALLENGER, CHAMPION, Registry
from model_export.release.errors import UnfitModel
from model_export.release.publish import publish, withdraw
from model_export.release.store import PublishingStore
from model_export.retrain import champion, compare, flips, report, sources, state
from model_export.retrain.data import Data, frozen_names, gather
from model_export.retrain.state import RetrainingRun
from model_export.retrain.votes import Limits
from ocr_service.category.classifier import CategoryClassifier

Mode = Literal["auto", "approve"]
"""auto: a challenger that is good enough becomes the champion. approve: it is proposed, and a person decides."""


@dataclass(frozen=True)
class Job:
    """Inputs and settings of a retraining.

    store: None publishes nothing. base: the hand-made names. parity_names: number of names on which the exported model
    must equal the trained one; None for all.
    """

    connection: sources.Connection
    registry: Registry
    store: PublishingStore | None
    clock: Callable[[], datetime]
    base: Sequence[Example] = field(default_factory=dataset.load)
    progress: ProgressCallback = lambda _: None
    settings: train_model.Settings = field(default_factory=train_model.Settings)
    limits: Limits = field(default_factory=Limits)
    rules: compare.Rules = field(default_factory=compare.Rules)
    mode: Mode = "auto"
    parity_names: int | None = None

    def run(self) -> dict[str, Any] | None:
        """Retrain; returns the report, or None if there is nothing new to train on.

        Raises NotRegisteredError, ReleaseError, ParityError, psycopg.Error, mlflow.MlflowException.
        """
        with tempfile.TemporaryDirectory() as scratch:
            start = self._begin(Path(scratch, "champion"))
            if start is None:
                return None
            row, data, former = start
            folder = Path(scratch, "challenger")
            version = self._challenger(row, data, folder)
            result = self._judge(row, version, data, former, CategoryClassifier.load(folder))
            outcome = self._release(version, folder, result)
        decision = json.dumps(result, ensure_ascii=False, indent=1)
        self.registry.run_of(version).log_texts({"decision.md": report.as_markdown(result), "decision.json": decision})
        self.registry.describe(version, report.as_description(result), champion.VALIDATION[outcome])
        state.finish(self.connection, row, outcome, result)
        return result

    def _begin(self, folder: Path) -> tuple[RetrainingRun, Data, CategoryClassifier] | None:
        """The run to do, its data and the champion: the interrupted run if its data are unchanged, else a new one."""
        if row := state.interrupted(self.connection):
            former = CategoryClassifier.load(self.registry.folder_of(row.champion_version, folder))
            data = self._gather(row.cutoff, former)
            if data.sha256 == row.data_sha256:
                self.progress(f"resuming the run on {data.sha256[:12]}")
                return row, data, former
        version = champion.sync_champion(self.registry, self.store)
        cutoff = self.clock()
        former = CategoryClassifier.load(self.registry.folder_of(version, folder))
        data = self._gather(cutoff, former)
        if queued := sources.queue(self.connection, data.votes.conflicts):
            self.progress(f"{queued} names that users may not decide queued for annotation")
        if not data.learned or state.is_finished(self.connection, data.sha256):
            return None
        return state.begin(self.connection, data.sha256, cutoff, version), data, former

    def _gather(self, until: datetime, former: CategoryClassifier) -> Data:
        def predict(names: Sequence[str]) -> list[tuple[str, float]]:
            return [(answer.code, answer.confidence) for answer in former.predict(names)]

        return gather(self.connection, until, self.base, self.limits, predict)

    def _challenger(self, row: RetrainingRun, data: Data, folder: Path) -> str:
        """Train and register the challenger, or download the one that an interrupted run registered.

        Its files are in `folder` afterwards. Returns its version.
        """
        if row.challenger_version:
            self.registry.folder_of(row.challenger_version, folder)
            return row.challenger_version
        examples = data.training
        self.progress(f"training on {len(data.base):,} hand-made and {len(data.learned):,} learned names")
        parameters = {"learned": len(data.learned)}
        run = build.start_run("retraining", examples, self.settings, parameters, row.mlflow_run_id or "")
        state.store_progress(self.connection, row, mlflow_run_id=run.id)
        learned = "".join(f"{example.category}\t{example.name}\n" for example in data.learned)
        run.log_texts({champion.LEARNED_FILE: learned})
        mlflow_report.log_datasets(run, {"hand-made names": data.base, "learned names": data.learned}, "training")
        mlflow_report.log_datasets(run, {"audited held-out names": data.audited}, "evaluation")
        version = build.build(
            self.registry,
            run,
            examples,
            self.settings,
            folder,
            parity_names=[e.name for e in (*data.learned, *examples)][: self.parity_names],
            progress=self.progress,
        )
        state.store_progress(self.connection, row, challenger_version=version)
        return version

    def _judge(
        self, row: RetrainingRun, version: str, data: Data, former: CategoryClassifier, challenger: CategoryClassifier
    ) -> dict[str, Any]:
        """The report on the challenger, which is registered as `version`."""
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
                [answer.code for answer in model.predict(texts)] if texts else [] for model in (former, challenger)
            )
            comparisons[part] = compare.compare(truth, before, after)
            changes += [(part, *each) for each in zip(texts, truth, before, after, strict=True) if each[2] != each[3]]
        known = {(core(example.name), example.category) for example in earlier}
        asked = sources.bought(self.connection, row.cutoff)
        changed = flips.audit(
            asked,
            former.predict(asked),
            challenger.predict(asked),
            labelled=[*earlier, *data.learned],
            learned=[each for each in data.learned if (core(each.name), each.category) not in known],
            annotated=data.annotated,
            confidence=self.limits.confidence,
        )
        looks = state.looks(self.connection, row)
        decision = compare.decide(
            comparisons["frozen"], comparisons["audited"], comparisons["unseen"], changed, looks, self.rules
        )
        about = {
            "champion": row.champion_version,
            "champion_model": former.version,
            "challenger": version,
            "challenger_model": challenger.version,
            "mlflow_run": self.registry.run_of(version).id,
            "cutoff": row.cutoff.isoformat(),
            "code": tracking.code_version(),
        }
        return report.as_json(data, comparisons, changes, changed, decision, about) | {"looks": looks + 1}

    def _release(self, version: str, folder: Path, result: dict[str, Any]) -> str:
        """Publish the challenger as champion, or in shadow mode; returns the outcome.

        A model that cannot be served is only registered.
        """
        promote = result["good_enough"] and self.mode == "auto"
        if self.store is not None:
            try:
                publish(self.store, folder, role="champion" if promote else "challenger")
                if promote:
                    withdraw(self.store)  # the challenger so far was compared with the previous champion
            except UnfitModel as unfit:
                promote = False
                result |= {"good_enough": False, "reasons": [f"It cannot be served: {unfit}", *result["reasons"]]}
        if promote:
            self.registry.set_alias(CHAMPION, version)
            self.registry.clear_alias(CHALLENGER)
        else:
            self.registry.set_alias(CHALLENGER, version)
        outcome = "promoted" if promote else "proposed" if result["good_enough"] else "kept"
        result["outcome"] = outcome
        return outcome
