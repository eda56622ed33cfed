"""The question and the answer of `POST /v1/categories`: names without a receipt around them, such as products."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ocr_service.category.live_model import Categorised
from ocr_service.errors import BadRequest


class Part(BaseModel):
    """Immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CategoriesRequest(Part):
    """What the caller sends."""

    names: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(min_length=1, max_length=100)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Raises: BadRequest."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise BadRequest("the body must be {names: [1 to 100 texts of 1 to 300 characters]}") from error


class NameCategory(Part):
    """What the classifier says about one name."""

    code: str = Field(description="One of the category codes.")
    confidence: float = Field(ge=0, le=1, description="Probability of that code.")
    uncertain: bool = Field(description="Better ask a person.")


class CategoriesResponse(Part):
    """The whole answer."""

    items: list[NameCategory] = Field(description="One a name, in order.")
    model_versions: dict[str, str] = Field(description="Version of each model by its name.")

    @classmethod
    def of(cls, categorised: Categorised) -> Self:
        """The answer for these predictions."""
        return cls(
            items=[
                NameCategory(code=p.code, confidence=round(p.confidence, 4), uncertain=p.uncertain)
                for p in categorised.predictions
            ],
            model_versions={"category": categorised.version},
        )
