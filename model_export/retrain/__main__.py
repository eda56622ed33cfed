"""Retrain a model, and promote or propose the new one if it is better.

`--model category`: on users' votes and annotations. `--model recogniser`: on drawn lines and transcribed crops; needs
torch and the fonts (model_export/text_models/README.md).

Reads DATABASE_URL, MLFLOW_TRACKING_URI and RELEASE_URI; RELEASE_SIGNING_KEY signs the release manifest. Without new
labels or crops there is no run. With RETRAIN_MODE=approve a person decides: `approve` makes the proposed challenger the
champion, `reject` ends its shadow mode. Every command may be interrupted and repeated at any time.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import mlflow
import psycopg

from model_export.classifier.export_onnx import ParityError
from model_export.registry import CLASSIFIER, RECOGNISER, NotRegisteredError, Registry
from model_export.release.errors import ReleaseError
from model_export.release.store import PublishingStore
from model_export.retrain import approval, compare, state
from model_export.retrain.approval import NotProposedError
from model_export.retrain.job import Job
from model_export.retrain.reading.settings import Rules as ReadingRules
from model_export.retrain.reading.settings import Settings as ReadingSettings
from model_export.retrain.retraining import Mode, Retraining
from model_export.retrain.trust import TrustRules
from model_export.retrain.votes import Limits
from model_export.text_models.folders import FONTS
from model_export.text_models.model_folder import ParityError as RecogniserParityError
from ocr_service.releases.manifest import Kind

SETTINGS: dict[type[Any], dict[str, str]] = {
    TrustRules: {
        "account_days": "minimum days since sign-up before an account's votes count",
        "own_receipts": "minimum number of an account's purchases that were read before its votes count",
        "right_share": "share of an account's votes on names with a known category that have to be right",
        "known_names": "minimum number of such votes before that is judged",
        "shared_names": "minimum number of names that two accounts both voted on before they may be one voice",
        "shared_share": "minimum similarity of the names of two accounts for them to be one voice",
        "equal_share": "minimum share of the shared names that both classify the same for them to be one voice",
    },
    Limits: {
        "names_per_week": "names of one user that count per week",
        "users": "independent users who have to agree on a name",
        "agreement": "share of a name's independent votes that have to agree",
        "confidence": "minimum confidence of the champion for votes against it to go to annotators",
        "share": "share of the labels made by users that may depend on one user or contain one fragment",
        "fragment_names": "labels that may contain one fragment, also if that is a larger share",
        "user_names": "labels that may depend on one user, also if that is a larger share",
        "unproven_names": "labels that may depend on one user whom annotators never confirmed",
        "record_names": "names that annotators decide as a user had voted, per further label of this user",
    },
    compare.Rules: {
        "frozen_margin": "loss of accuracy on the frozen, and on the audited, names that has to be excluded",
        "yearly_alpha": "probability that a challenger of a year is promoted although it loses more",
        "yearly_looks": "comparisons on the frozen names per year",
        "significance": "largest p-value for being better on names never trained on, and not worse on audited ones",
        "category_fall": "largest tolerated fall of the accuracy on a category",
        "category_names": "minimum number of names of a category before such a fall counts",
        "flip_share": "share of the confident names that may change to a category that their brands were not taught",
        "brand_flip_share": "the same for a brand's names and a category that it was taught",
        "flip_names": "minimum number of changed names before these shares count",
    },
    ReadingRules: {
        "crops": "minimum number of transcribed crops to train the recogniser on",
        "lines_margin": "loss of lines read exactly, of the frozen drawn ones, that has to be excluded",
        "reading_alpha": "probability that a recogniser of a year is promoted although it loses more",
        "reading_looks": "comparisons on the frozen drawn lines per year",
        "crops_significance": "largest p-value for reading held-out crops better",
    },
    ReadingSettings: {
        "steps": "batches of 32 lines that the recogniser is trained on",
        "rate": "factor on the learning rates of its first training",
        "crop_share": "share of the lines that are transcribed crops; the others are drawn",
        "weight_share": "share of the trained weights; the rest are the champion's",
        "drawn_lines": "frozen drawn lines of each kind",
        "seed": "of the drawn lines and their order",
        "threads": "of the training",
    },
}
"""Every threshold, by the class that has its default."""
SECTIONS = {ReadingRules: "Rules of the recogniser", ReadingSettings: "Training of the recogniser"}
REGISTERED = {"category": CLASSIFIER, "recogniser": RECOGNISER}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Exit status: 0 (also without new labels), 1 for a failure that a retry may cure, 2, 130."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.mode not in get_args(Mode):
        parser.error(f"RETRAIN_MODE must be {' or '.join(get_args(Mode))}, not {options.mode}.")
    missing = [name for name in ("DATABASE_URL", "MLFLOW_TRACKING_URI") if not os.environ.get(name)]
    if missing:
        print(f"retrain: set {' and '.join(missing)}.", file=sys.stderr)
        return 2
    release_uri = os.environ.get("RELEASE_URI")
    try:
        with state.connected(os.environ["DATABASE_URL"], options.model) as connection:
            registry = Registry(os.environ["MLFLOW_TRACKING_URI"], REGISTERED[options.model])
            signing_key = os.environ.get("RELEASE_SIGNING_KEY")
            store = PublishingStore(release_uri, signing_key, options.model) if release_uri else None
            if options.command:
                decide = {"approve": approval.approve, "reject": approval.reject}[options.command]
                print(f"{options.command} {decide(connection, registry, store, options.version, options.model)}")
                return 0
            job = _job(connection, registry, store, options)
            result = job.run()
    except state.AlreadyRunningError as running:
        print(running)
        return 1 if options.command else 0
    except (
        NotProposedError, NotRegisteredError, ReleaseError, ParityError, RecogniserParityError, ImportError, OSError,
         psycopg.Error, mlflow.MlflowException,
    ) as error:  # fmt: skip
        print(f"retrain: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the next run resumes here.", file=sys.stderr)
        return 130
    print(job.as_markdown(result) if result else "Nothing new to train on.")
    return 0


def _job(
    connection: psycopg.Connection[Any],
    registry: Registry,
    store: PublishingStore | None,
    options: argparse.Namespace,
) -> Retraining[Any]:
    started = time.monotonic()

    def chosen(settings: type[Any]) -> dict[str, Any]:
        return {each.name: getattr(options, each.name) for each in fields(settings) if hasattr(options, each.name)}

    inputs: dict[str, Any] = {
        "connection": connection,
        "registry": registry,
        "store": store,
        "clock": lambda: datetime.now(UTC),
        "progress": lambda step: print(f"{time.monotonic() - started:6.1f} s  {step}", file=sys.stderr, flush=True),
        "mode": options.mode,
    }
    if options.model == "recogniser":
        from model_export.retrain.reading.job import Fonts, ReadingJob  # needs OpenCV, which other commands do without

        fonts = Fonts(options.fonts)
        return ReadingJob(
            **inputs,
            frozen_lines=fonts.frozen_lines,
            trainer=fonts.train,
            settings=ReadingSettings(**chosen(ReadingSettings)),
            rules=ReadingRules(**chosen(ReadingRules)),
        )
    return Job(
        **inputs,
        limits=Limits(**chosen(Limits), trust=TrustRules(**chosen(TrustRules))),
        rules=compare.Rules(**chosen(compare.Rules)),
        parity_names=options.parity_names,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_export.retrain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", choices=get_args(Kind), default="category", help="what to retrain (%(default)s)")
    modes = get_args(Mode)
    parser.add_argument(
        "--mode",
        choices=modes,
        default=os.environ.get("RETRAIN_MODE") or modes[0],
        help="auto: promote a challenger that is good enough; approve: propose it (RETRAIN_MODE, else auto)",
    )
    for group, texts in SETTINGS.items():
        section = parser.add_argument_group(SECTIONS.get(group, group.__name__))
        defaults = group()
        for name, text in texts.items():
            default = getattr(defaults, name)
            shown = f"{default:.3g}" if isinstance(default, float) else default
            section.add_argument(
                f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"{text} ({shown})"
            )
    parser.add_argument(
        "--parity-names", type=int, help="names on which the exported model must equal the trained one (default: all)"
    )
    parser.add_argument("--fonts", type=Path, nargs="+", default=FONTS, help="folders with the fonts of drawn lines")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in (("approve", "make the proposed challenger the champion"), ("reject", "end its shadow mode")):
        command = commands.add_parser(name, help=text)
        command.add_argument("version", nargs="?", help="in the registry (default: the latest proposal)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
