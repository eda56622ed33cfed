"""MLflow as in the cloud: runs and registry in Postgres, artefacts in a folder that only the server reads."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.processes.service import Service, answers, free_port

DATABASE = "mlflow"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # MLflow's queue of background jobs evaluates language models.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


@dataclass
class MlflowServer:
    """A server; `url` is its user interface and the MLFLOW_TRACKING_URI of clients."""

    url: str
    service: Service

    @classmethod
    def launch(
        cls, directory: Path, log: Path, database_url: str, environment: Mapping[str, str] | None = None
    ) -> MlflowServer:
        """Start without waiting; `service.wait()` returns once the server answers.

        Args:
            directory: artefacts are stored below it.
            log: receives the server's output.
            database_url: of a superuser, in psycopg's form. MLflow gets its own database on that server.
            environment: added to this process's environment.
        """
        _create_database(database_url)
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
            # Other users of the machine see command lines, and the address contains the password.
            environment={**QUIET, "MLFLOW_BACKEND_STORE_URI": store, **(environment or {})},
            log=log,
            ready=answers(f"{url}/health"),
            timeout_s=120,
            folder=directory,
        )
        service.start()
        return cls(url, service)

    def stop(self) -> None:
        """Stop the server; the data stays."""
        self.service.stop()


def _create_database(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"create database {DATABASE}")
