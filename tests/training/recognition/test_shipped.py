"""From the shipped weights to torch and back. Needs torch, which only the training environment has."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from model_export import manifest
from model_export.text_models import charset, model_folder
from model_export.text_models.recognition import backbone, shipped

SHIPPED = manifest.MODELS_DIR / "recognition"


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    return shipped.load(SHIPPED)[0]


def characters() -> list[str]:
    settings = yaml.safe_load((SHIPPED / "inference.yml").read_text(encoding="utf-8"))
    return list(settings["PostProcess"]["character_dict"])


def as_shipped(model: torch.nn.Module, images: np.ndarray) -> np.ndarray:
    """Probabilities among the classes of the shipped model, in its order."""
    with torch.no_grad():
        scores = backbone.Probabilities(model)(torch.from_numpy(images)).numpy()
    now = {character: number for number, character in enumerate(charset.CHARACTERS, start=1)}
    scores = scores[..., [charset.BLANK, *(now[character] for character in characters()), charset.SPACE]]
    assert scores.sum(-1).min() > 0.999
    return scores / scores.sum(-1, keepdims=True)


def test_torch_gives_the_probabilities_of_the_shipped_model(model: torch.nn.Module) -> None:
    difference = model_folder.compare(SHIPPED / "inference.onnx", lambda images: as_shipped(model, images))
    assert difference <= model_folder.TOLERANCE


def test_normalisation_statistics_come_back_without_changing_the_function() -> None:
    model, folded = shipped.load(SHIPPED)
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.uniform(-1, 1, (4, 3, 48, 160)).astype(np.float32))
    with torch.no_grad():
        before = backbone.logits(model, images)
        backbone.unfold(model, folded, [images])
        after = backbone.logits(model.eval(), images)
        model.train()
        trained = backbone.logits(model, images)
    assert len(folded) > 30
    assert torch.allclose(before, after, atol=1e-2)
    # What the first training step sees is close to it as well, because batch and running statistics agree.
    assert (trained.argmax(-1) == after.argmax(-1)).float().mean() > 0.95


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_blend_of_equal_functions_is_that_function(share: float) -> None:
    """Unfolded statistics give other weights for the same function; a blend has to compare weights of one form."""
    model, folded = shipped.load(SHIPPED)
    rng = np.random.default_rng(1)
    images = torch.from_numpy(rng.uniform(-1, 1, (4, 3, 48, 160)).astype(np.float32))
    with torch.no_grad():
        backbone.unfold(model, folded, [images])
        before = backbone.logits(model.eval(), images)
        shipped.blend(model, SHIPPED, share)
        after = backbone.logits(model, images)
    assert torch.allclose(before, after, atol=1e-2)


@given(st.floats(0, 1))
@settings(deadline=None, max_examples=5)
def test_a_blend_is_the_mean_of_the_weights(share: float) -> None:
    model, start = shipped.load(SHIPPED)[0], shipped.load(SHIPPED)[0]
    with torch.no_grad():
        model.head.head.bias.add_(1)
        shipped.blend(model, SHIPPED, share)
    assert torch.allclose(model.head.head.bias - start.head.head.bias, torch.tensor(share), atol=1e-5)


@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_a_longer_head_keeps_what_it_said_of_the_characters_before(known: int, features: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    subset = charset.CHARACTERS[:: max(1, len(charset.CHARACTERS) // known)][:known]
    weight = rng.normal(0, 1, (features, known + 2)).astype(np.float32)
    bias = rng.normal(0, 1, known + 2).astype(np.float32)
    head = torch.nn.Linear(features, charset.CLASSES)
    with torch.no_grad():
        shipped.extend_head(head, weight, bias, subset)
        x = rng.normal(0, 1, features).astype(np.float32)
        scores = head(torch.from_numpy(x)).numpy()
    classes = [charset.BLANK, *(charset.encode(character)[0] for character in subset), charset.SPACE]
    assert np.allclose(scores[classes], x @ weight + bias, atol=1e-4)
    others = np.setdiff1d(np.arange(charset.CLASSES), classes)
    assert (head.bias.detach().numpy()[others] < bias.min()).all()


def test_another_graph_is_refused(tmp_path: Path) -> None:
    shutil.copy(SHIPPED / "inference.yml", tmp_path)
    shutil.copy(manifest.MODELS_DIR / "detection" / "inference.onnx", tmp_path)
    with pytest.raises(ValueError, match="convolutions"):
        shipped.load(tmp_path)
