"""Weeks of simulated users and retraining on a separate stack, with a real MLflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import requests
from rich.console import Console

from local.processes.service import STACK_VARIABLE, ServiceError
from local.servers.mlflow import MlflowServer
from local.stack import ROOT, Stack

FONTS = ROOT / "local" / "node_modules" / "@expo-google-fonts" / "nanum-gothic"
FONT = FONTS / "400Regular" / "NanumGothic_400Regular.ttf"


def run(directory: Path, weeks: int, plot: Path, console: Console) -> None:
    """Simulate `weeks` weeks on a new stack in `directory`, whose previous content is deleted.

    Raises:
        ServiceError: a server did not start, or the simulation failed.
    """
    shutil.rmtree(directory, ignore_errors=True)
    console.print("Starting a separate stack")
    with Stack(directory, progress=lambda step: console.print(f"  {step} …")) as stack:
        console.print("  MLflow …")
        addresses, tag = stack.addresses, {STACK_VARIABLE: str(stack.directory)}
        mlflow = MlflowServer.launch(directory / "mlflow", stack.logs_dir / "mlflow.log", addresses.database_url, tag)
        try:
            mlflow.service.wait()
            console.print(f"\nRuns and models can be watched at {mlflow.url}\n", markup=False)
            environment = {
                **os.environ,
                **tag,
                "DATABASE_URL": addresses.database_url,
                "MLFLOW_TRACKING_URI": mlflow.url,
                "RELEASE_URI": addresses.release_uri,
            }
            command = [
                sys.executable,
                "-m",
                "model_export.simulation",
                "--weeks",
                str(weeks),
                "--font",
                str(FONT),
                "--plot",
                str(plot),
            ]
            if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
                raise ServiceError("The simulation failed.")
            ready = requests.get(f"{addresses.ocr_url}/readyz", timeout=20).json()
            console.print(f"The OCR service answers with {ready['model_versions']['category']} now.")
            if sys.stdin.isatty():
                console.input("\nMLflow runs until you press Enter. ")
        finally:
            mlflow.stop()
            console.print("\nStopping the stack")
