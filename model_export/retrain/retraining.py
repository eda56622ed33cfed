"""One retraining of a model of any kind: from data to a promoted or proposed model, or the reasons against it.

Every step is idempotent, and an interrupted run resumes with the missing steps.
"""

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from model_export import tracking
from model_export.registry import CHALLENGER, CHAMPION, Registry
from model_export.release.errors import UnfitModel
from model_export.release.publish import publish, withdraw
from model_export.release.store import PublishingStore
from model_export.retrain import champion, report, sources, state
from model_export.retrain.state import RetrainingRun
from ocr_service.releases.manifest import Kind

Mode = Literal["auto", "approve"]
"""auto: a challenger that is good enough becomes the champion. approve: it is proposed, and a person decides."""


class TrainingData(Protocol):
    """What a retraining trains and judges on."""

    @property
    def sha256(self) -> str:
        """Of what it trains on: the same data is never trained on twice."""


D = TypeVar("D", bound=TrainingData)


@dataclass(frozen=True)
class Retraining(ABC, Generic[D]):
    """Inputs of a retraining. store: None publishes nothing."""

    kind: ClassVar[Kind]
    connection: sources.Connection
    registry: Registry
    store: PublishingStore | None
    clock: Callable[[], datetime]
    progress: Callable[[str], None] = lambda _: None
    mode: Mode = "auto"

    @abstractmethod
    def gather(self, until: datetime, former: Path) -> D:
        """The data until a time. former: folder of the champion."""

    @abstractmethod
    def is_worth_training(self, data: D) -> bool:
        """Whether there is enough to train on. What people have to decide first goes to them."""

    @abstractmethod
    def train(self, row: RetrainingRun, data: D, former: Path, folder: Path) -> str:
        """Train a challenger, write it to `folder` and register it; returns its version in the registry."""

    @abstractmethod
    def judge(self, row: RetrainingRun, version: str, data: D, former: Path, folder: Path) -> dict[str, Any]:
        """The report on the challenger in `folder`, with `good_enough`, `reasons` and `looks`."""

    @abstractmethod
    def as_markdown(self, result: dict[str, Any]) -> str:
        """The report as a page."""

    def run(self) -> dict[str, Any] | None:
        """Retrain; returns the report, or None if there is nothing new to train on.

        Raises NotRegisteredError, ReleaseError, ParityError, psycopg.Error, mlflow.MlflowException.
        """
        with tempfile.TemporaryDirectory() as scratch:
            former, folder = Path(scratch, "champion"), Path(scratch, "challenger")
            start = self._begin(former)
            if start is None:
                return None
            row, data = start
            # An interrupted run may have registered its challenger, and died before it stored the version.
            version = row.challenger_version or self.registry.registered(row.mlflow_run_id or "")
            if version:
                self.registry.folder_of(version, folder)
            else:
                version = self.train(row, data, former, folder)
            state.store_progress(self.connection, row, challenger_version=version)
            result = self.judge(row, version, data, former, folder)
            outcome = self._release(version, folder, result)
        decision = json.dumps(result, ensure_ascii=False, indent=1)
        self.registry.run_of(version).log_texts({"decision.md": self.as_markdown(result), "decision.json": decision})
        self.registry.describe(version, report.as_description(result), champion.VALIDATION[outcome])
        state.finish(self.connection, row, outcome, result)
        return result

    def about(self, row: RetrainingRun, version: str) -> dict[str, str]:
        """Versions and times, for the report."""
        return {
            "champion": row.champion_version,
            "champion_model": self.model_of(row.champion_version),
            "challenger": version,
            "challenger_model": self.model_of(version),
            "mlflow_run": self.registry.run_of(version).id,
            "cutoff": row.cutoff.isoformat(),
            "code": tracking.code_version(),
        }

    def model_of(self, version: str) -> str:
        """The name of a version in releases. Raises NotRegisteredError."""
        return str(self.registry.tag(version, "model"))

    def _begin(self, former: Path) -> tuple[RetrainingRun, D] | None:
        """The run to do and its data: the interrupted run if its data are unchanged, else a new one.

        The champion is in `former` afterwards.
        """
        if row := state.interrupted(self.connection, self.kind):
            self.registry.folder_of(row.champion_version, former)
            data = self.gather(row.cutoff, former)
            if data.sha256 == row.data_sha256:
                self.progress(f"resuming the run on {data.sha256[:12]}")
                return row, data
        version = champion.sync_champion(self.registry, self.store, self.kind)
        cutoff = self.clock()
        self.registry.folder_of(version, former)
        data = self.gather(cutoff, former)
        if not self.is_worth_training(data) or state.is_finished(self.connection, data.sha256, self.kind):
            return None
        return state.begin(self.connection, data.sha256, cutoff, version, self.kind), data

    def _release(self, version: str, folder: Path, result: dict[str, Any]) -> str:
        """Publish the challenger as champion, or in shadow mode; returns the outcome.

        A model that cannot be served is only registered.
        """
        promote = result["good_enough"] and self.mode == "auto"
        if self.store is not None:
            role: Literal["champion", "challenger"] = "champion" if promote else "challenger"
            try:
                publish(self.store, folder, self.model_of(version), role)
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
