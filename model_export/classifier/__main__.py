"""Command line: train, evaluate and export the category classifier."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from model_export import manifest, tracking
from model_export.classifier import artefacts, dataset, evaluate, export_onnx, record, train_model
from model_export.registry import Registry
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE, CategoryClassifier

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / ".local" / "classifier"
MODEL_DIR = ROOT / "ocr_service" / "models" / "category"


def train(arguments: argparse.Namespace) -> None:
    """Fit, report on names of tills never trained on, and keep the artefacts for `export`."""
    examples = dataset.load()
    trained = train_model.train(examples, train_model.Settings(seed=arguments.seed))
    output: Path = arguments.output
    artefacts.save(trained.pipeline, output)
    tracking.connect()
    run = record.start("training", dataset.digest(examples), {**asdict(trained.settings), "names": len(examples)})
    record.record(run, evaluate.probabilities_of(trained.pipeline), trained.report)
    run.log({"temperature": trained.temperature})
    made = {
        "mlflow_run": run.id,
        "data_sha256": dataset.digest(examples),
        "names": len(examples),
        "families": len({example.family for example in examples}),
        "temperature": trained.temperature,
        "threshold": trained.threshold,
        "settings": asdict(trained.settings),
        "report": asdict(trained.report),
    }
    (output / "report.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(evaluate.as_text(trained.report))


def unseen(arguments: argparse.Namespace) -> None:
    """Fit without the test side, with the settings of `train`, and report on families and brands never seen."""
    made = json.loads((arguments.output / "report.json").read_text(encoding="utf-8"))
    settings = train_model.Settings(**made["settings"])
    reports = train_model.unseen(dataset.load(), settings, made["temperature"], made["threshold"])
    as_json = json.dumps({kind: asdict(report) for kind, report in reports.items()}, indent=1)
    (arguments.output / "unseen.json").write_text(as_json + "\n", encoding="utf-8")
    for kind, report in reports.items():
        print(f"{kind} names of families and brands never seen", evaluate.as_text(report), sep="\n")


def export(arguments: argparse.Namespace) -> None:
    """Convert the artefacts, check parity, write the model and its entry in the manifest, and register it."""
    made = json.loads((arguments.output / "report.json").read_text(encoding="utf-8"))
    examples = dataset.load()
    if dataset.digest(examples) != made["data_sha256"]:
        raise SystemExit("The data changed since training: train again.")
    metadata = {"data_sha256": made["data_sha256"], "threshold": str(made["threshold"])}
    pipeline = artefacts.load(arguments.output)
    parity = export_onnx.export(pipeline, [example.name for example in examples], metadata, arguments.output)
    artefacts.ship(arguments.output, MODEL_DIR)
    version = CategoryClassifier.load(MODEL_DIR).version
    report = made["report"]
    manifest.update(
        "category",
        {
            "version": version,
            "files": [MODEL_DIR / MODEL_FILE, MODEL_DIR / CATEGORIES_FILE],
            "licence": "Apache-2.0",
            "origin": "model_export/classifier/data",
            "made_by": "python -m model_export.classifier train && python -m model_export.classifier export",
            "quality": {
                key: round(report[key], 4)
                for key in (
                    "names",
                    "accuracy",
                    "macro_f1",
                    "food",
                    "calibration_error",
                    "coverage",
                    "precision_covered",
                )
            },
        },
    )
    figures = {name: report[name] for name in record.FIGURES}
    registered = Registry(tracking.connect()).register(made["mlflow_run"], MODEL_DIR, figures)
    print(f"{version}, version {registered} in the registry")
    print(f"{parity.texts} texts equal, probabilities within {parity.largest_difference:.1e}")


def draw(arguments: argparse.Namespace) -> None:
    """Draw confusions, calibration and abstention of the exported model on the frozen test names."""
    model = CategoryClassifier.load(MODEL_DIR)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, picture in record.draw(model.probabilities, model.threshold).items():
        picture.savefig(arguments.output / name, dpi=110, metadata={"Software": None})
        print(arguments.output / name)


def check(arguments: argparse.Namespace) -> None:
    """Score the exported model on a file of `code<TAB>name` lines."""
    lines = arguments.file.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line]
    predictions = CategoryClassifier.load(MODEL_DIR).predict([name for _, name in rows])
    right = [p.code == code for p, (code, _) in zip(predictions, rows, strict=True)]
    sure = [ok for ok, p in zip(right, predictions, strict=True) if not p.uncertain]
    for prediction, (code, name) in zip(predictions, rows, strict=True):
        if prediction.code != code:
            mark = "?" if prediction.uncertain else " "
            print(f"{mark} {name}\t{code}\t{prediction.code} {prediction.confidence:.2f}")
    print(f"accuracy {sum(right) / len(rows):.3f} of {len(rows)}")
    if sure:
        print(f"not uncertain: {len(sure) / len(rows):.1%}, {sum(sure) / len(sure):.1%} of them right")


def main() -> None:
    """Parse the command line and run the command."""
    parser = argparse.ArgumentParser(prog="python -m model_export.classifier", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for function, name in ((train, "train"), (unseen, "unseen"), (export, "export")):
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.add_argument("--output", type=Path, default=OUTPUT, help="folder of the artefacts (%(default)s)")
        command.set_defaults(run=function)
        if function is train:
            command.add_argument("--seed", type=int, default=train_model.Settings.seed, help="(%(default)s)")
    command = commands.add_parser("pictures", help=(draw.__doc__ or "").splitlines()[0])
    command.add_argument("--output", type=Path, default=ROOT / "docs" / "quality", help="folder (%(default)s)")
    command.set_defaults(run=draw)
    command = commands.add_parser("evaluate", help=(check.__doc__ or "").splitlines()[0])
    command.add_argument("file", type=Path, help="UTF-8 text, one `code<TAB>name` a line")
    command.set_defaults(run=check)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
