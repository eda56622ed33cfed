"""The evaluation of the OCR service runs its command on photos with labels."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from model_export.text_models.evaluation import service
from model_export.text_models.evaluation.perturbations import PERTURBATIONS
from model_export.text_models.synthesis.pages import Page

PHOTOS = Path(__file__).resolve().parents[1] / "fixtures" / "receipts"
LABEL = next(
    label
    for label in json.loads((PHOTOS / "labels.json").read_text(encoding="utf-8"))["receipts"]
    if label["image"] == "mart.jpg"
)


def page(texts: list[str]) -> Page:
    image = np.asarray(cv2.imread(str(PHOTOS / LABEL["image"])), dtype=np.uint8)
    return Page(image, texts, list(range(len(texts))), np.zeros((len(texts), 4, 2), np.float32))


def test_a_sure_name_is_right_if_it_is_printed() -> None:
    names = [item["name"] for item in LABEL["items"]]
    score = service.evaluate_pages([page(names), page(["다른 것"])])
    assert (score.pages, score.names, score.sure_right) == (2, 2 * len(names), 0.5)
    assert 0.5 < score.sure <= 1


def test_a_folder_of_labelled_photos_is_scored(tmp_path: Path) -> None:
    wrong = LABEL | {"items": [item | {"amount": item["amount"] + 1} for item in LABEL["items"]]}
    (tmp_path / LABEL["image"]).symlink_to(PHOTOS / LABEL["image"])
    (tmp_path / "labels.json").write_text(json.dumps({"receipts": [LABEL, wrong]}), encoding="utf-8")
    score = service.evaluate_photos(tmp_path)
    assert (score.receipts, score.items) == (2, 2 * len(LABEL["items"]))
    assert (score.amounts, score.item_f1, score.invented) == (0.5, 0.5, 0)
    assert score.names_exact == score.dates == score.totals == 1


@pytest.mark.parametrize("name", list(PERTURBATIONS))
def test_perturbed_photos_show_the_whole_receipt(name: str) -> None:
    image = np.full((80, 40, 3), 200, np.uint8)
    image[[0, 0, -1, -1], [0, -1, 0, -1]] = 250
    perturbed = PERTURBATIONS[name](image)
    assert perturbed.dtype == np.uint8
    assert perturbed.ndim == 3
    if name.startswith("skewed"):
        assert perturbed.shape[0] > 80
        assert perturbed.shape[1] > 40
    elif name == "far away":
        assert perturbed.shape[0] * perturbed.shape[1] == pytest.approx(5 * 80 * 40, rel=0.05)
        assert (perturbed == 250).all(axis=2).sum() == 4
    else:
        lit = 0.45 if name.startswith("dark") else 1
        size = 0.25 if name.startswith("half") else 1
        assert perturbed.shape[0] * perturbed.shape[1] == 80 * 40 * size
        assert perturbed[5:-5, 5:-5].mean() == pytest.approx(200 * lit, abs=1)
