"""docs/clients/: the pages in TypeScript and Python run, and the others make the same calls."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.servers.supabase_lite import NODE, PROGRAM

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "clients"
PACKAGES = PROGRAM.parents[4]
PASSWORD = "correct horse battery staple"

GLOBALS = """
const SUPABASE_URL: string
const SUPABASE_PUBLISHABLE_KEY: string
const CATEGORY_FEEDBACK_URL: string
const email: string
const password: string
const photo: ArrayBuffer
"""
BEFORE = "Object.assign(globalThis, process.env, { photo: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0).buffer })\n"
AFTER = """
await upload(path)
console.log(JSON.stringify({ status: receipt.status, review, doubtful, corrected, lots, hint, inventory }))
process.exit(0)
"""
PYTHON_BEFORE = """
import os
SUPABASE_URL = os.environ["SUPABASE_URL"]
SUPABASE_PUBLISHABLE_KEY = os.environ["SUPABASE_PUBLISHABLE_KEY"]
CATEGORY_FEEDBACK_URL = os.environ["CATEGORY_FEEDBACK_URL"]
email, password, photo = os.environ["email"], os.environ["password"], bytes.fromhex("ffd8ffe0")
"""
PYTHON_AFTER = """
upload(path)
import json
names = ("review", "doubtful", "corrected", "lots", "hint", "inventory")
print(json.dumps({"status": receipt["status"], **{name: globals()[name] for name in names}}))
"""

Row = dict[str, Any]


def code(page: str, language: str) -> str:
    """The longest block of a page in that language."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return max(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL), key=len)


@pytest.fixture
def environment(
    supabase_stack: Any, feedback_url: str, reader: Callable[[str], None], http: httpx.Client
) -> dict[str, str]:
    """Of a program that acts as a new user, whose receipts are read."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    headers = {"apikey": supabase_stack.publishable_key}
    body = {"email": email, "password": PASSWORD}
    http.post(f"{supabase_stack.url}/auth/v1/signup", json=body, headers=headers).raise_for_status()
    reader(email)
    return {
        "SUPABASE_URL": supabase_stack.url,
        "SUPABASE_PUBLISHABLE_KEY": supabase_stack.publishable_key,
        "CATEGORY_FEEDBACK_URL": feedback_url,
        "email": email,
        "password": PASSWORD,
    }


def check(outcome: Row) -> None:
    assert (outcome["status"], outcome["hint"]) == ("done", "inventory_item_not_found")
    items = outcome["review"]["items"]
    assert outcome["corrected"]["id"] == items[0]["id"]
    assert outcome["corrected"]["category"] == "ice_cream"
    names = [lot["name"] for lot in outcome["lots"]]
    assert len(names) == 2
    assert [row["name"] for row in outcome["inventory"]] == names[1:]


def output(command: list[str], **options: Any) -> Row:
    run = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def test_the_page_in_typescript(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "before.mjs").write_text(BEFORE)
    (tmp_path / "page.ts").write_text(code("typescript.md", "ts") + AFTER, encoding="utf-8")
    check(output([str(NODE), "--import", "./before.mjs", "page.ts"], cwd=tmp_path, env=environment))


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
    program.write_text(PYTHON_BEFORE + code("python.md", "python") + PYTHON_AFTER, encoding="utf-8")
    check(output([sys.executable, str(program)], env=environment))


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
    assert "receipt_item_id" in actual
    assert "inventory_item_not_found" in actual
