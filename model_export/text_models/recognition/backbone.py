"""The PP-OCRv6 small recogniser in torch, with the published ONNX weights and a head for our characters."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn
from transformers import (
    PPLCNetV4Config,
    PPOCRV6SmallRecConfig,
    PPOCRV6SmallRecForTextRecognition,
)

from model_export.text_models import charset

Weights = dict[str, NDArray[np.float32]]


def build(classes: int = charset.CLASSES) -> nn.Module:
    """The architecture with random weights and `classes` outputs."""
    backbone = PPLCNetV4Config(out_features=["stage4"])
    return PPOCRV6SmallRecForTextRecognition(PPOCRV6SmallRecConfig(head_out_channels=classes, backbone_config=backbone))


def logits(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """From batch x 3 x 48 x width (BGR, -1 to 1) to batch x width / 8 x classes, before the softmax."""
    features = model.model(pixel_values=images).last_hidden_state
    return model.head.head(model.head.encoder(features).last_hidden_state)


class Probabilities(nn.Module):  # type: ignore[misc]
    """The exported form of the model: images in, softmax over the classes out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Batch x 3 x 48 x width to batch x width / 8 x classes."""
        return self.model(pixel_values=x).last_hidden_state


def pretrained(path: Path) -> tuple[nn.Module, list[str]]:
    """A model with the weights of PP-OCRv6_rec_small.onnx, and the names of the blocks with folded batch normalisation.

    In those blocks the file has folded the batch normalisation into the convolution. The head is new; its rows for the
    blank, the space and every character of the published model are copied. Raises ValueError for an unexpected graph.
    """
    graph = onnx.load(str(path)).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    model = build()
    with torch.no_grad():
        folded = _load_convolutions(model, graph, weights)
        _load_encoder(model.head.encoder, weights)
        _start_head(model.head.head, weights["linear_8.w_0"], weights["linear_8.b_0"], _characters(path))
    return model, folded


def _characters(path: Path) -> list[str]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return list(session.get_modelmeta().custom_metadata_map["character"].split("\n"))


def _load_convolutions(model: nn.Module, graph: Any, weights: Weights) -> list[str]:
    """Fill the convolutions in the order of execution, which is the order of the graph's nodes.

    Returns the blocks with folded batch normalisation.
    """
    users: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    order = _execution_order(model)
    if len(order) != len(nodes):
        raise ValueError(f"{len(nodes)} convolutions in the file, {len(order)} in the architecture")
    modules, folded = dict(model.named_modules()), []
    for name, node in zip(order, nodes, strict=True):
        convolution, follower = modules[name], users[node.output[0]][0]
        _fill(convolution.weight, weights[node.input[1]])
        if convolution.bias is not None:
            _fill(convolution.bias, _bias(node, follower, weights))
            continue
        block = name.rsplit(".", 1)[0]
        normalisation = modules[f"{block}.normalization"]
        if follower.op_type == "BatchNormalization":
            targets = (normalisation.weight, normalisation.bias, normalisation.running_mean, normalisation.running_var)
            for target, source in zip(targets, follower.input[1:], strict=True):
                _fill(target, weights[source])
        else:
            normalisation.weight.fill_(1)
            _fill(normalisation.bias, _bias(node, follower, weights))
            normalisation.running_mean.zero_()
            normalisation.running_var.fill_(1 - normalisation.eps)
            folded.append(block)
    return folded


def _bias(node: Any, follower: Any, weights: Weights) -> NDArray[np.float32]:
    """The bias that follows a convolution."""
    name = next(name for name in follower.input if name != node.output[0])
    return weights[name].reshape(-1)


def _execution_order(model: nn.Module) -> list[str]:
    order: list[str] = []
    hooks = [
        module.register_forward_hook(lambda *_, name=name: order.append(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d)
    ]
    model.eval()
    model(pixel_values=torch.zeros(1, 3, 48, 320))
    for hook in hooks:
        hook.remove()
    return order


def _load_encoder(encoder: nn.Module, weights: Weights) -> None:
    linears = [
        linear
        for block in encoder.svtr_block
        for linear in (block.self_attn.qkv, block.self_attn.projection, block.mlp.fc1, block.mlp.fc2)
    ]
    for i, linear in enumerate(linears):
        _fill(linear.weight, weights[f"linear_{i}.w_0"].T)
        _fill(linear.bias, weights[f"linear_{i}.b_0"])
    norms = [norm for block in encoder.svtr_block for norm in (block.layer_norm1, block.layer_norm2)]
    for i, norm in enumerate([*norms, encoder.norm]):
        _fill(norm.weight, weights[f"helper.reshape.{2 * i}"])
        _fill(norm.bias, weights[f"helper.reshape.{2 * i + 1}"])


def _start_head(head: nn.Linear, weight: NDArray[np.float32], bias: NDArray[np.float32], published: list[str]) -> None:
    """New characters start with a low probability, so that they do not outweigh the published ones."""
    head.weight.normal_(0, 0.02)
    head.bias.fill_(-4.0)
    old = {character: row for row, character in enumerate(published, start=1)}
    rows = {charset.BLANK: 0, charset.SPACE: len(published) + 1}
    rows |= {new: old[c] for new, c in enumerate(charset.CHARACTERS, start=1) if c in old}
    for new, row in rows.items():
        head.weight[new] = torch.from_numpy(weight[:, row].copy())
        head.bias[new] = float(bias[row])


def _fill(target: torch.Tensor, source: NDArray[np.float32]) -> None:
    target.copy_(torch.from_numpy(np.array(source)).reshape(target.shape))


@torch.no_grad()
def unfold(model: nn.Module, blocks: list[str], batches: Iterable[torch.Tensor]) -> None:
    """Give folded batch normalisations the statistics of actual images, without changing the function.

    Otherwise the first training step, which normalises by batch statistics, would change every layer at once.
    """
    modules = dict(model.named_modules())
    statistics: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {block: [] for block in blocks}
    hooks = [
        modules[f"{block}.convolution"].register_forward_hook(
            lambda _module, _inputs, output, block=block: statistics[block].append(
                (output.mean((0, 2, 3)), output.var((0, 2, 3), unbiased=False))
            )
        )
        for block in blocks
    ]
    model.eval()
    for images in batches:
        logits(model, images)
    for hook in hooks:
        hook.remove()
    for block in blocks:
        means = torch.stack([mean for mean, _ in statistics[block]])
        variances = torch.stack([variance for _, variance in statistics[block]])
        mean, variance = means.mean(0), variances.mean(0) + means.var(0, unbiased=False)
        normalisation = modules[f"{block}.normalization"]
        normalisation.running_mean.copy_(mean)
        normalisation.running_var.copy_(variance)
        normalisation.weight.copy_((variance + normalisation.eps).sqrt())
        normalisation.bias.add_(mean)
