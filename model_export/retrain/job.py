"""One retraining, from what was said to a promoted model or a reason against it.

Every step may be done twice, and a run that was interrupted goes on with the steps that are missing.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from model_export import tracking
from model_export.classifier import dataset, evaluate, export_onnx, record, train_model, training_distribution
from model_export.registry import CHALLENGER, CHAMPION, Registry
from model_export.release.errors import UnfitModel
from model_export.release.publish import withdraw
from model_export.release.store import PublishingStore
from model_export.retrain import champion, compare, report, sources, state
from model_export.retrain.data import Data, gather
from model_export.retrain.state import RetrainingRun
from model_export.retrain.votes import Limits
from ocr_service.category.classifier import CategoryClassifier

Say = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What a retraining works with and how.

    store: None releases nothing. base: the hand-made names. parity_names: of how many names the exported model has to
    answer like the trained one; None for all.
    """

    connection: sources.Connection
    registry: Registry
    store: PublishingStore | None
    clock: Callable[[], datetime]
    base: Sequence[dataset.Example] = field(default_factory=dataset.load)
    say: Say = lambda _: None
    settings: train_model.Settings = field(default_factory=train_model.Settings)
    limits: Limits = field(default_factory=Limits)
    rules: compare.Rules = field(default_factory=compare.Rules)
    parity_names: int | None = None

    def run(self) -> dict[str, Any] | None:
        """Retrain; returns the report, or None where there is nothing new to train on.

        Raises NotRegisteredError, ReleaseError, ParityError, psycopg.Error, mlflow.MlflowException.
        """
        begun = self._begin()
        if begun is None:
            return None
        row, data = begun
        with tempfile.TemporaryDirectory() as scratch:
            new, old = Path(scratch, "challenger"), Path(scratch, "champion")
            version = row.challenger_version or self._train(row, data, new)
            self.registry.folder_of(version, new)
            self.registry.folder_of(row.champion_version, old)
            found = self._judge(row, version, data, CategoryClassifier.load(old), CategoryClassifier.load(new))
            self._release(version, new, found)
        self.registry.run_of(version).log_texts(
            {"decision.md": report.as_markdown(found), "decision.json": json.dumps(found, ensure_ascii=False, indent=1)}
        )
        state.finish(self.connection, row, "promoted" if found["promoted"] else "kept", found)
        return found

    def _begin(self) -> tuple[RetrainingRun, Data] | None:
        """The run to do and its data: the one that was interrupted if its data are still the same, or a new one."""
        if row := state.interrupted(self.connection):
            data = self._gather(row.cutoff)
            if data.sha256 == row.data_sha256:
                self.say(f"going on with the run on {data.sha256[:12]}")
                return row, data
        version = champion.settle_champion(self.registry, self.store)
        cutoff = self.clock()
        data = self._gather(cutoff)
        if asked := sources.queue(self.connection, data.settled.conflicts):
            self.say(f"{asked} names in conflict go to annotation")
        row = state.trained_on(self.connection, data.sha256)
        done = row is not None and row.outcome in ("promoted", "kept")
        if done or not data.learned:
            state.see(self.connection, cutoff)
            return None
        return state.begin(self.connection, data.sha256, cutoff, version), data

    def _gather(self, until: datetime) -> Data:
        return gather(self.connection, state.watermark(self.connection), until, self.base, self.limits)

    def _train(self, row: RetrainingRun, data: Data, folder: Path) -> str:
        """Train, log and register a model; returns its version."""
        examples = data.training
        self.say(f"training on {len(data.base):,} hand-made and {len(data.learned):,} learned names")
        digest = dataset.digest(examples)
        parameters = {**asdict(self.settings), "names": len(examples), "learned": len(data.learned)}
        run = record.start("retraining", digest, parameters, row.mlflow_run_id or "")
        state.note(self.connection, row, mlflow_run_id=run.id)
        trained = train_model.train(examples, self.settings)
        record.record(run, evaluate.probabilities_of(trained.pipeline), trained.report)
        run.log({"temperature": trained.temperature})
        learned = "".join(f"{example.category}\t{example.name}\n" for example in data.learned)
        run.log_texts({champion.LEARNED_FILE: learned})
        self.say("exporting to ONNX and comparing with what was trained")
        metadata = {"data_sha256": digest, "threshold": str(trained.threshold)}
        names = [example.name for example in (*data.learned, *data.fresh, *examples)][: self.parity_names]
        export_onnx.export(trained.pipeline, names, metadata, folder)
        training_distribution.write(folder, examples)
        version = self.registry.register(run.id, folder, record.metrics(trained.report))
        state.note(self.connection, row, challenger_version=version)
        return version

    def _judge(
        self, row: RetrainingRun, version: str, data: Data, old: CategoryClassifier, young: CategoryClassifier
    ) -> dict[str, Any]:
        """The report on the challenger, `young`."""
        frozen, fresh = dataset.load_evaluation("test"), [*data.fresh, *data.kept]
        examples = [*frozen, *fresh]
        names = [example.name for example in examples]
        truth = [example.category for example in examples]
        before, after = ([prediction.code for prediction in model.predict(names)] for model in (old, young))
        parts = {"frozen": slice(len(frozen)), "fresh": slice(len(frozen), None), "together": slice(None)}
        figures = {name: compare.compare(truth[part], before[part], after[part]) for name, part in parts.items()}
        trained_on = {dataset.core(example.name) for example in data.training}
        new = [len(frozen) + place for place, each in enumerate(fresh) if dataset.core(each.name) not in trained_on]
        figures["fresh, of new names"] = compare.compare(
            *([answers[place] for place in new] for answers in (truth, before, after))
        )
        decision = compare.decide(figures["frozen"], figures["fresh"], figures["together"], self.rules)
        changed = [row for row in zip(names, truth, before, after, strict=True) if row[2] != row[3]]
        about = {
            "champion": row.champion_version,
            "champion_model": old.version,
            "challenger": version,
            "challenger_model": young.version,
            "mlflow_run": self.registry.run_of(version).id,
            "cutoff": row.cutoff.isoformat(),
            "split": data.split.isoformat(),
            "code": tracking.code_version(),
        }
        return report.as_json(data, figures, changed, decision, about)

    def _release(self, version: str, folder: Path, found: dict[str, Any]) -> None:
        """Make the new model the champion, or let it predict in the shadow; one that cannot be served is only kept."""
        if self.store is not None:
            try:
                champion.release(self.store, folder, "champion" if found["promoted"] else "challenger")
                if found["promoted"]:
                    withdraw(self.store)  # it was compared with the champion before this one
            except UnfitModel as unfit:
                found |= {"promoted": False, "reasons": [f"It cannot be served: {unfit}", *found["reasons"]]}
        if found["promoted"]:
            self.registry.set_alias(CHAMPION, version)
            self.registry.clear_alias(CHALLENGER)
        else:
            self.registry.set_alias(CHALLENGER, version)
