"""Smoke test of a deployed environment: as a new user, upload a receipt, wait for it, add its food to the inventory,
and delete the account.

With SUPABASE_SECRET_KEY the user is created with a confirmed address, as projects with mail confirmation need. The test
waits until a sweep has deleted the user.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import requests
from postgrest.exceptions import APIError
from storage3.exceptions import StorageApiError

from local.client import TIMEOUT_S, User, sign_in, sign_up, upload, wait_for_receipt
from tools import terraform
from tools.commands import ROOT, DeliveryError, exit_status

RECEIPT = ROOT / "local" / "demo_receipt.jpg"
FOOD = "맛있는우유"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.smoke", description=__doc__)
    parser.add_argument("--env", help="environment, such as staging; replaces --url and --key")
    parser.add_argument("--url", help="URL of the Supabase project")
    parser.add_argument("--key", help="publishable key of the Supabase project")
    parser.add_argument("--timeout", type=float, default=180, metavar="S", help="seconds per step (default 180)")
    options = parser.parse_args()
    return exit_status(lambda: smoke(options))


def smoke(options: argparse.Namespace) -> None:
    """Run the smoke test and print the time of each step. Raises: DeliveryError naming the failed step."""
    url, key = options.url, options.key
    if options.env:
        terraform.init(options.env)
        config = terraform.outputs().get("app_config") or {}
        url, key = config.get("supabaseUrl"), config.get("supabaseKey")
    if not url or not key:
        raise DeliveryError("Name the project: ENV=staging after a deployment, or --url and --key.")
    with httpx.Client(timeout=TIMEOUT_S) as http:
        try:
            _run_steps(url, key, http, options.timeout)
        except (requests.RequestException, httpx.HTTPError, APIError, StorageApiError, TimeoutError) as error:
            raise DeliveryError(f"The smoke test failed: {type(error).__name__}: {error}") from error


def _run_steps(url: str, key: str, http: httpx.Client, timeout_s: float) -> None:
    start = time.monotonic()

    def report(step: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {step}", flush=True)

    user = _new_user(url, key, http)
    report("signed up")
    receipt = wait_for_receipt(user, upload(user, RECEIPT.read_bytes(), RECEIPT.name), timeout_s)
    if receipt["status"] != "done":
        raise DeliveryError(f"The receipt could not be read: {receipt['error_code']} ({receipt['error_detail']}).")
    report("receipt read")
    added: Any = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": receipt["id"]}).execute().data
    names = ["".join(row["name"].split()) for row in added]
    if not any(FOOD in name for name in names):
        raise DeliveryError(f"The receipt was misread: {FOOD} is not among the {len(names)} items.")
    report(f"{len(added)} items in the inventory")
    user.supabase.rpc("request_account_deletion").execute()
    report("account deletion requested")
    _wait(
        lambda: not user.supabase.table("receipts").select("id").execute().data,
        timeout_s,
        f"The account was not deleted within {timeout_s:g} s.",
    )
    report("account deleted")


def _new_user(url: str, key: str, http: httpx.Client) -> User:
    email, password = f"smoke-{uuid.uuid4().hex[:12]}@example.com", secrets.token_urlsafe(16)
    if secret := os.environ.get("SUPABASE_SECRET_KEY"):
        answer = requests.post(
            f"{url}/auth/v1/admin/users",
            json={"email": email, "password": password, "email_confirm": True},
            headers={"apikey": secret, "Authorization": f"Bearer {secret}"},
            timeout=TIMEOUT_S,
        )
        answer.raise_for_status()
        return sign_in(url, key, email, password, http, secret)
    return sign_up(url, key, email, password, http)


def _wait(condition: Callable[[], bool], timeout_s: float, failure: str) -> None:
    deadline, pause = time.monotonic() + timeout_s, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise DeliveryError(f"{failure} after {timeout_s:g} s.")
        pause.wait(1)


if __name__ == "__main__":
    sys.exit(main())
