"""The queue of receipts in the database: claim, complete, fail.

The SQL functions decide about leases, attempts, backoff and dead letters; this module gives them types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from supabase import Client

from functions.core.errors import BackendRefused, OcrFailed, ReceiptError
from functions.core.supabase import call_with_retry

CANARY_PREFIX = "canary-"
"""Start of the names of the canary's photos."""
CANARY_PATH = re.compile(rf"[^/]+/{CANARY_PREFIX}[0-9a-f]+\.jpg$")
"""Their paths, as in `private.is_canary`."""

COUNT_BATCH = 1000
"""Changes of receipts that are counted in one transaction, which takes about half a second."""


class Claim(BaseModel):
    """A receipt leased to this worker."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    bucket: str
    object_path: str
    attempts: int
    lease_token: UUID
    waited_s: float = Field(ge=0, description="Seconds since the user uploaded the photo or asked for a retry.")
    ahead: int = Field(0, ge=0, description="The user's receipts that were claimed before and are still being read.")
    request_id: str = Field("", description="Of this attempt, in the logs of functions and OCR service and in its row.")

    @property
    def is_canary(self) -> bool:
        """Whether the photo is the canary's (`functions/canary`), whose receipts are not users' receipts."""
        return CANARY_PATH.match(self.object_path) is not None


class Waiting(BaseModel):
    """Open receipts whose users wait for too long."""

    model_config = ConfigDict(frozen=True)

    receipts: int = Field(description="Their number, up to 1000.")
    of_users: int = Field(description="How many of them are not the canary's.")
    oldest_s: float = Field(description="The longest wait, in seconds.")


@dataclass(frozen=True)
class ReceiptQueue:
    """The queue, called through the Data API with the secret key.

    Every method raises BackendUnavailable and BackendRefused, see `call_with_retry`.
    """

    client: Client
    lease_s: int

    def claim(self, request_id: str, receipt_id: UUID | None = None) -> Claim | None:
        """Lease one due receipt, or the one with that id if it is due.

        A claim whose response is lost on the way is claimed again when its lease ends.
        """
        arguments = {
            "p_limit": 1,
            "p_lease_seconds": self.lease_s,
            "p_receipt_id": str(receipt_id) if receipt_id else None,
            "p_request_id": request_id,
        }
        rows: Any = call_with_retry(lambda: self.client.rpc("claim_receipts", arguments).execute().data)
        return Claim.model_validate(rows[0] | {"request_id": request_id}) if rows else None

    def give_up(self) -> list[tuple[str, str]]:
        """End attempts whose workers died. Returns the receipts that failed: id and error code."""
        rows: Any = call_with_retry(lambda: self.client.rpc("give_up_receipts").execute().data)
        return [(str(row["id"]), str(row["error_code"])) for row in rows or ()]

    def queue_missed(self) -> tuple[int, int]:
        """Queue photos that the upload trigger could not queue.

        Returns:
            The number of receipts queued, and of photos that still cannot be queued.
        """
        rows: Any = call_with_retry(lambda: self.client.rpc("queue_missed_photos").execute().data)
        return int(rows[0]["queued"]), int(rows[0]["waiting"])

    def waiting(self, seconds: float) -> Waiting:
        """Receipts that are still open after `seconds`."""
        rows: Any = call_with_retry(lambda: self.client.rpc("receipts_waiting", {"p_seconds": seconds}).execute().data)
        return Waiting.model_validate(rows[0])

    def count_changes(self) -> int:
        """Bring the counts that monitoring reads up to date. Returns the number of changes, `COUNT_BATCH` at most."""
        count: Any = call_with_retry(lambda: self.client.rpc("count_receipts", {"p_limit": COUNT_BATCH}).execute().data)
        return int(count)

    def complete(self, claim: Claim, result: dict[str, Any]) -> str:
        """Store the result of the OCR service, receipt and items in one transaction.

        Returns:
            `done`, or `stale` if the lease has passed to another worker, whose outcome counts.

        Raises:
            OcrFailed: the result violates a constraint of the tables.
        """
        arguments = {
            "p_receipt_id": str(claim.id),
            "p_lease_token": str(claim.lease_token),
            "p_result": result,
        }
        try:
            return str(call_with_retry(lambda: self.client.rpc("complete_receipt", arguments).execute().data))
        except BackendRefused as error:
            # Data exception or integrity constraint violation: the same result will never fit the tables.
            if error.sqlstate[:2] in ("22", "23"):
                raise OcrFailed(f"The database rejected the result ({error.sqlstate}).") from error
            raise

    def fail(self, claim: Claim, error: ReceiptError) -> str:
        """Return the receipt to the queue with the error.

        Returns:
            `queued` (it will be retried), `failed` (it will not), or `stale`.
        """
        arguments = {
            "p_receipt_id": str(claim.id),
            "p_lease_token": str(claim.lease_token),
            "p_code": error.code,
            "p_detail": error.detail,
            "p_retryable": error.retryable,
            "p_retry_after_seconds": error.retry_after_s,
            "p_counts_attempt": error.counts_attempt,
            "p_crashed": error.crashed,
        }
        return str(call_with_retry(lambda: self.client.rpc("fail_receipt", arguments).execute().data))
