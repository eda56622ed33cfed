"""docs/clients/: the pages in TypeScript and Python run, and the others make the same calls."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from local.servers.supabase_lite import NODE, PROGRAM
from tests.support.http_server import running

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "clients"
PACKAGES = PROGRAM.parents[4]
PASSWORD = "correct horse battery staple"
# Stored for these tests, so that no provider is asked.
BARCODE, PRODUCT = "8801112223330", "가상 두유"
CODE = "123456"
# Addresses that the project confirms.
CONFIRMED = "confirmed-"

GLOBALS = """
const SUPABASE_URL: string
const SUPABASE_PUBLISHABLE_KEY: string
const CATEGORY_FEEDBACK_URL: string
const BARCODE_LOOKUP_URL: string
const email: string
const password: string
const photo: ArrayBuffer
const barcode: string
function askForCode(email: string): Promise<string>
function askForName(): Promise<string>
function askForCategory(): Promise<string>
"""
BEFORE = """
const photo = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0).buffer
Object.assign(globalThis, process.env, { photo, askForCode: async () => process.env.code })
"""
AFTER = """
await upload(path)
const again = await signIn(email, password)
const confirmed = await signUp('CONFIRMED' + email, password)
const users = [user.id, again.id, confirmed.email]
const read = { status: receipt.status, review, doubtful, corrected }
console.log(JSON.stringify({ ...read, lots, hint, inventory, users, scanned, frozen, opened }))
process.exit(0)
"""
PYTHON_BEFORE = """
import os
SUPABASE_URL = os.environ["SUPABASE_URL"]
SUPABASE_PUBLISHABLE_KEY = os.environ["SUPABASE_PUBLISHABLE_KEY"]
CATEGORY_FEEDBACK_URL = os.environ["CATEGORY_FEEDBACK_URL"]
BARCODE_LOOKUP_URL = os.environ["BARCODE_LOOKUP_URL"]
email, password, photo = os.environ["email"], os.environ["password"], bytes.fromhex("ffd8ffe0")
barcode = os.environ["barcode"]
ask_for_code = lambda email: os.environ["code"]
"""
PYTHON_AFTER = """
upload(path)
import json
users = [user.id, sign_in(email, password).id, sign_up("CONFIRMED" + email, password).email]
names = ("review", "doubtful", "corrected", "lots", "hint", "inventory", "users", "scanned", "frozen", "opened")
print(json.dumps({"status": receipt["status"], **{name: globals()[name] for name in names}}))
"""

Row = dict[str, Any]


def code(page: str, language: str) -> str:
    """The longest block of a page in that language."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return max(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL), key=len)


@pytest.fixture(scope="module")
def project_url(supabase_stack: Any) -> Iterator[str]:
    """The stack as a project that confirms addresses that begin with `CONFIRMED`: Supabase Lite sends no mail."""
    sessions: dict[str, bytes] = {}

    class Project(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.startswith("/auth/v1/verify"):
                asked = json.loads(body)
                assert (asked["token"], asked["type"]) == (CODE, "signup")
                return self.send(200, sessions[asked["email"]])
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            response = httpx.request(self.command, supabase_stack.url + self.path, content=body, headers=headers)
            if self.path.startswith("/auth/v1/signup") and json.loads(body)["email"].startswith(CONFIRMED):
                sessions[json.loads(body)["email"]] = response.content
                return self.send(200, json.dumps(response.json()["user"]).encode())
            return self.send(response.status_code, response.content)

        def send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Project)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def lookup_url(start_function: Any, database: psycopg.Connection[Row]) -> Iterator[str]:
    """`barcode_lookup` on a port of its own, with one stored product."""
    database.execute(
        "insert into public.products (gtin14, name, category_id, source, expires_at) "
        "select %s, %s, id, 'foodqr', now() + interval '1 day' from public.categories where code = 'beverage' "
        "on conflict do nothing",
        [f"0{BARCODE}", PRODUCT],
    )
    with start_function("barcode_lookup", OPENFOODFACTS__CONTACT="") as function:
        yield function.url
    database.execute("delete from public.products where gtin14 = %s", [f"0{BARCODE}"])


