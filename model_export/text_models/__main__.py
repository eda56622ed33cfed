"""Make the text models: `python -m model_export.text_models COMMAND --help`."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_export import manifest
from model_export.text_models.folders import FONTS, WORK

RECOGNITION = manifest.MODELS_DIR / "recognition"
DETECTION = manifest.MODELS_DIR / "detection"
BOTH_FORMS = ("recognition", "recognition_paddle")
"""Both forms of the recogniser, which are equal within the parity tolerance."""


def train_recognition(arguments: argparse.Namespace) -> None:
    """Fine-tune text recognition on synthetic lines, or resume from its checkpoint (needs torch)."""
    _cache_kernels()
    from model_export.text_models.recognition.train import train

    train(_checkpoint(arguments, "recognition"), arguments.start, _training_options(arguments))


def export_recognition(arguments: argparse.Namespace) -> None:
    """Export the checkpoint to ONNX, check parity, write the model folder and register it (needs torch)."""
    from model_export import tracking
    from model_export.registry import RECOGNISER, Registry
    from model_export.text_models import training
    from model_export.text_models.evaluation import mlflow_report
    from model_export.text_models.recognition.evaluate import LINES
    from model_export.text_models.recognition.export import export
    from model_export.text_models.recognition.line_crops import held_out_lines
    from model_export.text_models.recognition.reader import Reader

    checkpoint = _checkpoint(arguments, "recognition")
    difference = export(checkpoint, arguments.work, arguments.start, arguments.share)
    print(f"ONNX: probabilities within {difference:.1e} of torch")
    registry = Registry(tracking.connect(), RECOGNISER)
    readings = Reader(RECOGNITION).read_lines(held_out_lines(arguments.fonts), LINES)
    version = mlflow_report.register(registry, training.run_of(checkpoint), RECOGNITION, readings, arguments.fonts)
    print(f"version {version} in the registry")


def export_paddle(arguments: argparse.Namespace) -> None:
    """Convert the exported weights to native Paddle, check parity and write the model folder (needs paddle)."""
    from model_export.text_models.recognition.export_paddle import export

    print(f"Paddle: probabilities within {export(arguments.work):.1e} of ONNX")


def evaluate_recognition(arguments: argparse.Namespace) -> None:
    """Measure the exported recogniser on held-out synthetic lines: plain till rows, and what else people photograph."""
    from model_export.text_models.recognition.evaluate import LINES, evaluate
    from model_export.text_models.recognition.line_crops import held_out_lines
    from model_export.text_models.recognition.reader import Reader
    from model_export.text_models.recognition.streams import held_out_market_lines

    reader = Reader(arguments.model)
    for name, lines in (("held_out_lines", held_out_lines), ("held_out_market_lines", held_out_market_lines)):
        _report(arguments, name, evaluate(reader.read_lines(lines(arguments.fonts), LINES)), BOTH_FORMS)


def count_confusions(arguments: argparse.Namespace) -> None:
    """Count the recogniser's character confusions on synthetic lines, for training the category classifier."""
    from model_export.text_models.evaluation import confusions
    from model_export.text_models.recognition.line_crops import lines
    from model_export.text_models.recognition.reader import Reader

    samples = lines(arguments.fonts, arguments.seed, held_out=True)
    counts = confusions.count(Reader(arguments.model).read_lines(samples, arguments.lines))
    confusions.write(counts, arguments.output)
    print(f"{counts.total():,} characters misread, {len(counts):,} different confusions")


def train_detection(arguments: argparse.Namespace) -> None:
    """Fine-tune text detection on synthetic receipts, or resume from its checkpoint (needs torch)."""
    _cache_kernels()
    from model_export.text_models.detection.train import train

    train(_checkpoint(arguments, "detection"), arguments.start, _training_options(arguments))


def export_detection(arguments: argparse.Namespace) -> None:
    """Export the checkpoint to ONNX, check parity and write the model folders (needs torch)."""
    from model_export import tracking
    from model_export.text_models import training
    from model_export.text_models.detection.export import MODEL_DIR, export

    checkpoint = _checkpoint(arguments, "detection")
    print(f"ONNX: probabilities within {export(checkpoint):.1e} of torch")
    tracking.connect()
    training.run_of(checkpoint).log_model(MODEL_DIR)


def build_character_model(_: argparse.Namespace) -> None:
    """Count the n-grams of product names and receipt words, which support decoding."""
    from model_export.text_models import character_model

    print(f"{character_model.build():,} n-grams")


def evaluate_service(arguments: argparse.Namespace) -> None:
    """Measure the whole OCR service on labelled photos or on synthetic receipts."""
    from model_export.text_models.evaluation import service

    if arguments.receipts and arguments.perturbed:
        for name, score in service.evaluate_perturbed_photos(arguments.receipts):
            print(f"{name}: {score}", flush=True)
    elif arguments.receipts:
        _report(arguments, "real_receipts", service.evaluate_photos(arguments.receipts), (*BOTH_FORMS, "detection"))
    else:
        from model_export.text_models.synthesis.pages import page_renderer
        from model_export.text_models.synthesis.single_lines import VALIDATION_SEED

        source = page_renderer(arguments.fonts, VALIDATION_SEED, held_out=True)
        page_score = service.evaluate_pages([source.page() for _ in range(arguments.pages)])
        _report(arguments, "drawn_receipts", page_score, (*BOTH_FORMS, "detection"))


