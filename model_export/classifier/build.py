"""From labelled names to a registered category model: train, evaluate, export, describe, register.

`build` runs all steps; the command line runs them one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sklearn.pipeline import Pipeline

from model_export import tracking
from model_export.classifier import dataset, evaluate, export_onnx, mlflow_report, train_model, training_distribution
from model_export.classifier.dataset import Example
from model_export.classifier.evaluate import Report
from model_export.classifier.export_onnx import Parity
from model_export.classifier.train_model import Settings, Trained
from model_export.registry import Registry
from ocr_service.category.classifier import CategoryClassifier

ProgressCallback = Callable[[str], None]


def build(
    registry: Registry,
    run: tracking.Run,
    examples: Sequence[Example],
    settings: Settings,
    folder: Path,
    *,
    parity_names: Sequence[str] | None = None,
    progress: ProgressCallback = lambda _: None,
) -> str:
    """Train a model, write it to `folder` and register it; returns its version.

    parity_names: names on which the exported model must equal the trained one; None for all of `examples`.
    Raises ParityError.
    """
    trained = train(run, examples, settings)
    progress("exporting to ONNX and comparing with the trained model")
    names = [example.name for example in examples] if parity_names is None else parity_names
    export(trained.pipeline, trained.threshold, examples, names, folder)
    return register(registry, run, trained.report, folder)


def start_run(
    kind: str,
    examples: Sequence[Example],
    settings: Settings,
    parameters: Mapping[str, str | float] | None = None,
    run_id: str = "",
) -> tracking.Run:
    """Start the run of a training in MLflow, or resume the run `run_id`. `parameters` are logged beside `settings`."""
    logged = {**asdict(settings), "names": len(examples), **(parameters or {})}
    return mlflow_report.start(kind, dataset.digest(examples), logged, run_id)


def train(run: tracking.Run, examples: Sequence[Example], settings: Settings) -> Trained:
    """Fit a model, evaluate it on the frozen test names and log both in its run."""
    mlflow_report.log_datasets(run, {"training names": examples}, "training")
    mlflow_report.log_datasets(run, {"frozen test names": dataset.load_evaluation("test")}, "evaluation")
    trained = train_model.train(examples, settings)
    mlflow_report.log(run, evaluate.probabilities_of(trained.pipeline), trained.report)
    run.log({"temperature": trained.temperature})
    return trained


def export(
    pipeline: Pipeline, threshold: float, examples: Sequence[Example], parity_names: Sequence[str], folder: Path
) -> Parity:
    """Write the ONNX model and its training distribution to `folder`.

    pipeline: fitted on `examples`. Raises ParityError before anything is written.
    """
    metadata = {"data_sha256": dataset.digest(examples), "threshold": str(threshold)}
    parity = export_onnx.export(pipeline, parity_names, metadata, folder)
    distribution = training_distribution.describe(CategoryClassifier.load(folder), examples)
    distribution.save(folder / training_distribution.FILE)
    return parity


def register(registry: Registry, run: tracking.Run, report: Report, folder: Path) -> str:
    """Register the model in `folder`, with its metrics; returns its version in the registry."""
    return registry.register(run.id, folder, mlflow_report.metrics(report))
