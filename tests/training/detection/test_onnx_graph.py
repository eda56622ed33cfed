"""From the shipped detector to torch and back. Needs torch, which only the training environment has."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch

from model_export import manifest
from model_export.text_models.detection.onnx_graph import Graph
from model_export.text_models.model_folder import TOLERANCE

SHIPPED = manifest.MODELS_DIR / "detection" / "inference.onnx"


def by_onnx(path: Path, images: torch.Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": images.numpy()})[0])


@torch.no_grad()
def test_the_shipped_graph_can_be_trained_on_and_written_again(tmp_path: Path) -> None:
    images = torch.from_numpy(np.random.default_rng(1).normal(size=(1, 3, 96, 160)).astype(np.float32))
    graph = Graph(SHIPPED)
    assert np.abs(graph(images).numpy() - by_onnx(SHIPPED, images)).max() <= TOLERANCE
    graph.save(tmp_path / "same.onnx")
    assert np.array_equal(by_onnx(tmp_path / "same.onnx", images), by_onnx(SHIPPED, images))
    for weight in graph.weights:
        weight.mul_(1.01)
    graph.save(tmp_path / "trained.onnx")
    changed = by_onnx(tmp_path / "trained.onnx", images)
    assert np.abs(graph(images).numpy() - changed).max() <= TOLERANCE
    assert np.abs(changed - by_onnx(SHIPPED, images)).max() > TOLERANCE
