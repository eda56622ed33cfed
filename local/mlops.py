"""Servers around the models, beside a running stack: MLflow, Label Studio, the exporter, Prometheus.

stack's Postgres ◀── MLflow (runs, registry)          Label Studio ◀── annotators
       ▲   ▲──────── python -m model_export.retrain ──▶ releases ──▶ OCR service
       └──────────── exporter ◀── Prometheus ──▶ OCR service
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from local import prometheus_pages
from local.files import write_private
from local.processes.group import ProcessGroup, ProgressCallback
from local.processes.service import STACK_VARIABLE, Service, ServiceError, answers, free_port
from local.servers.label_studio import LabelStudio
from local.servers.mlflow import MlflowServer
from local.stack import ROOT, Addresses

MONITORING = ROOT / "infra" / "monitoring"


class Mlops(ProcessGroup):
    """A context in which the servers run.

    Args:
        addresses: of the running stack.
        directory: the stack's folder; the servers store their data below it. They end with the stack.
        progress: called with each step.

    Attributes:
        urls: of the servers' user interfaces, by name.
        environment: settings for the jobs of `model_export` on this stack.
        label_studio: the server, for adding annotators.
    """

    def __init__(self, addresses: Addresses, directory: Path, *, progress: ProgressCallback = lambda _: None) -> None:
        super().__init__()
        self._addresses = addresses
        self._directory = directory.resolve()
        self._progress = progress
        self._tag = {STACK_VARIABLE: str(self._directory)}
        self.urls: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        self.label_studio: LabelStudio

    def wait(self) -> None:
        """Block until a server ends, as they do with their stack.

        Raises:
            ServiceError: a server ended.
        """
        pause = threading.Event()
        while not pause.wait(1):
            for service in self._services.values():
                if not service.running:
                    raise ServiceError(f"{service.name} ended.\n{service.log_end()}")

    def environment_file(self) -> Path:
        """Write the environment to a file for a shell: `set -a; . FILE`."""
        file = self._directory / "mlops.env"
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in self.environment.items()]
        write_private(file, "".join(lines))
        return file

    def _start(self) -> None:
        self._progress("MLflow")
        # MLflow loads while the others start.
        mlflow = MlflowServer.launch(
            self._folder("mlflow"), self._log("mlflow"), self._addresses.database_url, self._tag
        )
        self._add(mlflow.service)
        self._progress("exporter")
        exporter_port = self._launch_exporter()
        self._progress("Label Studio")
        self.label_studio = LabelStudio.start(self._folder("label_studio"), self._log("label_studio"), self._tag)
        self._add(self.label_studio.service)
        self.urls = {
            "MLflow": mlflow.url,
            "Label Studio": self.label_studio.url,
            "exporter": f"http://127.0.0.1:{exporter_port}/metrics",
        }
        if program := shutil.which("prometheus"):
            self._progress("Prometheus")
            prometheus = self._launch_prometheus(program, exporter_port)
            self.urls |= {"Prometheus": prometheus, "dashboards": f"{prometheus}/consoles/pipeline.html"}
        for service in self._services.values():
            service.wait()
        self._progress("models of the repository in MLflow")
        self._register_models(mlflow.url)
        self.environment = {
            "DATABASE_URL": self._addresses.database_url,
            "MLFLOW_TRACKING_URI": mlflow.url,
            "RELEASE_URI": self._addresses.release_uri,
            "LABEL_STUDIO_URL": self.label_studio.url,
            "LABEL_STUDIO_TOKEN": self.label_studio.token,
        }

    def _register_models(self, mlflow_url: str) -> None:
        """Let MLflow show the models that are served before the first retraining."""
        environment = {**os.environ, **self._tag, "MLFLOW_TRACKING_URI": mlflow_url}
        command = [sys.executable, "-m", "model_export.packaged"]
        result = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        self._log("packaged_models").write_text(result.stdout + result.stderr, encoding="utf-8")
        if result.returncode:
            raise ServiceError(f"The models were not registered in MLflow.\n{result.stderr[-2000:]}")

    def _launch_exporter(self) -> int:
        port = free_port()
        command = [sys.executable, "-m", "infra.monitoring", "serve", "--port", str(port)]
        environment = {**self._tag, "DATABASE_URL": self._addresses.database_url}
        service = Service(
            "exporter", command, environment, self._log("exporter"), answers(f"http://127.0.0.1:{port}/metrics")
        )
        self._add(service)
        service.start()
        return port

    def _launch_prometheus(self, program: str, exporter_port: int) -> str:
        folder, port = self._folder("prometheus"), free_port()
        shutil.copyfile(MONITORING / "prometheus.yml", folder / "prometheus.yml")
        shutil.copytree(MONITORING / "rules", folder / "rules", dirs_exist_ok=True)
        prometheus_pages.write(MONITORING / "dashboards", folder / "consoles")
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
        self._add(service)
        service.start()
        return url

    def _folder(self, name: str) -> Path:
        folder = self._directory / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _log(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"
