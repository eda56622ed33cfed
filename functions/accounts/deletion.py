"""Accounts whose users asked for their deletion: photos first, then rows, then the user, whose end ends the request.

Each step may run twice and finds less to do the second time; dying between two leaves the request, which is due again.
No user id is logged: logs outlive the user.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from supabase import Client
from supabase_auth.errors import AuthApiError, AuthError

from functions.accounts.photos import delete_photos
from functions.core.errors import BackendUnavailable, FunctionError
from functions.core.logs import get_logger
from functions.core.supabase import call_repeatable


class Users(Protocol):
    """What deletion needs of Auth: its admin API."""

    def delete_user(self, id: str) -> None: ...


@dataclass(frozen=True)
class Deletions:
    """Carries out what `request_account_deletion()` asked for, with the service's own key."""

    client: Client
    users: Users

    def sweep(self, *, budget_s: float, clock: Callable[[], float] = time.monotonic) -> dict[str, int]:
        """Delete accounts that are due, one after the other, until none is left or `budget_s` seconds are over.

        Returns:
            How many are deleted, and how many are left for a later attempt.

        Raises:
            BackendUnavailable: Supabase could not be reached.
        """
        deadline = clock() + budget_s
        counts = {"deleted": 0, "left": 0}
        while clock() < deadline:
            claimed: Any = call_repeatable(
                lambda: self.client.rpc("claim_account_deletions", {"p_limit": 1}).execute().data
            )
            if not claimed:
                break
            try:
                self.delete(str(claimed[0]))
                counts["deleted"] += 1
            except FunctionError as error:
                get_logger().error("account not deleted", code=error.code, detail=error.detail)
                counts["left"] += 1
        return counts

    def delete(self, user_id: str) -> None:
        """Delete the user and all that is theirs.

        Raises:
            BackendUnavailable, BackendRefused: a step could not be done; those before it are.
        """
        photos = delete_photos(self.client, "photos_of_user", {"p_user_id": user_id}, lambda: True)
        call_repeatable(lambda: self.client.rpc("forget_user", {"p_user_id": user_id}).execute())
        self.end(user_id)
        get_logger().info("account deleted", photos=photos)

    def end(self, user_id: str) -> None:
        """Delete the user, who may be gone already. Raises: BackendUnavailable."""
        try:
            self.users.delete_user(user_id)
        except AuthApiError as error:
            if error.status != 404:
                raise BackendUnavailable(f"Auth answered {error.status}.") from error
        except AuthError as error:
            raise BackendUnavailable(f"Auth could not be reached ({type(error).__name__}).") from error
