"""Terraform sets exactly variables that the programs read, among them every required one."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from functions.barcode.settings import BarcodeSettings
from functions.core.settings import Settings, TracingSettings, WebhookSettings
from functions.reminders.settings import ReminderSettings
from ocr_service.settings import Settings as OcrSettings

ROOT = Path(__file__).resolve().parents[3]
FILES = [*(ROOT / "infra").glob("*.tf"), ROOT / "infra" / "modules" / "ocr_service" / "main.tf"]
TERRAFORM = "".join(file.read_text(encoding="utf-8") for file in FILES)
PROVIDERS = re.search(r"setsubtract\(var\.barcode_providers\.keys, \[(.*)\]\)", TERRAFORM)


def names(settings: type[BaseSettings | BaseModel], prefix: str = "") -> Iterator[str]:
    """Names of the environment variables of a settings class."""
    for name, field in settings.model_fields.items():
        yield f"{prefix}{name}".upper()
        if isinstance(field.default, BaseModel):
            yield from names(type(field.default), f"{prefix}{name}__")


def required(settings: type[BaseSettings]) -> set[str]:
    return {name.upper() for name, field in settings.model_fields.items() if field.is_required()}


def assigned() -> set[str]:
    """Variables that Terraform assigns; only environment variables are in capitals there."""
    return set(re.findall(r"\b([A-Z]+(?:_+[A-Z]+)+) +=", TERRAFORM))


def test_every_variable_is_read_by_a_program() -> None:
    functions = {
        name
        for settings in (Settings, WebhookSettings, TracingSettings, BarcodeSettings, ReminderSettings)
        for name in names(settings)
    }
    script = "from mlflow.cli import cli; print(*[option.envvar for option in cli.commands['server'].params])"
    server = set(subprocess.check_output([sys.executable, "-c", script], text=True).split())
    jobs = set(
        re.findall(
            r'"([A-Z]+(?:_[A-Z]+)+)"',
            "".join(
                (ROOT / job / "__main__.py").read_text(encoding="utf-8")
                for job in ("model_export/retrain", "model_export/annotation", "infra/monitoring")
            ),
        )
    )
    assert {"SUPABASE_URL", "OCR_THREADS", "MLFLOW_TRACKING_URI", "OPENFOODFACTS__CONTACT"} <= assigned()
    # Read by Label Studio itself, some without its prefix, or by start.py of its image.
    annotators = {"DATABASE_URL", "SECRET_KEY", "LABEL_STUDIO_HOST", "LABEL_STUDIO_USERNAME", "LABEL_STUDIO_PASSWORD"}
    annotators |= {"STORAGE_TYPE", "STORAGE_GCS_PROJECT_ID", "STORAGE_GCS_BUCKET_NAME", "DISABLE_SIGNUP_WITHOUT_LINK"}
    annotators |= {"CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE"}
    rclone = {name for name in assigned() if name.startswith("RCLONE_CONFIG_")}
    assert assigned() <= functions | set(names(OcrSettings, "OCR_")) | server | jobs | annotators | rclone


def test_required_settings_are_assigned() -> None:
    assert required(Settings) | required(WebhookSettings) | required(BarcodeSettings) <= assigned()


def test_providers_with_a_key_have_a_setting() -> None:
    assert PROVIDERS
    keys = {f"{name}__KEY".upper() for name in re.findall(r'"(\w+)"', PROVIDERS[1])}
    assert keys == {name for name in names(BarcodeSettings) if name.endswith("__KEY")} - {"OPENFOODFACTS__KEY"}
