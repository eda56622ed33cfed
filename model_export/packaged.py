"""Registers the models of the repository in MLflow as champions, where the registry has none: `make mlops` starts it.

MLFLOW_TRACKING_URI is the server. The command may be repeated at any time.
"""

from model_export import tracking
from model_export.registry import CHAMPION, RECOGNISER, Registry
from model_export.retrain import champion


def register_all(classifier: Registry, recogniser: Registry) -> list[str]:
    """Register the category model and the recogniser; returns the names of the models that had no champion."""
    registered = []
    if classifier.champion() is None:
        classifier.set_alias(CHAMPION, champion.register_packaged(classifier))
        registered.append(classifier.name)
    if recogniser.champion() is None:
        recogniser.set_alias(CHAMPION, champion.register_recogniser(recogniser))
        registered.append(recogniser.name)
    return registered


def main() -> None:
    """Register the models and print their names."""
    uri = tracking.connect()
    for name in register_all(Registry(uri), Registry(uri, RECOGNISER)):
        print(f"registered {name}")


if __name__ == "__main__":
    main()
