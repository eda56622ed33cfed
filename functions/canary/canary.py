"""The canary: a receipt of a user of its own goes through the whole pipeline, and what was read is checked.

Each run signs in a new user, uploads a photo, waits for its items, adds them to the inventory and requests the deletion
of the account, which the sweep carries out. So a run tries Auth, Storage, the upload trigger, sweep, OCR service and
review as users meet them. Alerts are raised from its log lines (infra/modules/monitoring/platform.tf).
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from postgrest import SyncPostgrestClient
from postgrest.exceptions import APIError
from supabase import Client

from functions.core.auth import User
from functions.core.errors import FunctionError
from functions.core.logs import get_logger
from functions.core.supabase import UserApi, call_with_retry, key_headers, user_headers
from functions.receipts.queue import CANARY_PREFIX

PHOTO = Path(__file__).with_name("receipt.jpg")
TOTAL = 75_550
"""Printed on the photo, in won."""
FOOD = "맛있는우유"
"""Name of an item on the photo, without spaces."""

WAIT_S = 120
POLL_S = 1.0


class CanaryFailed(Exception):
    """A step failed; the text says what was wrong, without data of a user."""


@dataclass
class Progress:
    """The step that is being done, for the log."""

    step: str = "start"


@dataclass(frozen=True)
class Canary:
    """The canary of one project.

    Attributes:
        service: client with the secret key; it requests the deletion of users that earlier runs left behind.
        user_api: the Data API on behalf of the canary's user.
        http: makes the other calls; the caller closes it.
        url: base URL of the Supabase project.
        auth_url: base URL of Auth's admin API, without `/admin`.
        secret_key: creates the user, with a confirmed address.
    """

    service: Client
    user_api: UserApi
    http: httpx.Client
    url: str
    auth_url: str
    secret_key: str = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep

    def run(self) -> dict[str, Any]:
        """One run. A failure is logged and returned, not raised, so that the scheduler does not report it as well.

        Returns:
            `outcome` (`passed` or `failed`), `step` (the one that failed), and `seconds`.
        """
        start, progress = self.clock(), Progress()
        try:
            self._run(progress)
        except (CanaryFailed, FunctionError, httpx.HTTPError, APIError, LookupError, TypeError, ValueError) as error:
            detail = str(error) if isinstance(error, CanaryFailed | FunctionError) else type(error).__name__
            get_logger().error("canary failed", step=progress.step, detail=detail)
            return {"outcome": "failed", "step": progress.step, "seconds": round(self.clock() - start, 1)}
        seconds = round(self.clock() - start, 1)
        get_logger().info("canary passed", seconds=seconds)
        return {"outcome": "passed", "step": "", "seconds": seconds}

    def _run(self, progress: Progress) -> None:
        progress.step = "clean up"
        call_with_retry(lambda: self.service.rpc("delete_canaries").execute())
        progress.step = "sign in"
        with self._user() as user:
            progress.step = "upload"
            path = self._upload(user)
            progress.step = "read"
            receipt = self._wait_for(user, path)
            if receipt["status"] != "done":
                raise CanaryFailed(f"the receipt failed: {receipt['error_code']}")
            if receipt["total"] != TOTAL:
                raise CanaryFailed("the total was misread")
            progress.step = "add"
            arguments = {"receipt_id": receipt["id"]}
            added: Any = call_with_retry(lambda: self.user_api.rpc(user, "add_receipt_to_inventory", arguments))
            if not any(FOOD in "".join(row["name"].split()) for row in added):
                raise CanaryFailed(f"an item is missing among {len(added)}")
            progress.step = "delete"

    @contextmanager
    def _user(self) -> Iterator[User]:
        """A new user, whose deletion is requested at the end."""
        email, password = f"canary-{uuid.uuid4().hex}@jangbogi.invalid", secrets.token_urlsafe(24)
        credentials = {"email": email, "password": password}
        # The secret key for both: with a CAPTCHA, Auth lets only administrators sign in without one.
        self._auth(f"{self.auth_url}/admin/users", credentials | {"email_confirm": True})
        session = self._auth(f"{self.url}/auth/v1/token?grant_type=password", credentials)
        user = User(uuid.UUID(session["user"]["id"]), session["access_token"])
        try:
            yield user
        finally:
            call_with_retry(lambda: self.user_api.rpc(user, "request_account_deletion", {}))

    def _auth(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        response = self.http.post(url, json=body, headers=key_headers(self.secret_key))
        if response.is_error:
            raise CanaryFailed(f"Auth returned {response.status_code}")
        return dict(response.json())

    def _upload(self, user: User) -> str:
        path = f"{user.id}/{CANARY_PREFIX}{uuid.uuid4().hex}.jpg"
        response = self.http.post(
            f"{self.url}/storage/v1/object/ocr/{path}",
            content=PHOTO.read_bytes(),
            headers={**user_headers(self.user_api.key, user), "Content-Type": "image/jpeg"},
        )
        if response.is_error:
            raise CanaryFailed(f"Storage returned {response.status_code}")
        return path

    def _wait_for(self, user: User, path: str) -> dict[str, Any]:
        """The receipt of the photo, once it is done or failed."""
        deadline = self.clock() + WAIT_S
        headers = user_headers(self.user_api.key, user)
        table = SyncPostgrestClient(self.user_api.url, headers=headers, http_client=self.http).table("receipts")
        query = table.select("id,status,error_code,total").eq("object_path", path)
        while True:
            rows: Any = call_with_retry(lambda: query.execute().data)
            if rows and rows[0]["status"] in ("done", "failed"):
                return dict(rows[0])
            if self.clock() >= deadline:
                state = rows[0]["status"] if rows else "missing"
                raise CanaryFailed(f"the receipt is still {state} after {WAIT_S} s")
            self.wait(POLL_S)
