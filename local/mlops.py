"""What a person looks at the models with, beside a running stack: MLflow, Label Studio, the exporter, Prometheus.

stack's Postgres ◀── MLflow (runs, registry)          Label Studio ◀── annotators
       ▲   ▲──────── python -m model_export.retrain ──▶ releases ──▶ OCR service
       └──────────── exporter ◀── Prometheus ──▶ OCR service
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import threading
from pathlib import Path

from local import consoles
from local.files import write_private
from local.label_studio import LabelStudio
from local.mlflow_server import MlflowServer
from local.service import STACK_VARIABLE, Service, ServiceError, answers, free_port
from local.stack import ROOT, Addresses, Say
from local.together import Together

MONITORING = ROOT / "infra" / "monitoring"


class Mlops(Together):
    """A context in which the servers run.

    Args:
        addresses: of the running stack that they belong to.
        directory: the stack's folder; what the servers keep goes below it. They end with the stack.
        say: told each step, for progress.

    Attributes:
        urls: of each server, for people.
        environment: what the jobs of `model_export` need to work on this stack.
        label_studio: the server, for adding annotators.
    """

    def __init__(self, addresses: Addresses, directory: Path, *, say: Say = lambda _: None) -> None:
        super().__init__()
        self._addresses = addresses
        self._directory = directory.resolve()
        self._say = say
        self._tag = {STACK_VARIABLE: str(self._directory)}
        self.urls: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        self.label_studio: LabelStudio

    def wait(self) -> None:
        """Return never, unless interrupted. Raises: ServiceError when a server ends, as they do with their stack."""
        pause = threading.Event()
        while not pause.wait(1):
            for service in self._services.values():
                if not service.running:
                    raise ServiceError(f"{service.name} ended.\n{service.log_end()}")

    def environment_file(self) -> Path:
        """The environment as a file for a shell: `set -a; . FILE`."""
        file = self._directory / "mlops.env"
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in self.environment.items()]
        write_private(file, "".join(lines))
        return file

    def _start(self) -> None:
        self._say("MLflow")
        # It loads while the others start.
        mlflow = MlflowServer.begin(
            self._folder("mlflow"), self._log("mlflow"), self._addresses.database_url, self._tag
        )
        self._keep(mlflow.service)
        self._say("exporter")
        exporter_port = self._begin_exporter()
        self._say("Label Studio")
        self.label_studio = LabelStudio.start(self._folder("label_studio"), self._log("label_studio"), self._tag)
        self._keep(self.label_studio.service)
        self.urls = {
            "MLflow": mlflow.url,
            "Label Studio": self.label_studio.url,
            "exporter": f"http://127.0.0.1:{exporter_port}/metrics",
        }
        if program := shutil.which("prometheus"):
            self._say("Prometheus")
            prometheus = self._begin_prometheus(program, exporter_port)
            self.urls |= {"Prometheus": prometheus, "dashboards": f"{prometheus}/consoles/pipeline.html"}
        for service in self._services.values():
            service.wait()
        self.environment = {
            "DATABASE_URL": self._addresses.database_url,
            "MLFLOW_TRACKING_URI": mlflow.url,
            "RELEASE_URI": self._addresses.release_uri,
            "LABEL_STUDIO_URL": self.label_studio.url,
            "LABEL_STUDIO_TOKEN": self.label_studio.token,
        }

    def _begin_exporter(self) -> int:
        port = free_port()
        command = [sys.executable, "-m", "infra.monitoring", "serve", "--port", str(port)]
        environment = {**self._tag, "DATABASE_URL": self._addresses.database_url}
        service = Service(
            "exporter", command, environment, self._log("exporter"), answers(f"http://127.0.0.1:{port}/metrics")
        )
        self._keep(service)
        service.start()
        return port

    def _begin_prometheus(self, program: str, exporter_port: int) -> str:
        folder, port = self._folder("prometheus"), free_port()
        shutil.copyfile(MONITORING / "prometheus.yml", folder / "prometheus.yml")
        shutil.copytree(MONITORING / "rules", folder / "rules", dirs_exist_ok=True)
        consoles.write(MONITORING / "dashboards", folder / "consoles")
        ocr = self._addresses.ocr_url.removeprefix("http://")
        targets = [
            {"labels": {"job": "jangbogi"}, "targets": [f"127.0.0.1:{exporter_port}"]},
            {"labels": {"job": "ocr"}, "targets": [ocr]},
        ]
        (folder / "targets.json").write_text(json.dumps(targets))
        url = f"http://127.0.0.1:{port}"
        options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.console.templates=consoles"]
        command = [program, *options, f"--web.listen-address=127.0.0.1:{port}"]
        ready = answers(f"{url}/-/ready")
        service = Service("prometheus", command, self._tag, self._log("prometheus"), ready, folder=folder)
        self._keep(service)
        service.start()
        return url

    def _folder(self, name: str) -> Path:
        folder = self._directory / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _log(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"
