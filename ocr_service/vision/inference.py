"""Inference sessions: a packaged model on OpenVINO, ONNX Runtime or native Paddle.

OpenVINO runs bfloat16 where the processor multiplies it in hardware, which takes half the CPU time of single precision.
Both read the same (docs/quality.md); a processor without such units computes in single precision.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from ocr_service.settings import Engine, Precision, Settings

Array = NDArray[np.float32]
Session = Callable[[Array], Array]
"""Runs a model with one input and one output. Not thread-safe. The result is valid until the next call."""

KERNEL_CACHE_SIZE = 16
"""Compiled kernels kept for image sizes seen before. Every photo has a different size: without a limit, memory would
grow with every receipt."""
PADDLE_FILES = ("inference.json", "inference.pdiparams")


def load_session(folder: Path, engine: Engine, settings: Settings) -> Session:
    """The model in `folder` on an engine. Raises an error of the engine if it cannot be loaded."""
    sessions: dict[Engine, Callable[[Path, Settings], Session]] = {
        "openvino": _openvino,
        "onnxruntime": _onnxruntime,
        "paddle": _paddle,
    }
    return sessions[engine](folder, settings)


def resolve_precision(engine: Engine, settings: Settings) -> Precision:
    """The precision in which `engine` computes here. Only OpenVINO has one other than single precision."""
    if engine != "openvino" or settings.precision == "float32":
        return "float32"
    capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bfloat16" if "BF16" in capabilities else "float32"


def _openvino(folder: Path, settings: Settings) -> Session:
    core = openvino.Core()
    model = core.compile_model(
        core.read_model(folder / "inference.onnx"),
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": settings.threads,
            "INFERENCE_PRECISION_HINT": "bf16" if resolve_precision("openvino", settings) == "bfloat16" else "f32",
            "CPU_RUNTIME_CACHE_CAPACITY": KERNEL_CACHE_SIZE,
        },
    )
    request = model.create_infer_request()

    def run(x: Array) -> Array:
        request.infer({0: np.ascontiguousarray(x)})
        return np.asarray(request.get_output_tensor(0).data, dtype=np.float32)

    return run


def _onnxruntime(folder: Path, settings: Settings) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.threads
    session = onnxruntime.InferenceSession(str(folder / "inference.onnx"), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: np.asarray(session.run(None, {name: x})[0], dtype=np.float32)


def _paddle(folder: Path, settings: Settings) -> Session:
    from ocr_service.vision import runtime

    runtime.load_openmp()
    from paddle import inference  # an optional package

    config = inference.Config(*(str(folder / file) for file in PADDLE_FILES))
    config.disable_gpu()
    config.disable_glog_info()
    config.enable_mkldnn()
    config.set_cpu_math_library_num_threads(settings.threads)
    predictor: Any = inference.create_predictor(config)
    source = predictor.get_input_handle(predictor.get_input_names()[0])
    target = predictor.get_output_handle(predictor.get_output_names()[0])

    def run(x: Array) -> Array:
        source.reshape(x.shape)
        source.copy_from_cpu(np.ascontiguousarray(x))
        predictor.run()
        return np.asarray(target.copy_to_cpu(), dtype=np.float32)

    return run