def write_samples(arguments: argparse.Namespace) -> None:
    """Write the sample receipts of the tests and the demo."""
    from model_export.text_models.synthesis import samples

    samples.write(arguments.output, arguments.demo, arguments.fonts)


def write_illustrations(arguments: argparse.Namespace) -> None:
    """Write the illustrations of docs/reading.md (needs torch)."""
    from model_export.text_models.evaluation import illustrations

    illustrations.write(arguments.output, arguments.fonts)


def _cache_kernels() -> None:
    """Before torch is imported: cache the compiled kernels of all image widths, or each step compiles them again."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "20000")


def _checkpoint(arguments: argparse.Namespace, model: str) -> Path:
    return Path(arguments.work) / f"{model}.pt"


def _training_options(arguments: argparse.Namespace) -> Any:
    from model_export.text_models.training import Options

    return Options(
        fonts=arguments.fonts,
        steps=arguments.steps,
        rate=arguments.rate,
        seed=arguments.seed,
        device=arguments.device,
        threads=arguments.threads,
        workers=arguments.workers,
    )


def _report(arguments: argparse.Namespace, kind: str, score: Any, models: tuple[str, ...]) -> None:
    """Print a score, and with --record add it to the manifest's entries of the models."""
    print(kind, score)
    if arguments.record:
        for model in models:
            manifest.add_quality(model, {kind: vars(score)})


def _options(*names: str, **settings: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(*names, **settings)
    return parser


FONT_OPTION = _options(
    "--fonts",
    type=Path,
    nargs="+",
    default=FONTS,
    help="folders with the font files (default: the system's and .local/text_models/fonts)",
)
WORK_OPTION = _options("--work", type=Path, default=WORK, help="folder of the checkpoints (default: %(default)s)")
MODEL_OPTION = _options("--model", type=Path, default=RECOGNITION, help="model folder (default: the packaged model)")
RECORD_OPTION = _options("--record", action="store_true", help="add the score to the manifest")


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m model_export.text_models", description=__doc__)
    groups = top.add_subparsers(required=True, metavar="COMMAND")

    def add(
        commands: Any, name: str, run: Callable[[argparse.Namespace], None], *options: argparse.ArgumentParser
    ) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=run.__doc__, description=run.__doc__, parents=options
        )
        command.set_defaults(run=run)
        return command

    def add_training(command: argparse.ArgumentParser, steps: int, start: Path) -> None:
        command.add_argument("--steps", type=int, default=steps, help="in total for the checkpoint (%(default)s)")
        command.add_argument("--rate", type=float, default=1.0, help="factor on the learning rates (%(default)s)")
        command.add_argument("--seed", type=int, default=1, help="(%(default)s)")
        command.add_argument("--start", type=Path, default=start, help="model folder to start from (%(default)s)")
        command.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="(%(default)s)")
        command.add_argument("--threads", type=int, default=2, help="of torch on a CPU (%(default)s)")
        command.add_argument("--workers", type=int, default=1, help="processes that draw (%(default)s)")

    group = groups.add_parser("recognition", help="train, export and evaluate text recognition")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    add_training(add(commands, "train", train_recognition, FONT_OPTION, WORK_OPTION), 12_000, RECOGNITION)
    command = add(commands, "export", export_recognition, FONT_OPTION, WORK_OPTION)
    command.add_argument(
        "--share", type=float, default=1, help="of the trained weights; the rest are those of --start (%(default)s)"
    )
    command.add_argument("--start", type=Path, default=RECOGNITION, help="where training started (%(default)s)")
    add(commands, "export-paddle", export_paddle, WORK_OPTION)
    add(commands, "evaluate", evaluate_recognition, FONT_OPTION, MODEL_OPTION, RECORD_OPTION)
    command = add(commands, "confusions", count_confusions, FONT_OPTION, MODEL_OPTION)
    command.add_argument("--lines", type=int, default=3000, help="number of lines (%(default)s)")
    command.add_argument("--seed", type=int, default=3, help="determines the lines (%(default)s)")
    command.add_argument("--output", type=Path, default=Path("model_export/classifier/confusions.tsv"))

    group = groups.add_parser("detection", help="train and export text detection")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    add_training(add(commands, "train", train_detection, FONT_OPTION, WORK_OPTION), 4_000, DETECTION)
    add(commands, "export", export_detection, WORK_OPTION)

    add(groups, "character-model", build_character_model)
    command = add(groups, "evaluate", evaluate_service, FONT_OPTION, RECORD_OPTION)
    kind = command.add_mutually_exclusive_group(required=True)
    kind.add_argument("--receipts", type=Path, help="folder with photos and labels.json")
    kind.add_argument("--pages", type=int, help="number of synthetic receipts; measures names not marked uncertain")
    command.add_argument("--perturbed", action="store_true", help="with --receipts: perturbed photos, one by one")
    command = add(groups, "samples", write_samples, FONT_OPTION)
    command.add_argument("--output", type=Path, default=Path("tests/fixtures/receipts"))
    command.add_argument("--demo", type=Path, default=Path("local/demo_receipt.jpg"))
    command = add(groups, "illustrations", write_illustrations, FONT_OPTION)
    command.add_argument("--output", type=Path, default=Path("docs/reading"))
    return top


def main() -> None:
    """Parse the command line and run the command."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
