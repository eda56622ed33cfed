"""Retrain the category classifier on users' votes and annotations, and promote the new model if it is better.

Reads DATABASE_URL, MLFLOW_TRACKING_URI and RELEASE_URI; RELEASE_SIGNING_KEY signs the release manifest. Without new
labels there is no run. The command may be interrupted and repeated at any time.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import mlflow
import psycopg

from model_export.classifier.export_onnx import ParityError
from model_export.registry import NotRegisteredError, Registry
from model_export.release.errors import ReleaseError
from model_export.release.store import PublishingStore
from model_export.retrain import compare, report, state
from model_export.retrain.job import Job
from model_export.retrain.votes import Limits


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Exit status: 0 (also without new labels), 1 for a failure that a retry may cure, 2, 130."""
    options = _parser().parse_args(arguments)
    missing = [name for name in ("DATABASE_URL", "MLFLOW_TRACKING_URI") if not os.environ.get(name)]
    if missing:
        print(f"retrain: set {' and '.join(missing)}.", file=sys.stderr)
        return 2
    started = time.monotonic()
    release_uri = os.environ.get("RELEASE_URI")
    try:
        with state.connected(os.environ["DATABASE_URL"]) as connection:
            result = Job(
                connection=connection,
                registry=Registry(os.environ["MLFLOW_TRACKING_URI"]),
                store=PublishingStore(release_uri, os.environ.get("RELEASE_SIGNING_KEY")) if release_uri else None,
                clock=lambda: datetime.now(UTC),
                progress=lambda step: print(
                    f"{time.monotonic() - started:6.1f} s  {step}", file=sys.stderr, flush=True
                ),
                limits=Limits(options.names_per_week, options.users, options.agreement),
                rules=compare.Rules(options.significance, options.frozen_fall, options.category_fall),
                parity_names=options.parity_names,
            ).run()
    except state.AlreadyRunningError as running:
        print(running)
        return 0
    except (NotRegisteredError, ReleaseError, ParityError, psycopg.Error, mlflow.MlflowException) as error:
        print(f"retrain: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the next run resumes here.", file=sys.stderr)
        return 130
    print(report.as_markdown(result) if result else "Nothing new to train on.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_export.retrain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    limits, rules = Limits(), compare.Rules()
    for name, default, text in (
        ("--names-per-week", limits.names_per_week, "names of one user that count per week"),
        ("--users", limits.users, "users who have to agree on a name"),
        ("--agreement", limits.agreement, "share of a name's votes that have to agree"),
        ("--significance", rules.significance, "largest p-value at which the challenger is better"),
        ("--frozen-fall", rules.frozen_fall, "largest tolerated fall of the accuracy on the frozen names"),
        ("--category-fall", rules.category_fall, "largest tolerated fall of the accuracy on a category"),
    ):
        shown = f"{default:.3g}" if isinstance(default, float) else default
        parser.add_argument(name, type=type(default), default=default, help=f"{text} ({shown})")
    parser.add_argument(
        "--parity-names", type=int, help="names on which the exported model must equal the trained one (default: all)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
