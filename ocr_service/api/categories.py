"""`POST /v1/categories`: the body to names, and predictions to the response."""

from pydantic import ValidationError

from ocr_service.category.classifier import Prediction
from ocr_service.contract import CategoriesRequest, CategoriesResponse, NameCategory
from ocr_service.errors import BadRequest
from ocr_service.live_model import Predicted


def parse_request(body: bytes) -> CategoriesRequest:
    """Validate the body. Raises BadRequest."""
    try:
        return CategoriesRequest.model_validate_json(body)
    except ValidationError as error:
        raise BadRequest(
            'The body must be {"names": [...]} with 1 to 100 names of 1 to 300 characters each.'
        ) from error


def to_response(categorised: Predicted[Prediction]) -> CategoriesResponse:
    """The response for these predictions."""
    return CategoriesResponse(
        items=[
            NameCategory(code=p.code, confidence=round(p.confidence, 4), uncertain=p.uncertain)
            for p in categorised.predictions
        ],
        model_versions={"category": categorised.version},
    )
