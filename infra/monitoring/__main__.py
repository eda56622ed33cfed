"""Command line: serve the Prometheus exporter, and write the dashboards."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from infra.monitoring import dashboards as grafana
from infra.monitoring import exporter
from infra.monitoring.database import Database
from infra.monitoring.exporter import Exporter
from model_export.classifier.training_distribution import PACKAGED, TrainingDistribution


def serve(arguments: argparse.Namespace) -> None:
    """Serve Prometheus metrics of the database until SIGTERM or SIGINT."""
    if not arguments.database_url:
        raise SystemExit("Set DATABASE_URL: the connection string of a role that may run private.monitoring_snapshot.")
    try:
        packaged = TrainingDistribution.load(arguments.training_distribution)
    except (OSError, ValueError) as error:
        raise SystemExit(f"No training distribution in {arguments.training_distribution}: {error}") from error
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(arguments.database_url, arguments.timeout)
    try:
        server, thread = exporter.serve(
            Exporter(database, _distribution(packaged, arguments.release_uri)), arguments.host, arguments.port
        )
    except OSError as error:
        raise SystemExit(f"Cannot listen on port {arguments.port}: {error.strerror}.") from error
    print(f"http://{arguments.host}:{server.server_port}/metrics", flush=True)
    stop.wait()
    server.shutdown()
    server.server_close()
    thread.join()
    database.close()


def _distribution(packaged: TrainingDistribution, release_uri: str) -> Callable[[], TrainingDistribution | None]:
    if not release_uri:
        return lambda: packaged
    # Imported here because most local runs follow no releases, and this loads the clients of cloud storage.
    from infra.monitoring.champion_distribution import ChampionDistribution
    from ocr_service.releases.store import ReleaseStore

    return ChampionDistribution(packaged, ReleaseStore(release_uri))


def dashboards(arguments: argparse.Namespace) -> None:
    """Write the dashboards to infra/monitoring/dashboards, or check that they are up to date."""
    for name, text in grafana.rendered().items():
        path = grafana.FOLDER / name
        if not arguments.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise SystemExit(f"{path} is stale: run python -m infra.monitoring dashboards")


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="python -m infra.monitoring", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("serve", help=serve.__doc__, description=serve.__doc__)
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    command.add_argument(
        "--port", type=int, default=int(os.environ.get("PORT", "9187")), help="0: a free port (PORT, else 9187)"
    )
    command.add_argument(
        "--database-url", default=os.environ.get("DATABASE_URL", ""), help="connection string (DATABASE_URL)"
    )
    command.add_argument("--timeout", type=float, default=8, help="time limit of the database in s (%(default)s)")
    command.add_argument(
        "--training-distribution", type=Path, default=PACKAGED, help="of the packaged model (%(default)s)"
    )
    command.add_argument(
        "--release-uri",
        default=os.environ.get("RELEASE_URI", ""),
        help="published releases: drift is measured against the champion's distribution (RELEASE_URI); without it, "
        "against --training-distribution",
    )
    command.set_defaults(run=serve)

    command = commands.add_parser("dashboards", help=dashboards.__doc__, description=dashboards.__doc__)
    command.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    command.set_defaults(run=dashboards)
    return top


def main() -> None:
    """Parse the command line and run the command."""
    arguments = parser().parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
