"""The contract and the parser are plain Python: importing them loads no vision library and changes no global state."""

import os
import pkgutil
import subprocess
import sys

from ocr_service import parsing

VISION = ("cv2", "openvino", "onnxruntime", "paddle", "paddleocr", "paddlex", "PIL", "pillow_heif")
PARSING = [module.name for module in pkgutil.iter_modules(parsing.__path__, "ocr_service.parsing.")]
PROBE = f"""
import importlib, os, sys
environment, hooks, path_hooks = dict(os.environ), list(sys.meta_path), list(sys.path_hooks)
for module in sys.argv[1:]:
    importlib.import_module(module)
    loaded = [name for name in {VISION!r} if name in sys.modules]
    assert not loaded, f"{{module}} loads {{loaded}}"
    assert dict(os.environ) == environment, f"{{module}} changes the environment"
    assert (sys.meta_path, sys.path_hooks) == (hooks, path_hooks), f"{{module}} installs an import hook"
"""


def test_importing_loads_no_vision_library() -> None:
    """What all of them load together, none loads alone."""
    assert len(PARSING) > 20
    command = [sys.executable, "-c", PROBE, "ocr_service.contract", *PARSING]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr


ENGINE = """
import sys
from ocr_service.settings import Settings
from ocr_service.vision.engine import OcrEngine
OcrEngine(Settings())
loaded = {name.partition(".")[0] for name in sys.modules} & {"pandas", "paddle", "paddleocr", "paddlex", "modelscope"}
assert not loaded, f"loads {loaded}"
"""


def test_the_engine_loads_only_the_steps_of_paddlex_that_it_runs() -> None:
    process = subprocess.run([sys.executable, "-c", ENGINE], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr


def test_openvino_is_silenced_before_it_starts() -> None:
    """It would print to the log where a sandbox hides the processor's layout."""
    code = (
        "import os; from ocr_service.settings import Settings; from ocr_service.vision.inference import *; "
        "resolve_precision('openvino', Settings()); print(os.environ['HWLOC_HIDE_ERRORS'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "HWLOC_HIDE_ERRORS"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"
