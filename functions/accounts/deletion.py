"""Deletes accounts whose users asked for it: first the photos, then the rows, then the user and with it the request.

Every step is idempotent. If a sweep dies between two steps, the request remains and becomes due again. User ids are not
logged, because logs are kept longer than the user.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supabase import Client
from supabase_auth import SyncGoTrueAdminAPI
from supabase_auth.errors import AuthApiError, AuthError

from functions.accounts.photos import delete_photos
from functions.core.errors import BackendUnavailable, FunctionError
from functions.core.logs import get_logger
from functions.core.supabase import call_with_retry


@dataclass(frozen=True)
class AccountDeletions:
    """Carries out requests made with `request_account_deletion()`, with the secret key."""

    client: Client
    users: SyncGoTrueAdminAPI

    def delete_due(self, *, budget_s: float, clock: Callable[[], float] = time.monotonic) -> dict[str, int]:
        """Delete due accounts one by one until no request is due or `budget_s` seconds have passed.

        Returns:
            The counts `deleted` and `left` (to be retried later).

        Raises:
            BackendUnavailable: Supabase was unreachable.
        """
        deadline = clock() + budget_s
        counts = {"deleted": 0, "left": 0}
        while clock() < deadline:
            user_ids: Any = call_with_retry(
                lambda: self.client.rpc("claim_account_deletions", {"p_limit": 1}).execute().data
            )
            if not user_ids:
                break
            try:
                self.delete(str(user_ids[0]))
                counts["deleted"] += 1
            except FunctionError as error:
                get_logger().error("account not deleted", code=error.code, detail=error.detail)
                counts["left"] += 1
        return counts

    def delete(self, user_id: str) -> None:
        """Delete the user's photos, rows and account.

        Raises:
            BackendUnavailable, BackendRefused: a step failed; earlier steps are done.
        """
        photos = delete_photos(self.client, "photos_of_user", {"p_user_id": user_id}, lambda: True)
        call_with_retry(lambda: self.client.rpc("forget_user", {"p_user_id": user_id}).execute())
        self.delete_user(user_id)
        get_logger().info("account deleted", photos=photos)

    def delete_user(self, user_id: str) -> None:
        """Delete the user from Auth; a missing user is not an error. Raises: BackendUnavailable."""
        try:
            self.users.delete_user(user_id)
        except AuthApiError as error:
            if error.status != 404:
                raise BackendUnavailable(f"Auth returned {error.status}.") from error
        except AuthError as error:
            raise BackendUnavailable(f"Auth is unreachable ({type(error).__name__}).") from error


@dataclass(frozen=True)
class DueDeletions:
    """Deletes what is due: accounts, then photos past their retention period."""

    client: Client
    accounts: AccountDeletions

    def delete_due(self, *, budget_s: float, clock: Callable[[], float] = time.monotonic) -> dict[str, int]:
        """Delete for at most `budget_s` seconds.

        Returns:
            The counts `deleted` and `left` (accounts), and `photos`.

        Raises:
            BackendUnavailable, BackendRefused: see `AccountDeletions.delete_due` and `delete_photos`.
        """
        deadline = clock() + budget_s
        accounts = self.accounts.delete_due(budget_s=budget_s, clock=clock)
        photos = delete_photos(self.client, "photos_to_delete", {}, lambda: clock() < deadline)
        return {**accounts, "photos": photos}
