"""Inference sessions: a packaged model on OpenVINO, ONNX Runtime or native Paddle.

OpenVINO runs bfloat16 where the processor multiplies it in hardware, which takes half the CPU time of single precision.
Both read the same (docs/quality.md); a processor without such units computes in single precision.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import openvino
from numpy.typing import NDArray

from ocr_service.settings import Engine, Precision, Settings
from ocr_service.vision import runtime

Array = NDArray[np.float32]


class Session(Protocol):
    """Runs a model with one input and one output. Not thread-safe."""

    def __call__(self, x: Array) -> Array:
        """The output, valid until the next call."""

    def release(self) -> None:
        """Give up the memory of intermediate results. The next call takes a little longer."""


KERNEL_CACHE_SIZE = 16
"""Compiled kernels kept for image sizes seen before. Every photo has a different size: without a limit, memory would
grow with every receipt."""
PADDLE_FILES = ("inference.json", "inference.pdiparams")


def load_session(folder: Path, engine: Engine, settings: Settings) -> Session:
    """The model in `folder` on an engine. Raises an error of the engine if it cannot be loaded."""
    return _SESSIONS[engine](folder, settings)


def resolve_precision(engine: Engine, settings: Settings) -> Precision:
    """The precision in which `engine` computes here. Only OpenVINO has one other than single precision."""
    if engine != "openvino" or settings.precision == "float32":
        return "float32"
    capabilities = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bfloat16" if "BF16" in capabilities else "float32"


def _core() -> openvino.Core:
    """OpenVINO, in a process that is prepared for it."""
    runtime.prepare()
    return openvino.Core()


class OpenVinoSession:
    """See `Session`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Raises RuntimeError if the model cannot be loaded."""
        core = _core()
        precision = resolve_precision("openvino", settings)
        self._model = core.compile_model(
            core.read_model(folder / "inference.onnx"),
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": settings.threads,
                "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
                "CPU_RUNTIME_CACHE_CAPACITY": KERNEL_CACHE_SIZE,
            },
        )
        self._request = self._model.create_infer_request()

    def __call__(self, x: Array) -> Array:
        """See `Session`."""
        self._request.infer({0: np.ascontiguousarray(x)}, share_inputs=True)
        return np.asarray(self._request.get_output_tensor(0).data, dtype=np.float32)

    def release(self) -> None:
        """See `Session`."""
        self._model.release_memory()


class OnnxRuntimeSession:
    """See `Session`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Raises an error of ONNX Runtime if the model cannot be loaded."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        file = str(folder / "inference.onnx")
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, x: Array) -> Array:
        """See `Session`."""
        return np.asarray(self._session.run(None, {self._input: x})[0], dtype=np.float32)

    def release(self) -> None:
        """Nothing to do: a shared arena serves all sizes."""


class PaddleSession:
    """See `Session`. Needs the packages in `paddle/requirements.txt`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Raises ImportError without native Paddle, RuntimeError if the model cannot be loaded."""
        runtime.load_openmp()
        from paddle import inference

        config = inference.Config(*(str(folder / file) for file in PADDLE_FILES))
        config.disable_gpu()
        config.disable_glog_info()
        config.enable_mkldnn()
        config.set_cpu_math_library_num_threads(settings.threads)
        self._predictor: Any = inference.create_predictor(config)
        self._input = self._predictor.get_input_handle(self._predictor.get_input_names()[0])
        self._output = self._predictor.get_output_handle(self._predictor.get_output_names()[0])

    def __call__(self, x: Array) -> Array:
        """See `Session`."""
        self._input.reshape(x.shape)
        self._input.copy_from_cpu(np.ascontiguousarray(x))
        self._predictor.run()
        return np.asarray(self._output.copy_to_cpu(), dtype=np.float32)

    def release(self) -> None:
        """See `Session`."""
        self._predictor.try_shrink_memory()


_SESSIONS: dict[Engine, Callable[[Path, Settings], Session]] = {
    "openvino": OpenVinoSession,
    "onnxruntime": OnnxRuntimeSession,
    "paddle": PaddleSession,
}
