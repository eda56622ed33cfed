"""A user's correction of an item's category: validated here, stored by a SQL function."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from functions.core.auth import User
from functions.core.errors import (
    BackendRefused,
    FunctionError,
    ItemNotFound,
    RateLimited,
    UnknownCategory,
)
from functions.core.http import RequestBody
from functions.core.supabase import UserApi, call_as_user

# Used if the database does not say how long to wait.
RETRY_AFTER_S = 60


class Correction(RequestBody):
    """The request body."""

    receipt_item_id: UUID = Field(description="An item of one of the user's receipts.")
    category: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$", description="Code of the category.")


def correct(users: UserApi, user: User, correction: Correction) -> dict[str, Any]:
    """Set the category of an item on behalf of a user. Idempotent.

    Returns:
        The updated item, in the format of `review_receipt`.

    Raises:
        ItemNotFound: the user has no such item.
        UnknownCategory: no category has that code.
        RateLimited: the user made too many corrections within a minute.
        Unauthorized, BackendUnavailable, BackendRefused: see `call_as_user`.
    """
    arguments = {"receipt_item_id": str(correction.receipt_item_id), "category": correction.category}
    try:
        item: Any = call_as_user(lambda: users.rpc(user, "correct_category", arguments))
    except BackendRefused as error:
        raise _typed(error) from error
    return dict(item)


def _typed(error: BackendRefused) -> FunctionError:
    if error.hint == "item_not_found":
        return ItemNotFound("The user has no such item.")
    if error.hint == "unknown_category":
        return UnknownCategory("`category` is not a known category code.")
    if error.hint == "rate_limited":
        return RateLimited(
            "Too many corrections within a minute.",
            retry_after_s=int(error.note) if error.note.isdigit() else RETRY_AFTER_S,
        )
    return error
