"""MLflow as in the cloud: runs and registry in Postgres, artefacts behind the server in a folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.service import Service, answers, free_port

DATABASE = "mlflow"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Its own queue of background jobs is for evaluating language models.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


@dataclass
class MlflowServer:
    """A running server, for people at `url` and for clients as MLFLOW_TRACKING_URI."""

    url: str
    service: Service

    @classmethod
    def begin(
        cls, directory: Path, log: Path, database_url: str, environment: Mapping[str, str] | None = None
    ) -> MlflowServer:
        """Begin to start on the Postgres at `database_url` (psycopg's form), with a database of its own there.

        Artefacts go below `directory`. `service.wait()` returns once it answers.
        """
        _make_database(database_url)
        server, _, _ = database_url.rpartition("/")
        store = f"{server.replace('postgresql://', 'postgresql+psycopg://', 1)}/{DATABASE}"
        artefacts = directory / "artefacts"
        artefacts.mkdir(parents=True, exist_ok=True)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
        command += ["--artifacts-destination", artefacts.resolve().as_uri()]
        service = Service(
            name="mlflow",
            command=[*command, "--workers", "1"],
            # Other users of the machine see command lines; the address holds the password.
            environment={**QUIET, "MLFLOW_BACKEND_STORE_URI": store, **(environment or {})},
            log=log,
            ready=answers(f"{url}/health"),
            patience_s=120,
            folder=directory,
        )
        service.start()
        return cls(url, service)

    def stop(self) -> None:
        """End it; the data stays."""
        self.service.stop()


def _make_database(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"create database {DATABASE}")
