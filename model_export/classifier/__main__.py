"""Command line: train, evaluate and export the category classifier."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from model_export import manifest, tracking
from model_export.classifier import artefacts, build, dataset, evaluate, mlflow_report, train_model
from model_export.classifier.evaluate import Report
from model_export.manifest import CATEGORY_DIR
from model_export.registry import Registry
from model_export.tracking import Run
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE, CategoryClassifier

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / ".local" / "classifier"
QUALITY = ("names", "accuracy", "macro_f1", "food", "calibration_error", "coverage", "precision_covered")
"""Fields of the report that the manifest shows."""


def train(arguments: argparse.Namespace) -> None:
    """Fit, report on the frozen test names, and keep the artefacts for `export`."""
    examples = dataset.load()
    settings = train_model.Settings(seed=arguments.seed)
    tracking.connect()
    run = build.start_run("training", examples, settings)
    trained = build.train(run, examples, settings)
    output: Path = arguments.output
    artefacts.save(trained.pipeline, output)
    summary = {
        "mlflow_run": run.id,
        "data_sha256": dataset.digest(examples),
        "names": len(examples),
        "families": len({example.family for example in examples}),
        "temperature": trained.temperature,
        "threshold": trained.threshold,
        "settings": asdict(settings),
        "report": asdict(trained.report),
    }
    (output / "report.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    print(evaluate.as_text(trained.report))


def unseen(arguments: argparse.Namespace) -> None:
    """Fit without the test side, with the settings of `train`, and report on unseen families and brands."""
    summary = json.loads((arguments.output / "report.json").read_text(encoding="utf-8"))
    settings = train_model.Settings(**summary["settings"])
    reports = train_model.evaluate_on_unseen(dataset.load(), settings, summary["temperature"], summary["threshold"])
    as_json = json.dumps({kind: asdict(report) for kind, report in reports.items()}, indent=1)
    (arguments.output / "unseen.json").write_text(as_json + "\n", encoding="utf-8")
    for kind, report in reports.items():
        print(f"{kind} names of unseen families and brands", evaluate.as_text(report), sep="\n")


def export(arguments: argparse.Namespace) -> None:
    """Convert the artefacts, check parity, package the model with its training distribution, and register it."""
    summary = json.loads((arguments.output / "report.json").read_text(encoding="utf-8"))
    examples = dataset.load()
    if dataset.digest(examples) != summary["data_sha256"]:
        raise SystemExit("The data changed since training: train again.")
    names = [example.name for example in examples]
    pipeline = artefacts.load(arguments.output)
    parity = build.export(pipeline, summary["threshold"], examples, names, arguments.output)
    artefacts.package(arguments.output, CATEGORY_DIR)
    version = CategoryClassifier.load(CATEGORY_DIR).version
    report = Report(**summary["report"])
    manifest.update(
        "category",
        {
            "version": version,
            "files": [CATEGORY_DIR / MODEL_FILE, CATEGORY_DIR / CATEGORIES_FILE],
            "licence": "Apache-2.0",
            "origin": "model_export/classifier/data",
            "made_by": "python -m model_export.classifier train && python -m model_export.classifier export",
            "quality": {name: round(getattr(report, name), 4) for name in QUALITY},
        },
    )
    registered = build.register(Registry(tracking.connect()), Run(summary["mlflow_run"]), report, CATEGORY_DIR)
    print(f"{version}, version {registered} in the registry")
    print(f"{parity.texts} texts equal, probabilities within {parity.largest_difference:.1e}")


def draw(arguments: argparse.Namespace) -> None:
    """Plot confusions, calibration and abstention of the exported model on the frozen test names."""
    model = CategoryClassifier.load(CATEGORY_DIR)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, plot in mlflow_report.draw(model.probabilities, model.threshold).items():
        plot.savefig(arguments.output / name, dpi=110, metadata={"Software": None})
        print(arguments.output / name)


def score(arguments: argparse.Namespace) -> None:
    """Score the exported model on a file with one `code<TAB>name` per line."""
    lines = arguments.file.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line]
    predictions = CategoryClassifier.load(CATEGORY_DIR).predict([name for _, name in rows])
    right = [p.code == code for p, (code, _) in zip(predictions, rows, strict=True)]
    sure = [ok for ok, p in zip(right, predictions, strict=True) if not p.uncertain]
    for prediction, (code, name) in zip(predictions, rows, strict=True):
        if prediction.code != code:
            mark = "?" if prediction.uncertain else " "
            print(f"{mark} {name}\t{code}\t{prediction.code} {prediction.confidence:.2f}")
    print(f"accuracy {sum(right) / len(rows):.3f} of {len(rows)}")
    if sure:
        print(f"not uncertain: {len(sure) / len(rows):.1%}, {sum(sure) / len(sure):.1%} of them right")


def remarks(_: argparse.Namespace) -> None:
    """Score the exported model on plain names with each remark around them, and on names with a qualifier."""
    model = CategoryClassifier.load(CATEGORY_DIR)
    every, plain = dataset.load_remarks(), dataset.load_evaluation("plain")
    rows = [(side, kind) for side in ("trained", "held_out") for kind in sorted({remark.kind for remark in every})]
    groups = {
        f"{side} {kind}": [
            (example.category, remark.around(example.name))
            for remark in every
            if (remark.side, remark.kind) == (side, kind)
            for example in plain
        ]
        for side, kind in rows
    }
    groups["qualifiers"] = [(example.category, example.name) for example in dataset.load_evaluation("qualified")]
    for group, pairs in groups.items():
        predictions = model.predict([name for _, name in pairs])
        right = [p.code == code for p, (code, _) in zip(predictions, pairs, strict=True)]
        lost = [
            p.code == "non_food" != code and not p.uncertain for p, (code, _) in zip(predictions, pairs, strict=True)
        ]
        print(f"{group:<22}{len(pairs):>6} names{sum(right) / len(right):>8.1%} right, {sum(lost)} sure non-food")


def main() -> None:
    """Parse the command line and run the command."""
    parser = argparse.ArgumentParser(prog="python -m model_export.classifier", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function, name in ((train, "train"), (unseen, "unseen"), (export, "export")):
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.add_argument("--output", type=Path, default=OUTPUT, help="folder of the artefacts (%(default)s)")
        command.set_defaults(run=function)
        if function is train:
            command.add_argument("--seed", type=int, default=train_model.Settings.seed, help="(%(default)s)")
    command = commands.add_parser("plots", help=(draw.__doc__ or "").splitlines()[0])
    command.add_argument("--output", type=Path, default=ROOT / "docs" / "quality", help="folder (%(default)s)")
    command.set_defaults(run=draw)
    command = commands.add_parser("evaluate", help=(score.__doc__ or "").splitlines()[0])
    command.add_argument("file", type=Path, help="UTF-8 text, one `code<TAB>name` per line")
    command.set_defaults(run=score)
    command = commands.add_parser("remarks", help=(remarks.__doc__ or "").splitlines()[0])
    command.set_defaults(run=remarks)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
