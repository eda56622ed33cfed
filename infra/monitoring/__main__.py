"""Command line: the exporter, and the files that go with it."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from infra.monitoring import dashboards, drift
from infra.monitoring.database import Database
from infra.monitoring.drift import Reference
from infra.monitoring.exporter import Exporter, serve

ROOT = Path(__file__).resolve().parents[2]
MODEL_DIR = ROOT / "ocr_service" / "models" / "category"


def export(arguments: argparse.Namespace) -> None:
    """Serve Prometheus metrics of the database until told to stop."""
    if not arguments.database_url:
        raise SystemExit("Set DATABASE_URL: the connection string of a role that may run private.monitoring_snapshot.")
    try:
        reference = Reference.load(arguments.reference)
    except (OSError, ValueError) as error:
        raise SystemExit(f"No training distribution in {arguments.reference}: {error}") from error
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    database = Database(arguments.database_url, arguments.timeout)
    try:
        server, thread = serve(
            Exporter(database, _current(reference, arguments.release_uri)), arguments.host, arguments.port
        )
    except OSError as error:
        raise SystemExit(f"Port {arguments.port} cannot be served: {error.strerror}.") from error
    print(f"http://{arguments.host}:{server.server_port}/metrics", flush=True)
    told.wait()
    server.shutdown()
    server.server_close()
    thread.join()
    database.close()


def _current(shipped: Reference, release_uri: str) -> Callable[[], Reference]:
    if not release_uri:
        return lambda: shipped
    # Only here: most local runs follow no releases, and this loads the clients of cloud storage.
    from infra.monitoring.champion_distribution import ReleasedReference
    from ocr_service.releases.store import ReleaseStore

    return ReleasedReference(shipped, ReleaseStore(release_uri))


def describe(arguments: argparse.Namespace) -> None:
    """Write the training distribution of a category model beside it."""
    # Only here: the exporter's image needs neither the classifier nor its training data.
    from model_export.classifier import dataset, training_distribution

    built = training_distribution.write(arguments.model, dataset.load())
    print(f"{arguments.model / drift.FILE}: {built.version}, {len(built.syllables)} syllables")


def draw(arguments: argparse.Namespace) -> None:
    """Write the Grafana dashboards to infra/monitoring, or check that those there are up to date."""
    for name, text in dashboards.rendered().items():
        path = dashboards.FOLDER / name
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise SystemExit(f"{path} is stale: run python -m infra.monitoring dashboards")


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="python -m infra.monitoring", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("serve", help=export.__doc__, description=export.__doc__)
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    command.add_argument(
        "--port", type=int, default=int(os.environ.get("PORT", "9187")), help="0 takes a free one (PORT, else 9187)"
    )
    command.add_argument(
        "--database-url", default=os.environ.get("DATABASE_URL", ""), help="connection string (DATABASE_URL)"
    )
    command.add_argument("--timeout", type=float, default=8, help="seconds the database may take (%(default)s)")
    command.add_argument(
        "--reference", type=Path, default=MODEL_DIR / drift.FILE, help="training distribution (of the shipped model)"
    )
    command.add_argument(
        "--release-uri",
        default=os.environ.get("RELEASE_URI", ""),
        help="where the released champion's distribution is looked for (RELEASE_URI); none: always --reference",
    )
    command.set_defaults(run=export)

    command = commands.add_parser("reference", help=describe.__doc__, description=describe.__doc__)
    command.add_argument("--model", type=Path, default=MODEL_DIR, help="folder of the model (%(default)s)")
    command.set_defaults(run=describe)

    command = commands.add_parser("dashboards", help=draw.__doc__, description=draw.__doc__)
    command.add_argument("--check", action="store_true", help="write nothing; fail if a file is not what the code says")
    command.set_defaults(run=draw)
    return top


def main() -> None:
    """Parse the command line and run the command."""
    arguments = parser().parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
