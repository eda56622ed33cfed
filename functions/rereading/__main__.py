"""Read old photos again with newer models: plan a run, read its photos, report what changes.

A run is a dry run unless it is planned with --apply. Every command may be interrupted and repeated at any time: a
receipt is read once per run. Needs the environment variables of the functions: SUPABASE_URL, SUPABASE_SECRET_KEY,
SUPABASE_PUBLISHABLE_KEY and OCR_SERVICE_URL.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError
from supabase import Client

from functions.core import logs
from functions.core.errors import BackendRefused, FunctionError
from functions.core.settings import Settings
from functions.core.supabase import connect
from functions.ocr.client import OcrClient
from functions.receipts.wiring import build_pipeline
from functions.rereading.read import Interrupted, Pace, Task, users_wait
from functions.rereading.report import as_markdown, summarised
from functions.rereading.runs import Rules, Run

PROGRESS_S = 10
REFUSALS = {
    "other_rules": "A run of this name was planned with other options; choose another name.",
    "run_not_planned": "There is no such run, or it was planned only in part: run `plan` with the same options.",
    "invalid_rules": "The options of the run are invalid.",
}

Command = Callable[[Run, Settings, Client, argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Exit status: 0, 1 for a failure that a retry may cure, 2 for wrong arguments, 130."""
    options = _parser().parse_args(arguments)
    logs.configure()
    try:
        settings = Settings()
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]).upper() for each in error.errors() if each["loc"])
        print(f"rereading: these environment variables are missing or wrong: {missing}.", file=sys.stderr)
        return 2
    client = connect(settings)
    http = client.options.httpx_client
    assert http is not None  # noqa: S101 - `connect` sets it
    try:
        options.command(Run(client, options.run), settings, client, options)
    except Interrupted as interrupted:
        print(f"rereading: {interrupted} Start the command again to resume.", file=sys.stderr)
        return 1
    except BackendRefused as error:
        print(f"rereading: {REFUSALS.get(error.hint, error.detail)}", file=sys.stderr)
        return 2 if error.hint in REFUSALS else 1
    except FunctionError as error:
        print(f"rereading: {error.detail} Start the command again to resume.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the command resumes here.", file=sys.stderr)
        return 130
    finally:
        http.close()
    return 0


def _plan(run: Run, settings: Settings, client: Client, options: argparse.Namespace) -> None:
    rules = _rules(options)
    receipts = 0
    for receipts in run.plan(rules):
        print(f"{receipts:,} receipts chosen", file=sys.stderr)
    purpose = "stores what changes" if rules.applies else "is a dry run, which changes nothing"
    print(f"Run {run.name} covers {receipts:,} receipts. It {purpose}.")


def _read(run: Run, settings: Settings, client: Client, options: argparse.Namespace) -> None:
    started = shown_at = time.monotonic()

    def show(counts: Counter[str]) -> None:
        nonlocal shown_at
        if time.monotonic() >= shown_at + PROGRESS_S:
            shown_at = time.monotonic()
            print(f"{shown_at - started:7.1f} s  {_listed(counts)}", file=sys.stderr, flush=True)

    ocr = OcrClient.connect(settings)
    pipeline = build_pipeline(settings, client, ocr)
    with ocr.session:
        counts = Task(
            run=run,
            photos=pipeline.photos,
            reader=pipeline.reader,
            pace=Pace(options.per_second, lambda: users_wait(pipeline.queue)),
            number=options.task,
            tasks=options.tasks,
            workers=options.workers,
            progress=show,
        ).read_all()
    print(f"{time.monotonic() - started:7.1f} s  {_listed(counts) or 'nothing left to read'}", file=sys.stderr)


def _report(run: Run, settings: Settings, client: Client, options: argparse.Namespace) -> None:
    report = summarised(run.name, run.rules(), run.outcomes())
    if not options.out:
        print(as_markdown(report))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    for suffix, text in (
        (".json", json.dumps(report, ensure_ascii=False, indent=1) + "\n"),
        (".md", as_markdown(report)),
    ):
        path = options.out / f"{run.name}{suffix}"
        path.write_text(text, encoding="utf-8")
        print(path)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{n:,} {outcome}" for outcome, n in sorted(counts.items()))


def _rules(options: argparse.Namespace) -> Rules:
    return Rules(
        models=dict(options.model),
        applies=options.apply,
        since=options.since,
        until=options.until,
        user_id=options.user,
        limit=options.limit,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.rereading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, text: str, command: Command) -> argparse.ArgumentParser:
        subparser = commands.add_parser(name, help=text, description=text)
        subparser.add_argument("run", metavar="RUN", type=_name, help="name of the run, such as 2026-12-category")
        subparser.set_defaults(command=command)
        return subparser

    plan = add("plan", "Choose the receipts of a run. They and the options are fixed from then on.", _plan)
    plan.add_argument(
        "--model",
        metavar="KIND=VERSION",
        type=_model,
        action="append",
        required=True,
        help="version that reads, such as category=category-fc879c662ef4; receipts that other versions have read are "
        "chosen (several times: any of them)",
    )
    mode = plan.add_mutually_exclusive_group()
    mode.add_argument("--apply", action="store_true", help="store what changes where users have decided nothing")
    mode.add_argument("--dry-run", action="store_false", dest="apply", help="change nothing (default)")
    plan.add_argument("--since", type=_day, metavar="DATE", help="receipts uploaded from that day on (UTC)")
    plan.add_argument("--until", type=_day, metavar="DATE", help="receipts uploaded before that day (UTC)")
    plan.add_argument("--user", type=UUID, metavar="ID", help="receipts of one user")
    plan.add_argument("--limit", type=_positive, metavar="N", help="at most N receipts, the oldest")

    read = add("read", "Read the photos of a planned run that are still to be read.", _read)
    read.add_argument("--workers", type=_positive, default=1, metavar="N", help="photos read at once by this task (1)")
    read.add_argument("--per-second", type=_rate, default=2.0, metavar="N", help="photos per second of this task (2)")
    for name, variable, default, text in (
        ("--task", "CLOUD_RUN_TASK_INDEX", 0, "number of this task, from 0"),
        ("--tasks", "CLOUD_RUN_TASK_COUNT", 1, "number of tasks that share the run"),
    ):
        read.add_argument(
            name, type=int, metavar="N", default=int(os.environ.get(variable) or default), help=f"{text} ({variable})"
        )

    report = add("report", "Report what changes: a dry run, or what a run has changed.", _report)
    report.add_argument("--out", type=Path, metavar="FOLDER", help="write RUN.md and RUN.json there; default: print")
    return parser


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", text):
        raise argparse.ArgumentTypeError("use up to 60 small letters, digits and hyphens")
    return text


def _model(text: str) -> tuple[str, str]:
    kind, _, version = text.partition("=")
    if not kind or not version:
        raise argparse.ArgumentTypeError("use the form category=category-fc879c662ef4")
    return kind, version


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return int(text)


def _rate(text: str) -> float:
    if not 0 < float(text) < float("inf"):
        raise argparse.ArgumentTypeError("must be positive")
    return float(text)


if __name__ == "__main__":
    sys.exit(main())
