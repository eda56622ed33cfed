"""The shipped recogniser in torch. Training starts from its weights, so no machine has to keep a checkpoint."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from model_export.text_models import charset
from model_export.text_models.recognition import backbone

UNLIKELY = -4.0
"""Bias of a new character, below the lowest of the others: all of them together take less than a thousandth."""

Array = NDArray[np.float32]


def load(folder: Path) -> tuple[nn.Module, list[str]]:
    """A model with the weights of a model folder, and the names of the convolution blocks whose batch normalisation
    the export has folded away; `backbone.unfold` gives those statistics again.

    The output keeps the rows of every character in the folder's settings, in the order of today's characters; new
    characters start unlikely. Raises ValueError when the graph is not the one expected.
    """
    graph = onnx.load(str(folder / "inference.onnx")).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    settings = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    model = backbone.build()
    with torch.no_grad():
        folded = _load_convolutions(model, graph, weights)
        *linears, head = _linear_layers(graph, weights)
        _load_encoder(model.head.encoder, weights, linears)
        extend_head(model.head.head, *head, settings["PostProcess"]["character_dict"])
    return model.eval(), folded


@torch.no_grad()
def blend(model: nn.Module, folder: Path, share: float) -> None:
    """Replace the weights of `model` by a mean: `share` of them, the rest from the model folder it was trained from.

    The mean of both reads what either of them reads (Wortsman et al., Robust fine-tuning of zero-shot models, 2022).
    """
    start, folded = load(folder)
    backbone.fold(model, folded)
    weights = start.state_dict()
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            value.lerp_(weights[name], 1 - share)


def extend_head(head: nn.Linear, weight: Array, bias: Array, characters: Sequence[str]) -> None:
    """Fill the output layer from one of other characters, all in `characters`: features x classes, and classes."""
    head.weight.normal_(0, 0.02)
    head.bias.fill_(float(bias.min()) + UNLIKELY)
    old = {character: row for row, character in enumerate(characters, start=1)}
    rows = {charset.BLANK: 0, charset.SPACE: len(characters) + 1}
    rows |= {new: old[c] for new, c in enumerate(charset.CHARACTERS, start=1) if c in old}
    for new, row in rows.items():
        head.weight[new] = torch.from_numpy(weight[:, row].copy())
        head.bias[new] = float(bias[row])


def _load_convolutions(model: nn.Module, graph: Any, weights: dict[str, Array]) -> list[str]:
    """Fill the convolutions in the order of execution, which is the order of the graph's nodes."""
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    order = backbone.execution_order(model)
    if len(order) != len(nodes):
        raise ValueError(f"{len(nodes)} convolutions in the file, {len(order)} in the architecture")
    modules, folded = dict(model.named_modules()), []
    for name, node in zip(order, nodes, strict=True):
        convolution = modules[name]
        _fill(convolution.weight, weights[node.input[1]])
        if convolution.bias is not None:
            _fill(convolution.bias, weights[node.input[2]])
            continue
        block = name.rsplit(".", 1)[0]
        normalisation = modules[f"{block}.normalization"]
        normalisation.weight.fill_(1)
        _fill(normalisation.bias, weights[node.input[2]])
        normalisation.running_mean.zero_()
        normalisation.running_var.fill_(1 - normalisation.eps)
        folded.append(block)
    return folded


def _linear_layers(graph: Any, weights: dict[str, Array]) -> list[tuple[Array, Array]]:
    """Weight (in x out) and bias of every linear layer in the order of execution."""
    users = {name: node for node in graph.node for name in node.input if node.op_type == "Add"}
    layers = []
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            bias = next(name for name in users[node.output[0]].input if name in weights)
            layers.append((weights[node.input[1]], weights[bias]))
    return layers


def _load_encoder(encoder: nn.Module, weights: dict[str, Array], layers: Sequence[tuple[Array, Array]]) -> None:
    linears = [
        linear
        for block in encoder.svtr_block
        for linear in (block.self_attn.qkv, block.self_attn.projection, block.mlp.fc1, block.mlp.fc2)
    ]
    for linear, (weight, bias) in zip(linears, layers, strict=True):
        _fill(linear.weight, weight.T)
        _fill(linear.bias, bias)
    # The other normalisations are folded into their convolutions.
    for name, module in encoder.named_modules():
        if isinstance(module, nn.LayerNorm):
            for part in ("weight", "bias"):
                source = weights.get(f"model.head.encoder.{name}.{part}")
                if source is None:
                    raise ValueError(f"the graph has no {part} of {name}")
                _fill(getattr(module, part), source)


def _fill(target: torch.Tensor, source: Array) -> None:
    target.copy_(torch.from_numpy(np.array(source)).reshape(target.shape))
