"""A person's decision on a challenger that retraining proposed (mode `approve`)."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from model_export.registry import CHALLENGER, CHAMPION, Registry
from model_export.release.publish import publish, withdraw
from model_export.release.store import PublishingStore
from model_export.retrain import champion, state
from model_export.retrain.state import RetrainingRun
from ocr_service.releases.manifest import Kind

DECIDED = {"promoted": "approved", "rejected": "rejected"}
"""What a person decided, by the outcome of the run."""


class NotProposedError(Exception):
    """There is no such proposal, it was decided otherwise, or the champion has changed. The message is for people."""


def approve(
    connection: psycopg.Connection[Any],
    registry: Registry,
    store: PublishingStore | None,
    version: str | None = None,
    kind: Kind = "category",
) -> str:
    """Make the proposed challenger the champion; returns its model.

    version: in the registry, by default of the latest proposal. A decision that was completed is not carried out
    again: the champion, or another challenger in shadow mode, may have followed since. Raises NotProposedError,
    ReleaseError, NotRegisteredError.
    """
    run = _run(connection, version, kind, "promoted")
    assert run.challenger_version is not None  # noqa: S101 - a run with an outcome has one
    if run.outcome == "promoted":
        return _model(run)
    current = champion.sync_champion(registry, store, kind)
    if current not in (run.champion_version, run.challenger_version):
        raise NotProposedError(
            f"Version {run.challenger_version} was compared with version {run.champion_version}, but the champion is "
            f"version {current} now. The next retraining compares again."
        )
    if store is not None:
        with tempfile.TemporaryDirectory() as folder:
            publish(store, registry.folder_of(run.challenger_version, Path(folder)), _model(run))
        withdraw(store)
    registry.set_alias(CHAMPION, run.challenger_version)
    if registry.challenger() == run.challenger_version:
        registry.clear_alias(CHALLENGER)
    return _finish(connection, registry, run, "promoted")


def reject(
    connection: psycopg.Connection[Any],
    registry: Registry,
    store: PublishingStore | None,
    version: str | None = None,
    kind: Kind = "category",
) -> str:
    """End the shadow mode of the proposed challenger, which is then not proposed again; returns its model.

    Repeated as `approve`. Raises NotProposedError, ReleaseError, NotRegisteredError.
    """
    run = _run(connection, version, kind, "rejected")
    assert run.challenger_version is not None  # noqa: S101 - a run with an outcome has one
    if run.outcome == "rejected":
        return _model(run)
    if store is not None:
        withdraw(store)
    if registry.challenger() == run.challenger_version:
        registry.clear_alias(CHALLENGER)
    return _finish(connection, registry, run, "rejected")


def _run(connection: psycopg.Connection[Any], version: str | None, kind: Kind, outcome: str) -> RetrainingRun:
    run = state.proposed(connection, version, kind)
    if run is None:
        raise NotProposedError(
            "No challenger waits for approval." if version is None else f"Version {version} does not wait for approval."
        )
    if run.outcome not in ("proposed", outcome):
        undo = " `release rollback` undoes that." if run.outcome == "promoted" else ""
        raise NotProposedError(f"Version {run.challenger_version} is already {DECIDED[str(run.outcome)]}.{undo}")
    return run


def _model(run: RetrainingRun) -> str:
    return str((run.report or {})["challenger_model"])


def _finish(connection: psycopg.Connection[Any], registry: Registry, run: RetrainingRun, outcome: str) -> str:
    report = {**(run.report or {}), "outcome": outcome, "decided_at": datetime.now(UTC).isoformat()}
    registry.validate(str(run.challenger_version), champion.VALIDATION[outcome])
    state.finish(connection, run, outcome, report)
    return str(report["challenger_model"])
