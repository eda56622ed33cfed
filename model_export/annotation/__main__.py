"""Command line: send names to annotators, bring their answers back, look at their quality, extend the data set.

DATABASE_URL is the connection string of the database's owner; LABEL_STUDIO_URL and LABEL_STUDIO_TOKEN (a
personal access token) say where annotators work, RELEASE_URI which model guesses first.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from model_export.annotation import extend, judging, quality, queue
from model_export.annotation.errors import AnnotationError, BadSettings
from model_export.annotation.label_studio import LabelStudioClient
from model_export.annotation.pull import pull
from model_export.annotation.push import Settings, push
from model_export.annotation.quality import Bars
from model_export.annotation.queue import Connection
from model_export.classifier import dataset
from model_export.manifest import CATEGORY_DIR
from model_export.release.errors import ReleaseError
from model_export.release.publish import served
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.errors import ModelError

TIMEOUT_S = 120
"""An import of a batch of tasks takes a second."""


def send(arguments: argparse.Namespace) -> None:
    """Send low-confidence and disputed names, the most frequent first."""
    settings = Settings(arguments.limit, arguments.overlap, arguments.gold, arguments.rounds)
    model = _model(arguments.model)
    with _database() as connection, _label_studio() as client:
        done = push(connection, client, model, settings, _progress)
    print(f"{done.collected} names new in the queue; {done.tasks} tasks sent, {done.gold} of them gold questions")


def bring(arguments: argparse.Namespace) -> None:
    """Bring the answers to finished tasks back, and judge them."""
    with _database() as connection, _label_studio() as client:
        done = pull(connection, client, _progress)
        _settle(connection, _bars(arguments))
    print(f"{done.finished} tasks finished; {done.stored} answers new")


def exchange(arguments: argparse.Namespace) -> None:
    """Bring answers back, then send what is to be asked: what a scheduled job does."""
    bring(arguments)
    send(arguments)


def show(arguments: argparse.Namespace) -> None:
    """Judge all answers again, and show agreement, kappa and gold questions."""
    bars = _bars(arguments)
    with _database() as connection:
        judgement = _settle(connection, bars)
        unsettled = judging.unsettled(connection, Settings.rounds)
    print(quality.as_text(judgement, bars))
    if unsettled:
        print(f"\nnot settled in {Settings.rounds} rounds, somebody has to decide: {', '.join(unsettled)}")


def lengthen(arguments: argparse.Namespace) -> None:
    """Add the new product names that annotators agreed on to the data set's files."""
    with _database() as connection:
        proposed = extend.proposals(connection)
    frozen = [*dataset.load_evaluation("dev"), *dataset.load_evaluation("test")]
    done = extend.extend(proposed, dataset.load(arguments.data), frozen, arguments.voices)
    extend.write(done.added, arguments.data)
    for example in done.added:
        print(f"{example.category}\t{example.family}\t{example.name}")
    for name, why in done.left_out:
        print(f"left out: {name} ({why})", file=sys.stderr)
    print(f"{len(done.added)} names added to {arguments.data}; look at the difference and open a pull request")


def _settle(connection: Connection, bars: Bars) -> quality.Judgement:
    with queue.alone(connection):
        judgement = judging.settle(connection, bars)
    print(
        f"{len(judgement.accepted)} answers accepted, {len(judgement.returned)} returned, "
        f"{len(judgement.again)} names asked again"
    )
    return judgement


def _bars(arguments: argparse.Namespace) -> Bars:
    return Bars(arguments.agreement, arguments.overlap, arguments.gold_bar, arguments.gold_answers, arguments.kappa)


def _model(folder: Path | None) -> CategoryClassifier:
    """The one in a folder, else the one that is served: the champion, or the packaged one before the first release."""
    release_uri = os.environ.get("RELEASE_URI")
    try:
        if folder is None and release_uri and (champion := served(PublishingStore(release_uri))):
            return champion
        return CategoryClassifier.load(folder or CATEGORY_DIR)
    except (ModelError, ReleaseError) as error:
        raise BadSettings(f"No category model in {folder or release_uri or CATEGORY_DIR}: {error}") from error


def _setting(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise BadSettings(f"Set {name}; see --help.")
    return value


@contextmanager
def _database() -> Iterator[Connection]:
    with psycopg.connect(_setting("DATABASE_URL"), autocommit=True) as connection:
        yield connection


@contextmanager
def _label_studio() -> Iterator[LabelStudioClient]:
    with httpx.Client(timeout=TIMEOUT_S) as http:
        yield LabelStudioClient(http, _setting("LABEL_STUDIO_URL"), _setting("LABEL_STUDIO_TOKEN"))


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("between 0 and 1")
    return value


def _number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_export.annotation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function, name in (
        (send, "push"),
        (bring, "pull"),
        (exchange, "exchange"),
        (show, "quality"),
        (lengthen, "extend"),
    ):
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.set_defaults(run=function)
        option = command.add_argument
        if function is not lengthen:
            option("--overlap", type=_number, default=Settings.overlap, help="annotators a task (%(default)s)")
        if function in (send, exchange):
            option("--limit", type=_number, default=Settings.limit, help="names at most (%(default)s)")
            option(
                "--gold", type=_share, default=Settings.gold_share, help="gold questions for each name (%(default)s)"
            )
            option("--rounds", type=_number, default=Settings.rounds, help="times a name is asked (%(default)s)")
            option("--model", type=Path, help="category model that guesses first (the champion of RELEASE_URI)")
        if function in (bring, exchange, show):
            option("--agreement", type=_share, default=Bars.agreement, help="share that must agree (%(default)s)")
            option("--gold-bar", type=_share, default=Bars.gold, help="share of gold questions right (%(default)s)")
            option("--gold-answers", type=_number, default=Bars.gold_answers, help="before that counts (%(default)s)")
            option("--kappa", type=_share, default=Bars.kappa, help="of a pair, only reported (%(default)s)")
        if function is lengthen:
            option("--data", type=Path, default=dataset.DATA_DIR, help="folder of the names (%(default)s)")
            option("--voices", type=_number, default=2, help="annotators who spell a name alike (%(default)s)")
    return parser


def main() -> int:
    """Parse the command line and run the command."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except AnnotationError as error:
        print(error, file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        print(f"The database does not answer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the next run goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
