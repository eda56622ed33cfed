"""One retraining: from users' votes and annotations to a promoted model, or the reasons against it.

Every step is idempotent, and an interrupted run resumes with the missing steps.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from model_export import tracking
from model_export.classifier import build, dataset, train_model
from model_export.classifier.build import ProgressCallback
from model_export.registry import CHALLENGER, CHAMPION, Registry
from model_export.release.errors import UnfitModel
from model_export.release.publish import publish, withdraw
from model_export.release.store import PublishingStore
from model_export.retrain import champion, compare, report, sources, state
from model_export.retrain.data import Data, gather
from model_export.retrain.state import RetrainingRun
from model_export.retrain.votes import Limits
from ocr_service.category.classifier import CategoryClassifier


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
    base: Sequence[dataset.Example] = field(default_factory=dataset.load)
    progress: ProgressCallback = lambda _: None
    settings: train_model.Settings = field(default_factory=train_model.Settings)
    limits: Limits = field(default_factory=Limits)
    rules: compare.Rules = field(default_factory=compare.Rules)
    parity_names: int | None = None

    def run(self) -> dict[str, Any] | None:
        """Retrain; returns the report, or None if there is nothing new to train on.

        Raises NotRegisteredError, ReleaseError, ParityError, psycopg.Error, mlflow.MlflowException.
        """
        start = self._begin()
        if start is None:
            return None
        row, data = start
        with tempfile.TemporaryDirectory() as scratch:
            challenger_folder, champion_folder = Path(scratch, "challenger"), Path(scratch, "champion")
            version = self._challenger(row, data, challenger_folder)
            self.registry.folder_of(row.champion_version, champion_folder)
            models = CategoryClassifier.load(champion_folder), CategoryClassifier.load(challenger_folder)
            result = self._judge(row, version, data, *models)
            self._release(version, challenger_folder, result)
        decision = json.dumps(result, ensure_ascii=False, indent=1)
        self.registry.run_of(version).log_texts({"decision.md": report.as_markdown(result), "decision.json": decision})
        state.finish(self.connection, row, "promoted" if result["promoted"] else "kept", result)
        return result

    def _begin(self) -> tuple[RetrainingRun, Data] | None:
        """The run to do and its data: the interrupted run if its data are unchanged, else a new one."""
        if row := state.interrupted(self.connection):
            data = self._gather(row.cutoff)
            if data.sha256 == row.data_sha256:
                self.progress(f"resuming the run on {data.sha256[:12]}")
                return row, data
        version = champion.sync_champion(self.registry, self.store)
        cutoff = self.clock()
        data = self._gather(cutoff)
        if queued := sources.queue(self.connection, data.votes.conflicts):
            self.progress(f"{queued} conflicting names queued for annotation")
        row = state.trained_on(self.connection, data.sha256)
        already_trained = row is not None and row.outcome in ("promoted", "kept")
        if already_trained or not data.learned:
            state.advance_watermark(self.connection, cutoff)
            return None
        return state.begin(self.connection, data.sha256, cutoff, version), data

    def _gather(self, until: datetime) -> Data:
        return gather(self.connection, state.watermark(self.connection), until, self.base, self.limits)

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
        version = build.build(
            self.registry,
            run,
            examples,
            self.settings,
            folder,
            parity_names=[e.name for e in (*data.learned, *data.fresh, *examples)][: self.parity_names],
            progress=self.progress,
        )
        state.store_progress(self.connection, row, challenger_version=version)
        return version

    def _judge(
        self, row: RetrainingRun, version: str, data: Data, champion: CategoryClassifier, challenger: CategoryClassifier
    ) -> dict[str, Any]:
        """The report on the challenger, which is registered as `version`."""
        frozen, fresh = dataset.load_evaluation("test"), [*data.fresh, *data.unchanged]
        examples = [*frozen, *fresh]
        names = [example.name for example in examples]
        truth = [example.category for example in examples]
        before, after = ([prediction.code for prediction in model.predict(names)] for model in (champion, challenger))
        parts = {"frozen": slice(len(frozen)), "fresh": slice(len(frozen), None), "together": slice(None)}
        comparisons = {name: compare.compare(truth[part], before[part], after[part]) for name, part in parts.items()}
        trained_on = {dataset.core(example.name) for example in data.training}
        new = [len(frozen) + place for place, each in enumerate(fresh) if dataset.core(each.name) not in trained_on]
        comparisons["fresh, of new names"] = compare.compare(
            *([answers[place] for place in new] for answers in (truth, before, after))
        )
        decision = compare.decide(comparisons["frozen"], comparisons["fresh"], comparisons["together"], self.rules)
        changes = [row for row in zip(names, truth, before, after, strict=True) if row[2] != row[3]]
        about = {
            "champion": row.champion_version,
            "champion_model": champion.version,
            "challenger": version,
            "challenger_model": challenger.version,
            "mlflow_run": self.registry.run_of(version).id,
            "cutoff": row.cutoff.isoformat(),
            "split": data.split.isoformat(),
            "code": tracking.code_version(),
        }
        return report.as_json(data, comparisons, changes, decision, about)

    def _release(self, version: str, folder: Path, result: dict[str, Any]) -> None:
        """Publish the challenger as champion, or in shadow mode; a model that cannot be served is only registered."""
        if self.store is not None:
            try:
                publish(self.store, folder, role="champion" if result["promoted"] else "challenger")
                if result["promoted"]:
                    withdraw(self.store)  # the challenger so far was compared with the previous champion
            except UnfitModel as unfit:
                result |= {"promoted": False, "reasons": [f"It cannot be served: {unfit}", *result["reasons"]]}
        if result["promoted"]:
            self.registry.set_alias(CHAMPION, version)
            self.registry.clear_alias(CHALLENGER)
        else:
            self.registry.set_alias(CHALLENGER, version)
