"""Make the text models: `python -m model_export.text_models COMMAND --help`."""

import argparse
import os
from pathlib import Path

from model_export import manifest

WORK = Path(".local/text_models")
FONTS = [Path("/usr/share/fonts"), WORK / "fonts"]
RECOGNITION = manifest.MODELS_DIR / "recognition"


def train_detector(arguments: argparse.Namespace) -> None:
    """Fine-tune text detection on drawn receipts, or go on from its checkpoint."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "20000")
    from model_export.text_models.detection import train

    train.train(arguments.work / "detector.pt", arguments.fonts, arguments.minutes, arguments.seed, arguments.threads)


def detection(arguments: argparse.Namespace) -> None:
    """Build the model folder for text detection from its checkpoint (needs torch)."""
    from model_export import tracking
    from model_export.text_models import training
    from model_export.text_models.detection import export

    checkpoint = arguments.work / "detector.pt"
    difference = export.build(checkpoint)
    print(f"ONNX: probabilities within {difference:.1e} of torch")
    tracking.connect()
    training.run_of(checkpoint).log_model(manifest.MODELS_DIR / "detection")


def language(_: argparse.Namespace) -> None:
    """Count the characters of names and receipt words for the second opinion of decoding."""
    from model_export.text_models import character_model

    print(f"{character_model.build():,} n-grams")


def samples(arguments: argparse.Namespace) -> None:
    """Draw the sample receipts that the tests and the demo read."""
    from model_export.text_models.synthesis import samples

    samples.write(arguments.output, arguments.demo, arguments.fonts)


def pictures(arguments: argparse.Namespace) -> None:
    """Draw the pictures of docs/reading.md (needs torch)."""
    from model_export.text_models.evaluation import pictures

    pictures.write(arguments.output, arguments.fonts)


def train(arguments: argparse.Namespace) -> None:
    """Fine-tune on drawn lines, or go on from the checkpoint."""
    # Before torch is imported: keep the compiled kernels of every picture width, or each step compiles them again.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "20000")
    from model_export.text_models.recognition import train

    train.train(arguments.work / "checkpoint.pt", arguments.fonts, arguments.minutes, arguments.seed, arguments.threads)


def export(arguments: argparse.Namespace) -> None:
    """Convert the checkpoint to ONNX, check that both agree, write the model folder and register it (needs torch)."""
    from model_export import tracking
    from model_export.registry import RECOGNISER, Registry
    from model_export.text_models import training
    from model_export.text_models.evaluation import mlflow_report
    from model_export.text_models.recognition import export_onnx
    from model_export.text_models.recognition.line_crops import held_out_lines

    checkpoint = arguments.work / "checkpoint.pt"
    difference = export_onnx.export(checkpoint, arguments.work, RECOGNITION)
    print(f"ONNX: probabilities within {difference:.1e} of torch")
    registry = Registry(tracking.connect(), RECOGNISER)
    readings = mlflow_report.read(RECOGNITION, held_out_lines(arguments.fonts))
    version = mlflow_report.register(registry, training.run_of(checkpoint), RECOGNITION, readings, arguments.fonts)
    print(f"version {version} in the registry")


def export_paddle(arguments: argparse.Namespace) -> None:
    """Convert what `export` left to native Paddle, check that both agree, and write the folder (needs paddle)."""
    from model_export.text_models.recognition import export_paddle

    print(f"Paddle: probabilities within {export_paddle.export(arguments.work):.1e} of ONNX")


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure recognition on drawn lines it was never trained on, or the whole service on labelled photos, or how
    honest its doubts are on drawn receipts."""
    from model_export.text_models.evaluation import scores

    figures: dict[str, scores.Score] = {}
    if arguments.receipts and arguments.changed:
        for change, read in scores.changed_receipts(arguments.receipts):
            print(f"{change}: {read}", flush=True)
    elif arguments.receipts:
        figures["real_receipts"] = scores.receipts(arguments.receipts)
    elif arguments.pages:
        from model_export.text_models.synthesis.pages import page_renderer
        from model_export.text_models.synthesis.single_lines import VALIDATION_SEED

        source = page_renderer(arguments.fonts, VALIDATION_SEED, held_out=True)
        figures["drawn_receipts"] = scores.drawn_receipts([source.page() for _ in range(arguments.pages)])
    else:
        from model_export.text_models.recognition.line_crops import held_out_lines

        figures["held_out_lines"] = scores.lines(arguments.model, held_out_lines(arguments.fonts))
    for kind, score in figures.items():
        print(kind, score)
    if arguments.record:
        scores.record(figures)


