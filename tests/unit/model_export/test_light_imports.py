"""Commands that only pass models or answers on start without the libraries that train models, which take seconds."""

import subprocess
import sys

import pytest

TRAINING = ("sklearn", "pandas", "matplotlib", "mlflow", "skl2onnx", "torch")


@pytest.mark.parametrize("package", ["release", "annotation"])
def test_starting_loads_no_library_of_training(package: str) -> None:
    code = f"import sys, model_export.{package}.__main__; print(*sorted(set({TRAINING!r}) & set(sys.modules)))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.returncode, process.stdout) == (0, "\n"), process.stderr
