"""The runs in the database: what they cover and how far they are. The SQL functions decide; this module gives types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from supabase import Client

from functions.core.errors import BackendRefused, OcrFailed
from functions.core.supabase import call_with_retry

PAGE = 1000
"""Rows of one call, far below the time limit of a statement."""


class Rules(BaseModel):
    """What a run covers. It is fixed with the run."""

    model_config = ConfigDict(frozen=True)

    models: dict[str, str] = Field(
        description="Versions that read, by kind: receipts of other versions are read again."
    )
    applies: bool = Field(False, description="Whether changes are stored; otherwise the run is a dry run.")
    since: datetime | None = Field(None, description="Only receipts uploaded from then on.")
    until: datetime | None = Field(None, description="Only receipts uploaded before.")
    user_id: UUID | None = Field(None, description="Only receipts of this user.")
    limit: int | None = Field(None, gt=0, description="At most so many receipts, the oldest.")


class Due(BaseModel):
    """A receipt to read, and where its photo is."""

    model_config = ConfigDict(frozen=True)

    receipt_id: UUID
    bucket: str
    object_path: str


class Change(BaseModel):
    """One difference between what is stored and what was read now.

    what: `receipt`, `item`, `added` or `removed`. line_no: of the item. field: for `receipt` and `item` its name.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    what: str
    line_no: int | None
    field: str
    was: Any = Field(alias="from")
    becomes: Any = Field(alias="to")


class Outcome(BaseModel):
    """What became of one receipt of a run. items: their number on the receipt."""

    model_config = ConfigDict(frozen=True)

    place: int
    state: str
    code: str | None
    store_kind: str
    items: int
    changes: list[Change]


@dataclass(frozen=True)
class Run:
    """A run of that name. Every method raises BackendUnavailable and BackendRefused, see `call_with_retry`."""

    client: Client
    name: str

    def plan(self, rules: Rules) -> Iterator[int]:
        """Choose the receipts, a page at a time; yields how many are chosen. Resumes what was interrupted."""
        arguments = {"p_rules": rules.model_dump(mode="json"), "p_limit": PAGE}
        while True:
            (row,) = self._call("plan_reread", **arguments)
            yield int(row["receipts"])
            if row["is_planned"]:
                return

    def due(self, task: int, tasks: int, limit: int) -> list[Due]:
        """The next receipts that task `task`, from 0, of `tasks` has to read."""
        rows = self._call("due_rereads", p_task=task, p_tasks=tasks, p_limit=limit)
        return [Due.model_validate(row) for row in rows]

    def begin(self, receipt_id: UUID) -> str | None:
        """Where the photo is now; None if the receipt is not to be read any more."""
        path = self._call("begin_reread", p_receipt_id=str(receipt_id))
        return None if path is None else str(path)

    def store(self, receipt_id: UUID, result: dict[str, Any]) -> str:
        """Compare a result with the receipt, and apply it if the run does.

        Returns:
            `same`, `changed`, `skipped`, or `other_models` if the result is not of the run's models.

        Raises:
            OcrFailed: the result violates a constraint of the tables.
        """
        try:
            return str(self._call("store_reread", p_receipt_id=str(receipt_id), p_result=result))
        except BackendRefused as error:
            if error.sqlstate[:2] in ("22", "23"):
                raise OcrFailed(f"The database rejected the result ({error.sqlstate}).") from error
            raise

    def fail(self, receipt_id: UUID, code: str, *, is_final: bool) -> str:
        """Note that the photo could not be read: `failed`, or `waiting` for the next of three attempts."""
        return str(self._call("fail_reread", p_receipt_id=str(receipt_id), p_code=code, p_is_final=is_final))

    def postpone(self, receipt_id: UUID, code: str) -> str:
        """Note that Storage did not deliver the photo: `waiting`, or `failed` the fifth time."""
        return str(self._call("postpone_reread", p_receipt_id=str(receipt_id), p_code=code))

    def rules(self) -> Rules:
        """What the run covers."""
        return Rules.model_validate(self._call("reread_rules"))

    def outcomes(self) -> Iterator[Outcome]:
        """All receipts of the run."""
        after = 0
        while rows := self._call("reread_outcomes", p_after=after, p_limit=PAGE):
            outcomes = [Outcome.model_validate(row) for row in rows]
            yield from outcomes
            after = outcomes[-1].place

    def _call(self, function: str, **arguments: Any) -> Any:
        return call_with_retry(lambda: self.client.rpc(function, {"p_run": self.name, **arguments}).execute().data)
