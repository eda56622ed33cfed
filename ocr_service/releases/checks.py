"""Checks before use: of the files of any release, and of a category model: its shape, its categories, golden names."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from ocr_service.category import classifier
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.releases.errors import BadAnswers, BadFile, BadLabels, BadModel
from ocr_service.releases.manifest import File, Release, Tensor

GOLDEN_FILE = "names.tsv"
GOLDEN_SHARE = 0.9
"""Share of the golden names that must get their category. They are unambiguous, but models are not trained for them."""


def check_file(name: str, data: bytes, expected: File) -> None:
    """Raises BadFile."""
    if len(data) != expected.bytes:
        raise BadFile(f"{name} does not have {expected.bytes} bytes")
    if hashlib.sha256(data).hexdigest() != expected.sha256:
        raise BadFile(f"{name} differs from its digest")


def category_loader(codes: Iterable[str], golden: Path) -> Callable[[Path, Release], CategoryClassifier]:
    """Loads and checks the model of a release in a folder. codes: of the product's categories. Raises Refused."""
    expected = frozenset(codes)

    def load_checked(folder: Path, release: Release) -> CategoryClassifier:
        model = load(folder, release.version)
        check_model(model, release, expected, golden)
        return model

    return load_checked


def load(folder: Path, version: str | None) -> CategoryClassifier:
    """The model in `folder`; `version` replaces the version stored in it. Raises BadModel for any defect."""
    try:
        return CategoryClassifier.load(folder, version)
    except Exception as error:  # a file that is not a model fails in many ways
        raise BadModel(f"the model cannot be loaded: {error}") from error


def check_model(model: CategoryClassifier, release: Release, codes: Iterable[str], golden: Path) -> None:
    """Compare the model with its release, with the category codes of the product, and with golden/names.tsv.

    Raises BadModel, BadLabels, BadAnswers.
    """
    inputs, outputs = signature(model)
    if (inputs, outputs) != (release.inputs, release.outputs):
        raise BadModel(f"version {release.version} has inputs or outputs that differ from its release")
    if set(model.codes) != set(codes):
        raise BadLabels(
            f"version {release.version} has different categories: {sorted(set(model.codes) ^ set(codes))[:5]}"
        )
    expected = golden_names(golden)
    predictions = model.predict(list(expected))
    wrong = [name for (name, code), got in zip(expected.items(), predictions, strict=True) if got.code != code]
    if len(wrong) > (1 - GOLDEN_SHARE) * len(expected):
        raise BadAnswers(f"version {release.version} is wrong for {len(wrong)} golden names: {', '.join(wrong[:5])}")


def golden_names(folder: Path) -> dict[str, str]:
    """Unambiguous names with the codes of their categories. Raises BadAnswers if the file has no names."""
    try:
        lines = (folder / GOLDEN_FILE).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadAnswers(f"{folder / GOLDEN_FILE} cannot be read") from error
    names = {name: code for code, _, name in (line.partition("\t") for line in lines) if name}
    if not names:
        raise BadAnswers(f"{folder / GOLDEN_FILE} has no names")
    return names


def signature(model: CategoryClassifier) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of the graph."""
    inputs, outputs = model.tensors
    return tuple(map(tensor, inputs)), tuple(map(tensor, outputs))


def tensor(node: classifier.Tensor) -> Tensor:
    """An input or output, with its name, ONNX type and shape."""
    name, kind, shape = node
    return Tensor(name=name, type=kind, shape=tuple(size if isinstance(size, int) else None for size in shape))
