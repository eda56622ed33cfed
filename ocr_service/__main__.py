"""Serve the HTTP API, read photos, or classify item names."""

import argparse
import json
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ocr_service import logs, tracing
from ocr_service.api import problems
from ocr_service.errors import BadRequest, InternalError, ModelError, OcrError, TooLarge
from ocr_service.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, or 1 if something failed."""
    parser = argparse.ArgumentParser(prog="python -m ocr_service", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="Serve the HTTP API. /openapi.json describes it.")
    read_help = "Print one line of JSON per photo."
    read = commands.add_parser("read", help=read_help, description=read_help)
    read.add_argument("images", nargs="+", type=Path, metavar="IMAGE")
    classify_help = (
        "Read item names from standard input, one per line. Print category, confidence, storage and shelf life in "
        "days, separated by tabs."
    )
    classify = commands.add_parser("classify", help=classify_help, description=classify_help)
    classify.add_argument("--uncertain", action="store_true", help="append a column: sure or uncertain")
    arguments = parser.parse_args(argv)
    settings = Settings()
    tracing.configure(settings)
    logs.configure(settings.log_level, settings.traces_project)
    try:
        if arguments.command == "serve":
            return _serve(settings)
        if arguments.command == "read":
            return _read(settings, arguments.images)
        return _classify(settings, arguments.uncertain)
    except ModelError as error:
        print(f"ocr_service: {error}", file=sys.stderr)
        return 1


def _now() -> datetime:
    return datetime.now(UTC)


def _serve(settings: Settings) -> int:
    import uvicorn

    from ocr_service.api.app import create_app
    from ocr_service.api.http_protocol import http_protocol
    from ocr_service.reader import ReceiptReader

    config = uvicorn.Config(
        create_app(settings, lambda: ReceiptReader(settings, _now)),
        host=settings.host,
        port=settings.port,
        http=http_protocol(settings.headers_timeout_s),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.shutdown_s,
        lifespan="on",
    )
    uvicorn.Server(config).run()
    return 0


def _read(settings: Settings, images: Sequence[Path]) -> int:
    from ocr_service.reader import ReceiptReader

    reader = ReceiptReader(settings, _now)
    failed = False
    for path in images:
        request_id = uuid.uuid4().hex
        try:
            print(reader.read(_bytes(path, settings.max_bytes), request_id).model_dump_json(), flush=True)
        except OcrError as error:
            failed = True
            print(json.dumps(problems.body(error, request_id), ensure_ascii=False), flush=True)
        except Exception as error:  # one bad photo must not prevent the others' results
            failed = True
            print(f"ocr_service: {path}: {error!r}", file=sys.stderr)
            problem = problems.body(InternalError("The photo could not be read."), request_id)
            print(json.dumps(problem, ensure_ascii=False), flush=True)
    reader.close()
    return int(failed)


def _bytes(path: Path, limit: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > limit:
            raise TooLarge(f"The file has {size} bytes; at most {limit} are accepted.")
        return path.read_bytes()
    except OSError as error:
        raise BadRequest(f"The file {path} cannot be read.") from error


def _classify(settings: Settings, mark_uncertain: bool) -> int:
    from ocr_service.category.classifier import CategoryClassifier
    from ocr_service.category.shelf_life import ShelfLife

    names = [line.rstrip("\n") for line in sys.stdin]
    shelf_life = ShelfLife.load()
    for name, prediction in zip(
        names, CategoryClassifier.load(settings.models_dir / "category").predict(names), strict=True
    ):
        suggestion = shelf_life.suggest(name, prediction.code)
        days = "" if suggestion.days is None else suggestion.days
        columns = [prediction.code, f"{prediction.confidence:.4f}", suggestion.storage or "", str(days)]
        if mark_uncertain:
            columns.append("uncertain" if prediction.uncertain else "sure")
        print(*columns, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
