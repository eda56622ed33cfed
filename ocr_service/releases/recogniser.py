"""Checks that a recogniser must pass before use: its shape, its characters, golden lines; in the service, the receipt.

The golden lines are read in the plainest way, with ONNX Runtime and the best path, so that a publisher, which has no
engine, checks the same as the service.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image

from ocr_service.releases.checks import tensor
from ocr_service.releases.errors import BadAnswers, BadLabels, BadModel
from ocr_service.releases.manifest import Release, Tensor

MODEL_FILE, SETTINGS_FILE = "inference.onnx", "inference.yml"
MODEL_FILES = (MODEL_FILE, SETTINGS_FILE)
"""The files that are packaged and released."""
LINES_FILE, RECEIPT_FILE = "lines.tsv", "receipt.png"
"""Boxes (left, top, right, bottom, in pixels) with their texts, and the image that they are in."""
WRONG_LINES = 1
"""Golden lines that may be misread. They are clean print, but models are not trained for them."""
HEIGHT, WIDTH_STEP = 48, 32

Session: TypeAlias = Any
"""Of ONNX Runtime, which has no types."""


def load(folder: Path) -> tuple[Session, list[str]]:
    """The model in `folder`, and the characters of its outputs. Raises BadModel for any defect, BadLabels."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # requests are answered meanwhile
    try:
        session = onnxruntime.InferenceSession(
            (folder / MODEL_FILE).read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        settings = yaml.safe_load((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        characters = ["", *settings["PostProcess"]["character_dict"], " "]  # the first is the blank of CTC
        classes = session.get_outputs()[0].shape[-1]
    except Exception as error:  # a file that is not a model fails in many ways
        raise BadModel(f"the model cannot be loaded: {error}") from error
    if classes != len(characters):
        raise BadLabels(f"the model has {classes} outputs for {len(characters)} characters")
    return session, characters


def signature(session: Session) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of the graph."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    return (
        tuple(tensor((each.name, each.type, each.shape)) for each in inputs),
        tuple(tensor((each.name, each.type, each.shape)) for each in outputs),
    )


def check(folder: Path, release: Release, golden: Path) -> None:
    """Compare the model in `folder` with its release and the golden lines. Raises BadModel, BadLabels, BadAnswers."""
    session, characters = load(folder)
    if signature(session) != (release.inputs, release.outputs):
        raise BadModel(f"version {release.version} has inputs or outputs that differ from its release")
    wrong = [printed for printed, read in _read_lines(session, characters, golden) if _bare(read) != _bare(printed)]
    if len(wrong) > WRONG_LINES:
        raise BadAnswers(f"version {release.version} misreads {len(wrong)} golden lines: {', '.join(wrong[:5])}")


def _read_lines(session: Session, characters: list[str], golden: Path) -> list[tuple[str, str]]:
    """The golden lines as printed and as read. Raises BadModel, BadAnswers."""
    try:
        lines = (golden / LINES_FILE).read_text(encoding="utf-8").splitlines()
        receipt = Image.open(golden / RECEIPT_FILE).convert("RGB")
    except OSError as error:
        raise BadAnswers(f"the golden lines in {golden} cannot be read") from error
    read = []
    for *box, printed in (line.split("\t") for line in lines):
        left, top, right, bottom = map(int, box)
        width = -(-(right - left) * HEIGHT // (bottom - top))
        crop = receipt.crop((left, top, right, bottom)).resize((width, HEIGHT), Image.Resampling.BILINEAR)
        pixels = np.asarray(crop, dtype=np.float32)[:, :, ::-1].transpose(2, 0, 1) / 127.5 - 1
        padded = np.pad(pixels, ((0, 0), (0, 0), (0, -width % WIDTH_STEP)))
        # Twice, because the service reads several lines per call.
        best = _probabilities(session, np.stack([padded, padded]))[0].argmax(-1).tolist()
        read.append((printed, "".join(characters[new] for old, new in pairwise([0, *best]) if new != old)))
    if not read:
        raise BadAnswers(f"{golden / LINES_FILE} has no lines")
    return read


def _probabilities(session: Session, lines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lines x steps x characters. Raises BadModel."""
    try:
        (read,) = session.run(None, {session.get_inputs()[0].name: lines})
    except Exception as error:  # such as inputs of another form
        raise BadModel(f"the model cannot read {len(lines)} lines in one call: {error}") from error
    if read.ndim != 3 or len(read) != len(lines):
        raise BadModel(f"the model reads {len(lines)} lines in one call as an output of the shape {read.shape}")
    return np.asarray(read)


def _bare(text: str) -> str:
    return "".join(text.split())
