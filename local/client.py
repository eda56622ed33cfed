"""A user of the product, as the app is one: the publishable key, a token of their own, nothing else."""

from __future__ import annotations

import mimetypes
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
POLL_EVERY_S = 0.1
TIMEOUT_S = 20
_TYPES = {".heic": "image/heic", ".heif": "image/heif", ".webp": "image/webp"}


@dataclass(frozen=True)
class User:
    """A signed-in user and their view of Supabase, where row level security decides what they see."""

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
    """Create a user, or sign in one that exists already with that password.

    `http` carries the user's calls and is the caller's to close; without it one is made that lasts as long as the user.

    Over HTTP rather than through supabase-py, which cannot parse the time stamps of Supabase Lite's Auth.

    Raises:
        requests.HTTPError: Auth refused.
    """
    email = email or f"demo-{uuid.uuid4().hex[:8]}@example.com"
    password = password or secrets.token_urlsafe(12)
    answer = _ask_auth(supabase_url, publishable_key, "signup", email, password)
    if answer.status_code in (400, 409, 422):
        return sign_in(supabase_url, publishable_key, email, password, http)
    return _user(supabase_url, publishable_key, answer, email, password, http)


def sign_in(supabase_url: str, publishable_key: str, email: str, password: str, http: httpx.Client | None) -> User:
    """The user of that address. `http` as for `sign_up`. Raises: requests.HTTPError: Auth refused."""
    answer = _ask_auth(supabase_url, publishable_key, "token?grant_type=password", email, password)
    return _user(supabase_url, publishable_key, answer, email, password, http)


def _ask_auth(supabase_url: str, publishable_key: str, path: str, email: str, password: str) -> requests.Response:
    body = {"email": email, "password": password}
    headers = {"apikey": publishable_key}
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


def upload(user: User, photo: bytes, name: str = "receipt.jpg") -> str:
    """Put a photo into the user's own folder. Returns its path in the bucket."""
    suffix = Path(name).suffix.lower()
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    path = f"{user.user_id}/{uuid.uuid4()}{suffix}"
    user.supabase.storage.from_(BUCKET).upload(path, photo, {"content-type": kind})
    return path


def wait_for_receipt(user: User, path: str, patience_s: float = 120) -> dict[str, Any]:
    """The receipt of the photo at `path` once it is read or given up, as the app waits where Realtime is missing.

    Raises:
        TimeoutError: it is neither after `patience_s` seconds.
    """
    deadline = time.monotonic() + patience_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        found: Any = user.supabase.table("receipts").select("*").eq("object_path", path).execute().data
        if found and found[0]["status"] in ("done", "failed"):
            return dict(found[0])
        pause.wait(POLL_EVERY_S)
    raise TimeoutError(f"The receipt was not read within {patience_s:g} s.")
