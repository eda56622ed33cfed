"""A category model as a run in MLflow: its data, parameters and metrics."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from model_export import tracking
from model_export.classifier import dataset, evaluate, plots
from model_export.classifier.dataset import Example
from model_export.classifier.evaluate import Model, Report
from model_export.registry import CLASSIFIER

METRICS = ("accuracy", "macro_f1", "noisy_accuracy", "food", "calibration_error", "coverage", "precision_covered")
"""Fields of a report that runs and versions are compared by."""


def metrics(report: Report) -> dict[str, float]:
    """The METRICS of a report."""
    return {name: float(getattr(report, name)) for name in METRICS}


def start(kind: str, data: str, parameters: Mapping[str, str | float], run_id: str = "") -> tracking.Run:
    """Start the run of a model trained on data of the digest `data`, or resume the run `run_id`."""
    return tracking.Run.start(CLASSIFIER, kind, data, parameters, run_id)


def log_datasets(run: tracking.Run, datasets: Mapping[str, Sequence[Example]], context: tracking.Dataset) -> None:
    """Log sets of labelled names as inputs of a run, by their names. Empty ones are left out."""
    for name, examples in datasets.items():
        if examples:
            columns = {"name": [e.name for e in examples], "category": [e.category for e in examples]}
            run.log_dataset(name, columns, context)


def log(run: tracking.Run, model: Model, report: Report) -> None:
    """Log metrics, tables and plots; `report` is on the frozen test names.

    The ONNX model itself is logged when the registry registers it.
    """
    run.log({**metrics(report), "threshold": report.threshold})
    run.log_plots(draw(model, report.threshold))
    run.log_texts({"report.txt": evaluate.as_text(report), "per_class.csv": per_class(report)})


def draw(model: Model, threshold: float) -> dict[str, Figure]:
    """Every plot of a model's answers on the frozen test names, by file name."""
    test = dataset.load_evaluation("test")
    answers = evaluate.answers(model([example.name for example in test]), test)
    return plots.draw_all(answers, threshold, "Category model on the frozen test names")


def per_class(report: Report) -> str:
    """Precision, recall, F1 and number of names of every category, as CSV."""
    rows = [f"{code},{','.join(f'{value:g}' for value in row.values())}" for code, row in report.per_class.items()]
    return "\n".join(["category,precision,recall,f1,names", *rows]) + "\n"
