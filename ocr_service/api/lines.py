"""`POST /v1/lines`: which line of which photo is asked for."""

from pydantic import ValidationError

from ocr_service.contract import LineRequest
from ocr_service.errors import BadRequest, TooLarge

MAX_OTHER_BYTES = 16 * 1024
"""Room for everything but the photo: a name of 1,000 characters, each escaped as in `\\ud83c\\udf4e`, has 12 kB."""


def largest_body(max_bytes: int) -> int:
    """The size of a body with a photo of `max_bytes`, in base64."""
    return (max_bytes + 2) // 3 * 4 + MAX_OTHER_BYTES


def parse_request(body: bytes, max_bytes: int) -> LineRequest:
    """Validate the body, whose photo may have `max_bytes`. Raises BadRequest, TooLarge."""
    try:
        wanted = LineRequest.model_validate_json(body)
    except ValidationError:
        # Not as the cause: it quotes the name.
        raise BadRequest(
            'The body must be {"name": "소금빵", "box": [10, 20, 300, 60], "image": "…"}: a name of 1 to 1000 '
            "characters, four whole numbers, and the photo in base64."
        ) from None
    if len(wanted.image) > max_bytes:
        raise TooLarge(f"The photo has {len(wanted.image)} bytes; at most {max_bytes} are accepted.")
    return wanted
