"""Predicting the category of a product name with the OCR service's classifier. A failure gives no prediction."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import requests
from pydantic import BaseModel, ConfigDict, ValidationError

from functions.core.logs import get_logger
from functions.ocr.client import OcrClient
from functions.ocr.id_tokens import IdTokenUnavailable

MAX_NAME_CHARACTERS = 300


def is_classifiable(name: str) -> bool:
    """Whether a name is in a script that the model was trained on: it has Hangul, or mostly Latin letters."""
    letters = [unicodedata.name(c, "") for c in unicodedata.normalize("NFKC", name) if c.isalpha()]
    if any(letter.startswith("HANGUL") for letter in letters):
        return True
    return 2 * sum(letter.startswith("LATIN") for letter in letters) > len(letters)


class Prediction(BaseModel):
    """A category code and its probability (0 to 1)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    confidence: float
    uncertain: bool


class _Response(BaseModel):
    items: list[Prediction]


@dataclass(frozen=True)
class NameClassifier:
    """Calls `POST /v1/categories`."""

    client: OcrClient

    def predict(self, name: str, timeout_s: float) -> Prediction | None:
        """The category of a name, or None without a response within `timeout_s`. Never raises."""
        try:
            response = self.client.post(
                "/v1/categories", json={"names": [name[:MAX_NAME_CHARACTERS]]}, timeout=timeout_s
            )
            response.raise_for_status()
            return _Response.model_validate_json(response.content).items[0]
        except (requests.RequestException, IdTokenUnavailable, ValidationError, IndexError) as error:
            get_logger().warning("category prediction failed", error=type(error).__name__)
            return None
