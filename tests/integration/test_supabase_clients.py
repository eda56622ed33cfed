"""supabase-py and supabase-js on the local stack, unchanged, as on a real project."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from postgrest.exceptions import APIError
from storage3.exceptions import StorageApiError
from supabase import Client, ClientOptions, create_client

from local.servers.supabase_lite import NODE, PROGRAM

PASSWORD = "correct horse battery staple"
PHOTO = b"\xff\xd8\xff\xe0 the first bytes of a JPEG"

Row = dict[str, Any]


@pytest.fixture
def client(supabase_stack: Any, http: httpx.Client) -> Client:
    """Of a user who signed up with supabase-py."""
    options = ClientOptions(httpx_client=http, auto_refresh_token=False, persist_session=False)
    client = create_client(supabase_stack.url, supabase_stack.publishable_key, options)
    email = f"{uuid.uuid4().hex[:8]}@example.com"
    signed_up = client.auth.sign_up({"email": email, "password": PASSWORD})
    assert signed_up.session is not None
    client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    return client


def test_supabase_py_reads_users_and_sessions(client: Client) -> None:
    session = client.auth.get_session()
    assert session is not None
    answer = client.auth.get_user()
    assert answer is not None
    assert answer.user.id == session.user.id
    assert answer.user.created_at.tzinfo is not None
    assert client.auth.refresh_session().session is not None


def test_supabase_py_signs_lists_and_moves_photos(client: Client, http: httpx.Client) -> None:
    session = client.auth.get_session()
    assert session is not None
    folder, bucket = session.user.id, client.storage.from_("ocr")
    for name in ("a b.jpg", "2026/c.jpg"):
        bucket.upload(f"{folder}/{name}", PHOTO, {"content-type": "image/jpeg"})
    signed = bucket.create_signed_url(f"{folder}/a b.jpg", 60)
    assert http.get(signed["signedURL"]).content == PHOTO
    several = bucket.create_signed_urls([f"{folder}/2026/c.jpg", f"{folder}/none.jpg"], 60)
    assert http.get(several[0]["signedURL"]).content == PHOTO
    assert (several[1]["error"] is None, several[0]["error"]) == (False, None)
    entries = {entry["name"]: entry["id"] is None for entry in bucket.list(folder)}
    assert entries == {"a b.jpg": False, "2026": True}
    assert [entry["name"] for entry in bucket.list(f"{folder}/2026")] == ["c.jpg"]
    upload = bucket.create_signed_upload_url(f"{folder}/d.jpg")
    bucket.upload_to_signed_url(upload["path"], upload["token"], PHOTO, {"content-type": "image/jpeg"})
    bucket.move(f"{folder}/d.jpg", f"{folder}/e.jpg")
    with pytest.raises(StorageApiError):
        bucket.download(f"{folder}/d.jpg")
    assert bucket.download(f"{folder}/e.jpg") == PHOTO


def test_timestamps_have_the_form_of_a_real_project(user: Any, read_receipt: Any, database: Any) -> None:
    receipt, _ = read_receipt(user)
    row = user.supabase.table("receipts").select("created_at, purchased_at, lease_until").execute().data[0]
    assert "T" in row["created_at"]
    assert datetime.fromisoformat(row["created_at"]) == receipt["created_at"]
    assert row["created_at"].endswith("+00:00")
    assert (row["purchased_at"], row["lease_until"]) == ("2026-11-20T18:31:00", None)
    requested = user.supabase.rpc("request_account_deletion").execute().data
    assert datetime.fromisoformat(requested).tzinfo == UTC


@given(name=strategies.text(strategies.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_pass_through_unchanged(user: Any, name: str) -> None:
    """Also those that look like a timestamp, or like JSON."""
    for text in (name, f'{name}"created_at":"2026-11-28 23:59:45+00"'[:200], "2026-11-28 23:59:45+00"):
        if not text.strip():
            continue
        alias = {"store_key": "", "text_key": "x", "name": text, "category_id": 1}
        (row,) = user.supabase.table("item_aliases").upsert(alias).execute().data
        assert row["name"] == text


def test_a_violated_check_has_its_sqlstate(user: Any, upload_receipt: Any, service: Client) -> None:
    receipt = upload_receipt(user)
    with pytest.raises(APIError) as refused:
        service.table("receipts").update({"attempts": -1}).eq("id", str(receipt["id"])).execute()
    assert refused.value.code == "23514"
    assert (refused.value.message or "").startswith("new row for relation")


@pytest.mark.parametrize("path", ["/rest/v1/receipts", "/auth/v1/user", "/storage/v1/object/ocr/x"])
def test_browsers_may_call_from_any_origin(supabase_stack: Any, http: httpx.Client, path: str) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,apikey,x-client-info,x-retry-count",
    }
    answer = http.options(supabase_stack.url + path, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Headers"] == asked["Access-Control-Request-Headers"]
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    refused = http.get(supabase_stack.url + path, headers={"Origin": "https://app.example"})
    assert refused.status_code >= 400
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in refused.headers["Access-Control-Expose-Headers"]


FORMS_JS = """
import { createClient } from '@supabase/supabase-js'
const supabase = createClient(process.env.SUPABASE_URL, process.env.KEY, { auth: { persistSession: false } })
const { data: { user } } = await supabase.auth.signUp({ email: process.env.EMAIL, password: process.env.PASSWORD })
const bucket = supabase.storage.from('ocr')
const path = (name) => `${user.id}/${name}`
const photo = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)
const blob = (type, size) => new Blob([photo, new Uint8Array(size)], { type })
const form = new FormData()
form.append('', blob('image/jpeg', 0), 'x.jpg')
const outcomes = {}
for (const [name, call] of Object.entries({
  blob: () => bucket.upload(path('blob.jpg'), blob('image/jpeg', 0)),
  again: () => bucket.upload(path('blob.jpg'), blob('image/jpeg', 0)),
  upsert: () => bucket.upload(path('blob.jpg'), blob('image/jpeg', 0), { upsert: true, metadata: { a: 1 } }),
  update: () => bucket.update(path('blob.jpg'), new File([photo], 'a.jpg', { type: 'image/jpeg' })),
  form: () => bucket.upload(path('form.jpg'), form),
  text: () => bucket.upload(path('text.jpg'), blob('text/plain', 0)),
  large: () => bucket.upload(path('large.jpg'), blob('image/jpeg', 10 * 1024 * 1024)),
  korean: () => bucket.upload(path('영수증.jpg'), blob('image/jpeg', 0)),
  percent: () => bucket.upload(path('a%b.jpg'), photo, { contentType: 'image/jpeg' }),
  foreign: () => bucket.upload('11111111-1111-4111-8111-111111111111/a.jpg', blob('image/jpeg', 0)),
  copy: () => bucket.copy(path('blob.jpg'), path('copy.jpg')),
  copyKorean: () => bucket.copy(path('blob.jpg'), path('두부.jpg')),
  move: () => bucket.move(path('copy.jpg'), path('moved.jpg')),
  moveOnto: () => bucket.move(path('moved.jpg'), path('blob.jpg')),
  exists: () => bucket.exists(path('moved.jpg')),
  none: () => bucket.exists(path('none.jpg')),
  download: () => bucket.download(path('none.jpg')),
  signed: async () => {
    const { data } = await bucket.createSignedUploadUrl(path('signed.jpg'))
    return bucket.uploadToSignedUrl(data.path, data.token, blob('image/jpeg', 0))
  },
})) {
  const { data, error } = await call()
  const { id, ...shown } = typeof data === 'object' ? data ?? {} : { data }
  outcomes[name] = error ? [error.status, error.statusCode, error.code] : shown
}
console.log(JSON.stringify(outcomes).replaceAll(user.id, 'user'))
process.exit(0)
"""


@pytest.fixture
def run_js(supabase_stack: Any, tmp_path: Path) -> Callable[[str], Any]:
    """Runs a program of supabase-js. Returns what it printed, from JSON."""

    def run_js(program: str) -> Any:
        (tmp_path / "node_modules").symlink_to(PROGRAM.parents[4])
        (tmp_path / "client.mjs").write_text(program, encoding="utf-8")
        environment = {
            "SUPABASE_URL": supabase_stack.url,
            "KEY": supabase_stack.publishable_key,
            "EMAIL": f"{uuid.uuid4().hex[:8]}@example.com",
            "PASSWORD": PASSWORD,
        }
        command = [str(NODE), str(tmp_path / "client.mjs")]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run_js


def test_supabase_js_sends_what_browsers_send(run_js: Any) -> None:
    """Blobs, files and forms, and what the real server answered to them."""

    def stored(name: str) -> Row:
        return {"path": f"user/{name}", "fullPath": f"ocr/user/{name}"}

    assert run_js(FORMS_JS) == {
        "blob": stored("blob.jpg"),
        "again": [400, "409", "KeyAlreadyExists"],
        "upsert": stored("blob.jpg"),
        "update": stored("blob.jpg"),
        "form": stored("form.jpg"),
        "text": [400, "415", "InvalidMimeType"],
        "large": [400, "413", "EntityTooLarge"],
        "korean": [400, "400", "InvalidKey"],
        "percent": [400, 400, "FST_ERR_BAD_URL"],
        "foreign": [400, "403", "AccessDenied"],
        "copy": {"path": "ocr/user/copy.jpg"},
        "copyKorean": [400, "400", "InvalidKey"],
        "move": {"message": "Successfully moved"},
        "moveOnto": [400, "409", "ResourceAlreadyExists"],
        "exists": {"data": True},
        "none": [400, "404", "NoSuchKey"],
        "download": [400, "404", "NoSuchKey"],
        "signed": stored("signed.jpg"),
    }


PROGRAM_JS = """
import { createClient } from '@supabase/supabase-js'
const supabase = createClient(process.env.SUPABASE_URL, process.env.KEY, { auth: { persistSession: false } })
const take = async (call) => { const { data, error } = await call; if (error) throw error; return data }
const { user } = await take(supabase.auth.signUp({ email: process.env.EMAIL, password: process.env.PASSWORD }))
const bucket = supabase.storage.from('ocr')
const photo = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)
await take(bucket.upload(`${user.id}/a.jpg`, photo, { contentType: 'image/jpeg' }))
const { signedUrl } = await take(bucket.createSignedUrl(`${user.id}/a.jpg`, 60))
const bytes = (await (await fetch(signedUrl)).arrayBuffer()).byteLength
const urls = await take(bucket.createSignedUrls([`${user.id}/a.jpg`], 60))
const names = (await take(bucket.list(user.id))).map((each) => each.name)
const upload = await take(bucket.createSignedUploadUrl(`${user.id}/b.jpg`))
await take(bucket.uploadToSignedUrl(upload.path, upload.token, photo, { contentType: 'image/jpeg' }))
const rows = await take(supabase.from('receipts').select('created_at').order('created_at'))
console.log(JSON.stringify({ bytes, urls: urls.length, signed: (await fetch(urls[0].signedUrl)).status, names, rows,
  created: user.created_at }))
process.exit(0)
"""


def test_supabase_js_works_unchanged(run_js: Any) -> None:
    outcome = run_js(PROGRAM_JS)
    assert (outcome["bytes"], outcome["urls"], outcome["signed"], outcome["names"]) == (4, 1, 200, ["a.jpg"])
    assert datetime.fromisoformat(outcome["created"]).tzinfo == UTC
    assert all(datetime.fromisoformat(row["created_at"]).tzinfo == UTC for row in outcome["rows"])
    assert len(outcome["rows"]) == 2
