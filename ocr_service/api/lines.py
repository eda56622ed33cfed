"""`POST /v1/lines`: which line of the photo is asked for."""

import re
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from ocr_service.contract import Box
from ocr_service.errors import BadRequest

MAX_NAME = 1000
BOX = re.compile(r"-?[0-9]{1,6}(?:,-?[0-9]{1,6}){3}")


@dataclass(frozen=True)
class WantedLine:
    """The name on the line, as read, and the place of its item."""

    name: str
    place: Box


def parse_query(query: QueryParams) -> WantedLine:
    """Validate the parameters `name` and `box`. Raises BadRequest."""
    name, box = query.get("name", "").strip(), query.get("box", "")
    if not 1 <= len(name) <= MAX_NAME or not BOX.fullmatch(box):
        raise BadRequest(f"name must have 1 to {MAX_NAME} characters, and box four numbers, as in 10,20,300,60.")
    x0, y0, x1, y1 = map(int, box.split(","))
    return WantedLine(name, (x0, y0, x1, y1))
