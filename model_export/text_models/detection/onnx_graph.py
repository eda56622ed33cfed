"""An ONNX graph as a torch module, whose weights can be trained and written back to the same graph.

It supports the operations of PP-OCRv6's text detection. In the published file the batch normalisations are folded into
the convolutions. Training that graph itself needs no matching implementation, and the exported model differs from the
published one in its weights only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional

Operation = Callable[[list[Any], dict[str, Any]], torch.Tensor]


class UnknownOperationError(Exception):
    """The graph contains an operation without a translation to torch."""


class Graph(nn.Module):  # type: ignore[misc]
    """Runs the graph; `weights` has all trainable tensors of the file, by position."""

    def __init__(self, path: Path) -> None:
        """Load the file. Raises UnknownOperationError."""
        super().__init__()
        self._model = onnx.load(str(path))
        if unknown := {node.op_type for node in self._model.graph.node} - OPERATIONS.keys():
            raise UnknownOperationError(f"no translation for {', '.join(sorted(unknown))}")
        self._nodes = [
            (node.op_type, list(node.input), node.output[0], _attributes(node)) for node in self._model.graph.node
        ]
        self._input, self._output = self._model.graph.input[0].name, self._model.graph.output[0].name
        self._names: list[str] = []
        self.weights = nn.ParameterList()
        self._constants: dict[str, torch.Tensor] = {}
        trained = {
            name for kind, inputs, _, _ in self._nodes if kind in ("Conv", "ConvTranspose") for name in inputs[1:]
        }
        for tensor in self._model.graph.initializer:
            value = torch.from_numpy(numpy_helper.to_array(tensor).copy())
            bias = value.is_floating_point() and value.ndim == 4 and value.shape[0] == 1 and value.shape[1] > 1
            if tensor.name in trained or bias:
                self._names.append(tensor.name)
                self.weights.append(nn.Parameter(value))
            else:
                self._constants[tensor.name] = value

    def _apply(self, function: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> "Graph":
        """Constants follow the weights to another device."""
        super()._apply(function, recurse)
        self._constants = {name: function(value) for name, value in self._constants.items()}
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The graph's first output for its first input."""
        values: dict[str, Any] = {
            **self._constants,
            **dict(zip(self._names, self.weights, strict=True)),
            self._input: x,
        }
        for kind, inputs, output, attributes in self._nodes:
            values[output] = OPERATIONS[kind]([values[name] if name else None for name in inputs], attributes)
        result: torch.Tensor = values[self._output]
        return result

    def save(self, path: Path) -> None:
        """Write the graph with the current weights."""
        trained = dict(zip(self._names, self.weights, strict=True))
        for tensor in self._model.graph.initializer:
            if tensor.name in trained:
                value = trained[tensor.name].detach().float().contiguous().cpu().numpy()
                tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
        onnx.save(self._model, str(path))


def _attributes(node: Any) -> dict[str, Any]:
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def _padding(attributes: dict[str, Any]) -> tuple[int, int, int, int]:
    """Left, right, top and bottom. Automatic padding is supported for stride 1 only."""
    if attributes.get("auto_pad") == b"SAME_UPPER":
        height, width = attributes["kernel_shape"]
        return (width - 1) // 2, width // 2, (height - 1) // 2, height // 2
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    return left, right, top, bottom


def _convolution(inputs: list[Any], attributes: dict[str, Any]) -> torch.Tensor:
    x, weight, *bias = inputs
    left, right, top, bottom = _padding(attributes)
    if (top, left) != (bottom, right):
        x, top, left = functional.pad(x, (left, right, top, bottom)), 0, 0
    return functional.conv2d(
        x, weight, *bias, stride=attributes["strides"], padding=(top, left), groups=attributes.get("group", 1)
    )


def _transposed(inputs: list[Any], attributes: dict[str, Any]) -> torch.Tensor:
    return functional.conv_transpose2d(inputs[0], inputs[1], *inputs[2:], stride=attributes["strides"])


def _resize(inputs: list[Any], attributes: dict[str, Any]) -> torch.Tensor:
    """Nearest-neighbour upsampling by integer factors."""
    factors = inputs[2].tolist()[2:]
    return functional.interpolate(inputs[0], scale_factor=factors, mode="nearest")


def _pool(inputs: list[Any], attributes: dict[str, Any]) -> torch.Tensor:
    x = functional.pad(inputs[0], _padding(attributes), value=float("-inf"))
    return functional.max_pool2d(x, attributes["kernel_shape"], attributes["strides"])


def _hard_sigmoid(inputs: list[Any], attributes: dict[str, Any]) -> torch.Tensor:
    return torch.clamp(attributes.get("alpha", 0.2) * inputs[0] + attributes.get("beta", 0.5), 0, 1)


OPERATIONS: dict[str, Operation] = {
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "Concat": lambda inputs, attributes: torch.cat(inputs, attributes["axis"]),
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Div": lambda inputs, _: inputs[0] / inputs[1],
    "Erf": lambda inputs, _: torch.erf(inputs[0]),
    "GlobalAveragePool": lambda inputs, _: inputs[0].mean((2, 3), keepdim=True),
    "HardSigmoid": _hard_sigmoid,
    "Identity": lambda inputs, _: inputs[0],
    "MaxPool": _pool,
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "ReduceMean": lambda inputs, attributes: inputs[0].mean(attributes["axes"], keepdim=bool(attributes["keepdims"])),
    "Relu": lambda inputs, _: functional.relu(inputs[0]),
    "Resize": _resize,
    "Sigmoid": lambda inputs, _: torch.sigmoid(inputs[0]),
}
