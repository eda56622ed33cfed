"""The text models that are committed: complete, as the manifest says, and the same in both of their forms."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import yaml

from model_export import manifest
from model_export.text_models import charset, model_folder
from ocr_service.vision import runtime

ENTRIES = json.loads((manifest.MODELS_DIR / "manifest.json").read_text(encoding="utf-8"))["models"]
RECOGNITION = manifest.MODELS_DIR / "recognition"
NATIVE = manifest.MODELS_DIR / "recognition_paddle"


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_files_have_the_digests_in_the_manifest(name: str) -> None:
    assert ENTRIES[name]["licence"]
    assert ENTRIES[name]["files"]
    for relative, digest in ENTRIES[name]["files"].items():
        assert manifest.sha256(manifest.MODELS_DIR / relative) == digest


@pytest.mark.parametrize("folder", [RECOGNITION, NATIVE], ids=lambda folder: folder.name)
def test_settings_carry_the_characters_in_the_order_of_the_classes(folder: Path) -> None:
    settings = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    assert settings["Global"]["model_name"] == model_folder.MODEL_NAME
    assert settings["PostProcess"]["character_dict"] == charset.CHARACTERS


def test_the_model_has_an_output_for_every_class() -> None:
    session = onnxruntime.InferenceSession(str(RECOGNITION / "inference.onnx"), providers=["CPUExecutionProvider"])
    scores = session.run(None, {"x": np.zeros((1, 3, 48, 160), np.float32)})[0]
    assert scores.shape == (1, 20, charset.CLASSES)
    assert np.allclose(scores.sum(-1), 1, atol=1e-4)


@pytest.fixture
def native() -> Any:
    """The native Paddle form of the recogniser."""
    runtime.load_openmp()
    import paddle.inference

    config = paddle.inference.Config(str(NATIVE / "inference.json"), str(NATIVE / "inference.pdiparams"))
    config.disable_gpu()
    config.disable_mkldnn()
    config.disable_glog_info()
    return paddle.inference.create_predictor(config)


@pytest.mark.filterwarnings("ignore:No ccache found")  # paddle says so on import
def test_onnx_and_native_paddle_give_the_same_probabilities(native: Any) -> None:
    def predict(images: Any) -> Any:
        native.get_input_handle("x").copy_from_cpu(images)
        native.run()
        return native.get_output_handle(native.get_output_names()[0]).copy_to_cpu()

    assert model_folder.compare(RECOGNITION / "inference.onnx", predict) <= model_folder.TOLERANCE
