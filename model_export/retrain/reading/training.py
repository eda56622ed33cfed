"""Continues the training of a recogniser from its own weights, on drawn lines and on transcribed crops. Needs torch."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from model_export.retrain.reading.settings import Settings
from model_export.text_models.recognition.export import export_onnx
from model_export.text_models.recognition.train import train
from model_export.text_models.synthesis.single_lines import Sample
from model_export.text_models.training import Options
from model_export.tracking import Run


def retrain(
    start: Path, folder: Path, crops: Sequence[Sample], run: Run, fonts: Sequence[Path], settings: Settings
) -> None:
    """Train from the model folder `start` for a number of steps, and write the model to `folder`. run: of MLflow.

    Raises FontMissingError, and ParityError if the exported model differs from the trained one.
    """
    # Before torch is used: cache the compiled kernels of all image widths, or each step compiles them again.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "20000")
    with tempfile.TemporaryDirectory() as work:
        checkpoint = Path(work, "recognition.pt")
        options = Options(
            fonts=fonts,
            steps=settings.steps,
            rate=settings.rate,
            seed=settings.seed,
            threads=settings.threads,
            workers=0,
            crops=crops,
            crop_share=settings.crop_share,
            validation=1,  # the challenger is judged on more lines afterwards
            run=run.id,
        )
        train(checkpoint, start, options)
        export_onnx(checkpoint, Path(work), folder, start, settings.weight_share)
