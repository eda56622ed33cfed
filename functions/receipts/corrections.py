"""A user's word on the category of an item: checked here, decided and remembered in the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from postgrest import SyncPostgrestClient
from pydantic import Field

from functions.core.body import Body
from functions.core.errors import BackendRefused, ItemNotFound, RateLimited, Unauthorized, UnknownCategory
from functions.core.supabase import call_repeatable

# Where the database does not say when to come again.
RETRY_AFTER_S = 60


class Correction(Body):
    """What the app sends."""

    item_id: UUID = Field(description="An item of one of the user's receipts.")
    category: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$", description="Code of the category.")


def correct(client: SyncPostgrestClient, correction: Correction) -> dict[str, Any]:
    """Give an item its category, on behalf of the user whose client it is. The same again changes nothing.

    Returns:
        The item as it is now, as `review_receipt` has it.

    Raises:
        ItemNotFound: the user has no such item.
        UnknownCategory: there is no category of that code.
        RateLimited: the user corrects faster than people do.
        Unauthorized: Supabase does not take the token any more.
        BackendUnavailable, BackendRefused: see `call_repeatable`.
    """
    arguments = {"item_id": str(correction.item_id), "category": correction.category}
    try:
        item: Any = call_repeatable(lambda: client.rpc("correct_category", arguments).execute().data)
    except BackendRefused as error:
        raise _meaning(error) from error
    return dict(item)


def _meaning(error: BackendRefused) -> Exception:
    if error.hint == "item_not_found":
        return ItemNotFound("There is no such item among the user's receipts.")
    if error.hint == "unknown_category":
        return UnknownCategory("`category` is not the code of a category.")
    if error.hint == "rate_limited":
        return RateLimited(
            "Too many corrections in a minute.",
            retry_after_s=int(error.note) if error.note.isdigit() else RETRY_AFTER_S,
        )
    if error.sqlstate.startswith("PGRST30"):
        return Unauthorized("The access token does not hold.")
    return error
