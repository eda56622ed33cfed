"""The queue of receipts, as the database keeps it: claim, complete, fail.

The SQL functions decide about leases, attempts, backoff and dead letters; this module only gives them types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from supabase import Client

from functions.core.errors import BackendRefused, OcrFailed, ReceiptError
from functions.core.supabase import call_repeatable


class Claim(BaseModel):
    """A receipt that belongs to this worker until its lease ends."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    user_id: UUID
    bucket: str
    object_path: str
    object_version: str | None
    attempts: int
    lease_token: UUID
    waited_s: float = Field(ge=0, description="Since its user asked for it, by the upload or by a retry.")


class Queue(Protocol):
    """What processing needs of a queue. `complete` and `fail` answer with the state the receipt is in."""

    def claim(self, request_id: str, receipt_id: UUID | None = None) -> Claim | None: ...

    def give_up(self) -> list[str]: ...

    def queue_missed(self) -> tuple[int, int]: ...

    def complete(self, claim: Claim, result: dict[str, Any]) -> str: ...

    def fail(self, claim: Claim, error: ReceiptError) -> str: ...


@dataclass(frozen=True)
class SupabaseQueue:
    """The queue behind Supabase's Data API, with the service's own key."""

    client: Client
    lease_s: int

    def claim(self, request_id: str, receipt_id: UUID | None = None) -> Claim | None:
        """Take one due receipt (or the named one, if it is due) under a new lease.

        A claim whose answer is lost on the way is taken up again when its lease ends.

        Raises:
            BackendUnavailable, BackendRefused: see `call_repeatable`.
        """
        arguments = {
            "p_limit": 1,
            "p_lease_seconds": self.lease_s,
            "p_receipt_id": str(receipt_id) if receipt_id else None,
            "p_request_id": request_id,
        }
        rows: Any = call_repeatable(lambda: self.client.rpc("claim_receipts", arguments).execute().data)
        return Claim.model_validate(rows[0]) if rows else None

    def give_up(self) -> list[str]:
        """End receipts over which workers died until their attempts ran out.

        Returns:
            Their ids.

        Raises:
            BackendUnavailable, BackendRefused: see `call_repeatable`.
        """
        ended: Any = call_repeatable(lambda: self.client.rpc("give_up_receipts").execute().data)
        return [str(receipt_id) for receipt_id in ended or ()]

    def queue_missed(self) -> tuple[int, int]:
        """Queue receipts for photos that were stored while none could be queued.

        Returns:
            How many were queued, and how many still wait for what keeps them.

        Raises:
            BackendUnavailable, BackendRefused: see `call_repeatable`.
        """
        rows: Any = call_repeatable(lambda: self.client.rpc("queue_missed_photos").execute().data)
        return int(rows[0]["queued"]), int(rows[0]["waiting"])

    def complete(self, claim: Claim, result: dict[str, Any]) -> str:
        """Store what was read, receipt and items in one transaction.

        Returns:
            `done`, or `stale` when the lease has passed to another worker, whose outcome counts.

        Raises:
            OcrFailed: the reading does not fit the tables.
            BackendUnavailable, BackendRefused: see `call_repeatable`.
        """
        arguments = {
            "p_receipt_id": str(claim.id),
            "p_lease_token": str(claim.lease_token),
            "p_result": result,
        }
        try:
            return str(call_repeatable(lambda: self.client.rpc("complete_receipt", arguments).execute().data))
        except BackendRefused as error:
            # Data exception or broken constraint: what was read does not fit the tables, and never will.
            if error.sqlstate[:2] in ("22", "23"):
                raise OcrFailed(f"The database refused the reading ({error.sqlstate}).") from error
            raise

    def fail(self, claim: Claim, error: ReceiptError) -> str:
        """Give the receipt back.

        Returns:
            `queued` (it will be tried again), `failed` (it will not), or `stale`.
        """
        arguments = {
            "p_receipt_id": str(claim.id),
            "p_lease_token": str(claim.lease_token),
            "p_code": error.code,
            "p_detail": error.detail,
            "p_retryable": error.retryable,
            "p_retry_after_seconds": error.retry_after_s,
            "p_counts_attempt": error.counts_attempt,
        }
        return str(call_repeatable(lambda: self.client.rpc("fail_receipt", arguments).execute().data))
