"""Registers the models of the repository in MLflow as champions, where the registry has none: `make mlops` starts it.

MLFLOW_TRACKING_URI is the server. The command may be repeated at any time.
"""

import json
from pathlib import Path
from typing import Any

from model_export import tracking
from model_export.manifest import MODELS_DIR
from model_export.registry import APPROVED, CHAMPION, RECOGNISER, Registry
from model_export.retrain import champion


def register_all(classifier: Registry, recogniser: Registry) -> list[str]:
    """Register the category model and the recogniser; returns the names of the models that had no champion."""
    registered = []
    if classifier.champion() is None:
        classifier.set_alias(CHAMPION, champion.register_packaged(classifier))
        registered.append(classifier.name)
    if recogniser.champion() is None:
        recogniser.set_alias(CHAMPION, register_recogniser(recogniser, MODELS_DIR))
        registered.append(recogniser.name)
    return registered


def register_recogniser(registry: Registry, models: Path) -> str:
    """Register the packaged recogniser with the training and the quality that the manifest states."""
    entry = json.loads((models / "manifest.json").read_text(encoding="utf-8"))["models"]["recognition"]
    training = {name: value for name, value in entry.get("training", {}).items() if name not in ("data", "code")}
    data = str(entry.get("training", {}).get("data", "unknown"))
    run = tracking.Run.start(registry.name, "packaged", data, {"model": entry["version"], **training})
    metrics = _figures(entry["quality"])
    run.log(metrics)
    version = registry.register(run.id, models / "recognition", metrics)
    description = f"The recogniser {entry['version']} of the repository. Made by {entry['made_by']}."
    registry.describe(version, description, APPROVED)
    return version


def _figures(quality: dict[str, Any], prefix: str = "") -> dict[str, float]:
    """The numbers of a nested object, by their path."""
    figures: dict[str, float] = {}
    for name, value in quality.items():
        if isinstance(value, dict):
            figures |= _figures(value, f"{prefix}{name}_")
        elif isinstance(value, int | float):
            figures[prefix + name] = float(value)
    return figures


def main() -> None:
    """Register the models and print their names."""
    uri = tracking.connect()
    for name in register_all(Registry(uri), Registry(uri, RECOGNISER)):
        print(f"registered {name}")


if __name__ == "__main__":
    main()
