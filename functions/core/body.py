"""Bodies of requests that are checked field by field."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.core.errors import BadRequest


class Body(BaseModel):
    """Base of a request's body: nothing in it may be unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """Check a body. Raises: BadRequest, naming the member at fault."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadRequest(f"`{where}`: {first['msg']}.") from error
