"""Our classifier's guess at the category of a product name. It lives in the OCR service; without it, no guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import requests
from pydantic import BaseModel, ConfigDict, ValidationError

from functions.core.errors import OcrUnavailable
from functions.core.logs import get_logger

TokenSource = Callable[[], str | None]


class Guess(BaseModel):
    """A category code and its probability."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    confidence: float
    uncertain: bool


class _Answer(BaseModel):
    items: list[Guess]


@dataclass(frozen=True)
class NameClassifier:
    """`POST /v1/categories` of the OCR service at `url`."""

    session: requests.Session
    url: str
    token: TokenSource

    def guess(self, name: str, seconds: float) -> Guess | None:
        """The category of a name, or None if there is no answer within `seconds`. Never raises."""
        try:
            token = self.token()
            response = self.session.post(
                f"{self.url}/v1/categories",
                json={"names": [name[:300]]},
                headers={"Authorization": f"Bearer {token}"} if token else {},
                timeout=seconds,
                allow_redirects=False,
            )
            response.raise_for_status()
            return _Answer.model_validate_json(response.content).items[0]
        except (requests.RequestException, OcrUnavailable, ValidationError, IndexError) as error:
            get_logger().warning("no category for a product name", error=type(error).__name__)
            return None
