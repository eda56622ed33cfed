"""Command line: push names to annotators, pull their answers, show their quality, extend the data set.

DATABASE_URL is the connection string of the role `annotation`, LABEL_STUDIO_URL and LABEL_STUDIO_TOKEN (a personal
access token) are the Label Studio server, and RELEASE_URI is the store of the model that makes the suggestions.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from model_export.annotation import judging, new_names, queue, transcription, verdict_store
from model_export.annotation import pull as pulling
from model_export.annotation import push as pushing
from model_export.annotation.errors import AnnotationError, BadSettings
from model_export.annotation.judging import Thresholds
from model_export.annotation.label_studio import LabelStudioClient, SendIdToken
from model_export.annotation.push import Settings
from model_export.annotation.queue import Connection
from model_export.classifier import dataset
from model_export.id_tokens import IdToken, is_private
from model_export.manifest import CATEGORY_DIR
from model_export.release.errors import ReleaseError
from model_export.release.publish import served
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.errors import ModelError

TIMEOUT_S = 120
"""Importing a batch of tasks takes about a second."""


def push(arguments: argparse.Namespace) -> None:
    """Push audited, low-confidence and disputed names to Label Studio, the most frequent first."""
    settings = Settings(
        arguments.limit, arguments.overlap, arguments.gold, arguments.rounds, arguments.audit, arguments.audit_held_out
    )
    model = _model(arguments.model)
    with _database() as connection, _label_studio() as client:
        result = pushing.push(connection, client, model, settings, datetime.now(UTC), _progress)
    print(
        f"{result.audited} items audited, {result.collected} other new names in the queue; "
        f"{result.tasks} tasks created, {result.gold} gold questions"
    )


def pull(arguments: argparse.Namespace) -> None:
    """Pull the answers to finished tasks from Label Studio, and judge them."""
    with _database() as connection, _label_studio() as client:
        result = pulling.pull(connection, client, _progress)
        _judge(connection, _thresholds(arguments))
    print(f"{result.finished} finished tasks; {result.stored} new answers")


def lines(arguments: argparse.Namespace) -> None:
    """Exchange crops of corrected lines and their transcriptions."""
    with _database() as connection, _label_studio() as client:
        result = transcription.exchange(connection, client, arguments.lines, arguments.overlap)
    print(
        f"{result.pushed} lines pushed, {result.stored} new transcriptions, "
        f"{result.finished} finished tasks and {result.withdrawn} of withdrawn crops deleted"
    )
    if result.set_aside:
        tasks = ", ".join(map(str, sorted(result.set_aside)))
        print(f"not readable in {transcription.TITLE}, look at the tasks {tasks}", file=sys.stderr)


def exchange(arguments: argparse.Namespace) -> None:
    """Pull answers, then push questions, of names and lines, as the scheduled job does.

    Lines are first: crops that users withdrew have to leave Label Studio, whatever fails afterwards.
    """
    lines(arguments)
    pull(arguments)
    push(arguments)


def show_quality(arguments: argparse.Namespace) -> None:
    """Judge all answers again, and show agreement, kappa and gold questions."""
    thresholds = _thresholds(arguments)
    with _database() as connection:
        judgement = _judge(connection, thresholds)
        undecided = verdict_store.undecided(connection, Settings.rounds)
        transcribed, equal = transcription.agreement(connection)
    print(judging.as_text(judgement, thresholds))
    if equal is not None:
        print(f"\n{transcribed} lines transcribed, {equal:.1%} of the pairs alike")
    if undecided:
        print(f"\nno agreement after {Settings.rounds} rounds, decide by hand: {', '.join(undecided)}")


def extend(arguments: argparse.Namespace) -> None:
    """Add the new product names that annotators agree on to the files of the data set."""
    with _database() as connection:
        proposals = new_names.proposals(connection)
    frozen = [*dataset.load_evaluation("dev"), *dataset.load_evaluation("test")]
    selection = new_names.select(proposals, dataset.load(arguments.data), frozen, arguments.min_annotators)
    new_names.append(selection.accepted, arguments.data)
    for example in selection.accepted:
        print(f"{example.category}\t{example.family}\t{example.name}")
    for name, reason in selection.rejected:
        print(f"left out: {name} ({reason})", file=sys.stderr)
    print(f"{len(selection.accepted)} names added to {arguments.data}; review the diff and open a pull request")


def _judge(connection: Connection, thresholds: Thresholds) -> judging.Judgement:
    with queue.exclusive_lock(connection):
        judgement = verdict_store.judge_all(connection, thresholds)
    print(
        f"{len(judgement.accepted)} answers accepted, {len(judgement.returned)} returned, "
        f"{len(judgement.again)} names asked again"
    )
    return judgement


def _thresholds(arguments: argparse.Namespace) -> Thresholds:
    return Thresholds(
        arguments.agreement, arguments.overlap, arguments.gold_share, arguments.gold_answers, arguments.kappa
    )


def _model(folder: Path | None) -> CategoryClassifier:
    """The model in `folder`, else the one that is served: the champion, or the packaged model without releases."""
    release_uri = os.environ.get("RELEASE_URI")
    try:
        if folder is None and release_uri and (champion := served(PublishingStore(release_uri))):
            return champion
        return CategoryClassifier.load(folder or CATEGORY_DIR)
    except (ModelError, ReleaseError) as error:
        raise BadSettings(
            f"Cannot load a category model from {folder or release_uri or CATEGORY_DIR}: {error}"
        ) from error


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
    url = _setting("LABEL_STUDIO_URL")
    # The header Authorization has Label Studio's own token, so Cloud Run gets its token in another one.
    send: list[Callable[..., object]] = [SendIdToken(IdToken(url.rstrip("/")))] if is_private(url) else []
    with httpx.Client(timeout=TIMEOUT_S, event_hooks={"request": send}) as http:
        yield LabelStudioClient(http, url, _setting("LABEL_STUDIO_TOKEN"))


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 5000:
        raise argparse.ArgumentTypeError("must be between 0 and 5000")
    return value


def _number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_export.annotation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function, name in (
        (push, "push"),
        (pull, "pull"),
        (lines, "lines"),
        (exchange, "exchange"),
        (show_quality, "quality"),
        (extend, "extend"),
    ):
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.set_defaults(run=function)
        option = command.add_argument
        if function is not extend:
            option("--overlap", type=_number, default=Settings.overlap, help="annotators per task (%(default)s)")
        if function in (lines, exchange):
            option("--lines", type=_count, default=200, help="maximum number of crops to push (%(default)s)")
        if function in (push, exchange):
            option("--limit", type=_number, default=Settings.limit, help="maximum number of names (%(default)s)")
            option("--gold", type=_share, default=Settings.gold_share, help="gold questions per name (%(default)s)")
            option(
                "--rounds",
                type=_number,
                default=Settings.rounds,
                help="maximum number of times a name is asked (%(default)s)",
            )
            option("--audit", type=_count, default=Settings.audit, help="random line items of each week (%(default)s)")
            option(
                "--audit-held-out",
                type=_count,
                default=Settings.audit_held_out,
                help="further line items of each week, with held-out names (%(default)s)",
            )
            option("--model", type=Path, help="folder of the model that makes suggestions (the champion)")
        if function in (pull, exchange, show_quality):
            option(
                "--agreement",
                type=_share,
                default=Thresholds.agreement,
                help="share of answers that must agree (%(default)s)",
            )
            option(
                "--gold-share",
                type=_share,
                default=Thresholds.gold,
                help="required share of right gold questions (%(default)s)",
            )
            option(
                "--gold-answers",
                type=_number,
                default=Thresholds.gold_answers,
                help="gold questions before that counts (%(default)s)",
            )
            option(
                "--kappa",
                type=_share,
                default=Thresholds.kappa,
                help="required kappa of a pair, only reported (%(default)s)",
            )
        if function is extend:
            option("--data", type=Path, default=dataset.DATA_DIR, help="folder of the data set (%(default)s)")
            option(
                "--min-annotators", type=_number, default=2, help="annotators who must spell a name alike (%(default)s)"
            )
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
        print("Stopped; the next run resumes here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
