"""A client with the rights of the app: the publishable key and a user's token."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import requests
from supabase import Client, ClientOptions, create_client

BUCKET = "ocr"
POLL_S = 0.1
TIMEOUT_S = 20
_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".pdf": "application/pdf",
}
"""Content type of each suffix that the bucket takes."""


@dataclass(frozen=True)
class User:
    """A signed-in user, and a Supabase client that acts as that user, under row level security."""

    user_id: str
    email: str
    password: str
    access_token: str
    supabase: Client


def sign_up(
    supabase_url: str,
    publishable_key: str,
    email: str = "",
    password: str = "",
    http: httpx.Client | None = None,
) -> User:
    """Create a user, or sign in an existing one with that password.

    Uses HTTP instead of supabase-py, which cannot parse the timestamps of Supabase Lite's Auth.

    Args:
        supabase_url, publishable_key: of the project.
        email, password: generated if empty.
        http: makes the user's calls; the caller closes it. By default each user gets a new one.

    Raises:
        requests.HTTPError: Auth refused the request.
    """
    email = email or f"demo-{uuid.uuid4().hex[:8]}@example.com"
    password = password or secrets.token_urlsafe(12)
    answer = _ask_auth(supabase_url, publishable_key, "signup", email, password)
    if answer.status_code in (400, 409, 422):
        return sign_in(supabase_url, publishable_key, email, password, http)
    return _user(supabase_url, publishable_key, answer, email, password, http)


def sign_in(
    supabase_url: str, publishable_key: str, email: str, password: str, http: httpx.Client | None, secret_key: str = ""
) -> User:
    """Sign in an existing user; arguments and errors as for `sign_up`.

    With a CAPTCHA, Auth lets only administrators sign in without one: they send the secret key.
    """
    answer = _ask_auth(supabase_url, publishable_key, "token?grant_type=password", email, password, secret_key)
    return _user(supabase_url, publishable_key, answer, email, password, http)


def _ask_auth(
    supabase_url: str, publishable_key: str, path: str, email: str, password: str, secret_key: str = ""
) -> requests.Response:
    body = {"email": email, "password": password}
    headers = {"apikey": publishable_key} | ({"Authorization": f"Bearer {secret_key}"} if secret_key else {})
    return requests.post(f"{supabase_url}/auth/v1/{path}", json=body, headers=headers, timeout=TIMEOUT_S)


def _user(
    supabase_url: str,
    publishable_key: str,
    answer: requests.Response,
    email: str,
    password: str,
    http: httpx.Client | None,
) -> User:
    answer.raise_for_status()
    session = answer.json()
    token = session["access_token"]
    options = ClientOptions(
        headers={"Authorization": f"Bearer {token}"},
        httpx_client=http or httpx.Client(timeout=TIMEOUT_S),
        auto_refresh_token=False,
        persist_session=False,
    )
    client = create_client(supabase_url, publishable_key, options)
    return User(session["user"]["id"], email, password, token, client)


def is_uploadable(name: str) -> bool:
    """Whether a file with this name is a photo or document of a type that the bucket takes."""
    return Path(name).suffix.lower() in _TYPES


def upload(user: User, photo: bytes, name: str = "receipt.jpg") -> str:
    """Upload a photo to the user's folder. Returns its path in the bucket."""
    suffix = Path(name).suffix.lower()
    kind = _TYPES.get(suffix, "application/octet-stream")
    path = f"{user.user_id}/{uuid.uuid4()}{suffix}"
    user.supabase.storage.from_(BUCKET).upload(path, photo, {"content-type": kind})
    return path


def wait_for_receipt(user: User, path: str, timeout_s: float = 120) -> dict[str, Any]:
    """Poll until the receipt of the photo at `path` is done or failed, as the app does without Realtime.

    Raises:
        TimeoutError: the receipt is neither after `timeout_s` seconds.
    """
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        rows: Any = user.supabase.table("receipts").select("*").eq("object_path", path).execute().data
        if rows and rows[0]["status"] in ("done", "failed"):
            return dict(rows[0])
        pause.wait(POLL_S)
    raise TimeoutError(f"The receipt was not read within {timeout_s:g} s.")