def confusions(arguments: argparse.Namespace) -> None:
    """Count what recognition takes for what on drawn lines, for training the category classifier."""
    from model_export.text_models.evaluation import confusions
    from model_export.text_models.evaluation.scores import Reader
    from model_export.text_models.recognition.line_crops import lines

    samples = lines(arguments.fonts, arguments.seed, held_out=True)
    found = confusions.count(Reader(arguments.model), samples, arguments.lines)
    confusions.write(found, arguments.output)
    print(f"{found.total():,} characters taken for others, {len(found):,} kinds of it")


def main() -> None:
    """Parse the command line and run the command."""
    parser = argparse.ArgumentParser(prog="python -m model_export.text_models", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fonts = argparse.ArgumentParser(add_help=False)
    fonts.add_argument(
        "--fonts",
        type=Path,
        nargs="+",
        default=FONTS,
        help="folders with the font files (default: the system's and .local/text_models/fonts)",
    )
    work = argparse.ArgumentParser(add_help=False)
    work.add_argument("--work", type=Path, default=WORK, help="folder for checkpoints (default: %(default)s)")

    command = commands.add_parser("pictures", help=pictures.__doc__, parents=[fonts])
    command.add_argument("--output", type=Path, default=Path("docs/reading"))
    command.set_defaults(run=pictures)

    training = argparse.ArgumentParser(add_help=False)
    training.add_argument("--seed", type=int, default=1)
    training.add_argument("--threads", type=int, default=2)

    command = commands.add_parser("train-detector", help=train_detector.__doc__, parents=[fonts, work, training])
    command.add_argument("--minutes", type=float, default=60, help="for this checkpoint altogether")
    command.set_defaults(run=train_detector)

    command = commands.add_parser("detection", help=detection.__doc__, parents=[work])
    command.set_defaults(run=detection)

    command = commands.add_parser("language", help=language.__doc__)
    command.set_defaults(run=language)

    command = commands.add_parser("samples", help=samples.__doc__, parents=[fonts])
    command.add_argument("--output", type=Path, default=Path("tests/fixtures/receipts"))
    command.add_argument("--demo", type=Path, default=Path("local/demo_receipt.jpg"))
    command.set_defaults(run=samples)

    command = commands.add_parser("train", help=train.__doc__, parents=[fonts, work, training])
    command.add_argument("--minutes", type=float, default=118, help="for this checkpoint altogether")
    command.set_defaults(run=train)

    command = commands.add_parser("export", help=export.__doc__, parents=[work, fonts])
    command.set_defaults(run=export)

    command = commands.add_parser("export-paddle", help=export_paddle.__doc__, parents=[work])
    command.set_defaults(run=export_paddle)

    command = commands.add_parser("evaluate", help=evaluate.__doc__, parents=[fonts])
    command.add_argument("--model", type=Path, default=RECOGNITION, help="model folder (default: the packaged one)")
    command.add_argument("--receipts", type=Path, help="folder with photos and labels.json; without it: drawn lines")
    command.add_argument("--changed", action="store_true", help="with --receipts: as others would have taken them")
    command.add_argument("--pages", type=int, help="draw so many receipts and look at names not marked uncertain")
    command.add_argument("--record", action="store_true", help="write the figures into the manifest")
    command.set_defaults(run=evaluate)

    command = commands.add_parser("confusions", help=confusions.__doc__, parents=[fonts])
    command.add_argument("--model", type=Path, default=RECOGNITION, help="model folder (default: the packaged one)")
    command.add_argument("--lines", type=int, default=3000, help="drawn lines to read (default: %(default)s)")
    command.add_argument("--seed", type=int, default=3, help="decides the lines (default: %(default)s)")
    command.add_argument("--output", type=Path, default=Path("model_export/classifier/confusions.tsv"))
    command.set_defaults(run=confusions)

    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
