"""A category model as a run in MLflow: what it was made from and how good it is."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from model_export import tracking
from model_export.classifier import dataset, evaluate, pictures
from model_export.classifier.evaluate import Model, Report
from model_export.registry import CLASSIFIER

FIGURES = ("accuracy", "macro_f1", "noisy_accuracy", "food", "calibration_error", "coverage", "precision_covered")


def metrics(report: Report) -> dict[str, float]:
    """The figures that runs and versions are compared by."""
    return {name: float(getattr(report, name)) for name in FIGURES}


def start(kind: str, data: str, parameters: Mapping[str, str | float], known: str = "") -> tracking.Run:
    """Begin the run of a model trained on data of the digest `data`, or go on with the one `known` by its id."""
    return tracking.Run.start(CLASSIFIER, kind, data, parameters, known)


def record(run: tracking.Run, model: Model, report: Report) -> None:
    """Log figures, table and pictures; `report` is on the frozen test names.

    The ONNX model follows when the registry registers it.
    """
    run.log({**metrics(report), "threshold": report.threshold})
    run.log_pictures(draw(model, report.threshold))
    run.log_texts({"report.txt": evaluate.as_text(report), "per_class.csv": per_class(report)})


def draw(model: Model, threshold: float) -> dict[str, Figure]:
    """Every picture of a model's answers on the frozen test names, by file name."""
    test = dataset.load_evaluation("test")
    given = evaluate.answers(model([example.name for example in test]), test)
    return pictures.all_of(given, threshold, "Category model on the frozen test names")


def per_class(report: Report) -> str:
    """Precision, recall, F1 and names of every category as CSV."""
    rows = [f"{code},{','.join(f'{value:g}' for value in row.values())}" for code, row in report.per_class.items()]
    return "\n".join(["category,precision,recall,f1,names", *rows]) + "\n"
