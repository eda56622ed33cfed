"""OpenVINO behind PaddleOCR's pre- and postprocessing: text detection takes well under half of ONNX Runtime's time.

The same ONNX file, in single precision, so that an answer does not depend on what the processor can do.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

# Its scheduler says on standard error where a sandbox hides the processor's layout, and our log is JSON alone.
os.environ.setdefault("HWLOC_HIDE_ERRORS", "2")

SHAPES_KEPT = 8
"""Compiled kernels kept for sizes of pictures seen before. Each photo has a size of its own, so without a limit memory
would grow with every receipt."""


class OpenVinoRunner:
    """Runs a model of one input. Not thread-safe."""

    def __init__(self, model: Path, threads: int) -> None:
        """`model`: an ONNX file. Raises: RuntimeError: it cannot be loaded."""
        core = openvino.Core()
        compiled = core.compile_model(
            core.read_model(model),
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": threads,
                "INFERENCE_PRECISION_HINT": "f32",
                "CPU_RUNTIME_CACHE_CAPACITY": SHAPES_KEPT,
            },
        )
        self._request = compiled.create_infer_request()
        self._outputs = range(len(compiled.outputs))

    def __call__(self, x: list[NDArray[np.float32]]) -> list[NDArray[Any]]:
        """`x`: the input alone in a list, as PaddleOCR passes it. Returns the outputs in the model's order."""
        result = self._request.infer({0: np.ascontiguousarray(x[0])})
        # Copied, because the next call writes into the same memory.
        return [np.array(result[i]) for i in self._outputs]

    def close(self) -> None:
        """Nothing to release before the object goes."""