@pytest.fixture
def environment(
    supabase_stack: Any, project_url: str, feedback_url: str, lookup_url: str, reader: Callable[[str], None]
) -> dict[str, str]:
    """Of a program that acts as a new user, whose receipts are read."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    reader(email)
    return {
        "SUPABASE_URL": project_url,
        "SUPABASE_PUBLISHABLE_KEY": supabase_stack.publishable_key,
        "CATEGORY_FEEDBACK_URL": feedback_url,
        "BARCODE_LOOKUP_URL": lookup_url,
        "email": email,
        "password": PASSWORD,
        # A GS1 element string with the date on the package.
        "barcode": f"(01)0{BARCODE}(17)301231",
        "code": CODE,
    }


def check(outcome: Row, email: str) -> None:
    first, again, confirmed = outcome["users"]
    assert (first, confirmed) == (again, CONFIRMED + email)
    assert (outcome["status"], outcome["hint"]) == ("done", "inventory_item_not_found")
    items = outcome["review"]["items"]
    assert outcome["corrected"]["id"] == items[0]["id"]
    assert outcome["corrected"]["category"] == "ice_cream"
    names = [lot["name"] for lot in outcome["lots"]]
    assert len(names) == 2
    scanned, frozen, opened = outcome["scanned"], outcome["frozen"], outcome["opened"]
    assert (scanned["name"], scanned["gtin14"], scanned["expires_on"]) == (PRODUCT, f"0{BARCODE}", "2030-12-31")
    assert (frozen["id"], frozen["storage"]) == (scanned["id"], "freezer")
    assert (opened["id"], opened["opened_on"] is None) == (outcome["lots"][1]["id"], False)
    assert {row["name"] for row in outcome["inventory"]} == {names[1], PRODUCT}


def output(command: list[str], **options: Any) -> Row:
    run = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def test_the_page_in_typescript(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "before.mjs").write_text(BEFORE)
    after = AFTER.replace("CONFIRMED", CONFIRMED)
    (tmp_path / "page.ts").write_text(code("typescript.md", "ts") + after, encoding="utf-8")
    command = [str(NODE), "--import", "./before.mjs", "page.ts"]
    check(output(command, cwd=tmp_path, env=environment), environment["email"])


def test_the_page_in_typescript_has_types(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    shutil.copy(ROOT / "supabase" / "database.types.ts", tmp_path)
    (tmp_path / "page.ts").write_text(code("typescript.md", "ts"), encoding="utf-8")
    (tmp_path / "globals.d.ts").write_text("declare global {" + GLOBALS + "}\nexport {}\n")
    options = {"strict": True, "noEmit": True, "noUncheckedIndexedAccess": True, "skipLibCheck": True, "types": []}
    options |= {"module": "esnext", "moduleResolution": "bundler", "target": "es2022", "lib": ["es2023", "dom"]}
    config = {"compilerOptions": options, "files": ["page.ts", "globals.d.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    compiler = PACKAGES / "typescript" / "bin" / "tsc"
    run = subprocess.run([str(NODE), str(compiler)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_the_page_in_python(environment: dict[str, str], tmp_path: Path) -> None:
    program = tmp_path / "page.py"
    after = PYTHON_AFTER.replace("CONFIRMED", CONFIRMED)
    program.write_text(PYTHON_BEFORE + code("python.md", "python") + after, encoding="utf-8")
    check(output([sys.executable, str(program)], env=environment), environment["email"])


@pytest.mark.parametrize(("page", "language"), [("dart.md", "dart"), ("kotlin.md", "kotlin"), ("swift.md", "swift")])
def test_the_other_pages_make_the_calls_of_the_page_in_typescript(page: str, language: str) -> None:
    def calls(text: str) -> set[str]:
        return set(re.findall(r"""rpc\(\s*['"](\w+)['"]""", text)) | set(re.findall(r"""from\(['"](\w+)['"]""", text))

    def columns(text: str) -> set[str]:
        selected = re.findall(r"""select\((?:Columns\.list\()?(['"][^)]+)\)""", text)
        return {column for each in selected for column in re.findall(r"\w+", each)}

    expected, actual = code("typescript.md", "ts"), code(page, language)
    assert calls(actual) == calls(expected)
    assert columns(actual) == columns(expected)
    for word in ("signUp", "receipt_item_id", "'barcode'", "inventory_id", "expires_on", "printed_name"):
        assert word in actual.replace('"', "'"), word
    assert "inventory_item_not_found" in actual
