"""The commands behind `make demo`, `make up`, `make mlops` and `make down`, as processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from local.__main__ import supervisor
from local.processes.service import STACK_VARIABLE
from local.stack import Addresses

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project in a folder that other users cannot enter, with a space and Hangul in its path.

    Installed packages are linked instead of installed again. Starting a stack is slow, so each test leaves the clone's
    stack as the next one needs it.
    """
    clone = tmp_path_factory.mktemp("clone") / "나의 장보기" / "clone"
    clone.parent.mkdir(mode=0o700)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/fixtures/", "app/", "docs/")):
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    for name in (".venv", "local/node_modules"):
        (clone / name).symlink_to(ROOT / name)
    yield clone
    make(clone, "down")


@pytest.fixture(scope="module")
def directory(clone: Path) -> Path:
    """The folder of the clone's stack."""
    return clone / ".local" / "stack"


def make(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with umask 077."""
    command = ["make", *arguments]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, timeout=600, umask=0o077)


def command(directory: Path, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", "--directory", str(directory), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@contextmanager
def started(directory: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A running command in its own process group; terminated with the context."""
    with subprocess.Popen(
        [sys.executable, "-m", "local", "--directory", str(directory), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def processes_of(directory: Path, *, command_lines: bool = False) -> list[str]:
    """Names, or command lines, of the processes of the stack on `directory`."""
    names = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(STACK_VARIABLE) == str(directory):
                names.append(" ".join(process.cmdline()) if command_lines else process.name())
        except (psutil.Error, OSError):
            continue
    return names


def account(up: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """E-mail and password of the test user that `make up` printed."""
    (account,) = re.findall(r"test user +(\S+) +password (\S+)", up.stdout)
    return account


def test_the_demo_carries_a_receipt_into_the_inventory_and_leaves_nothing_running(clone: Path, directory: Path) -> None:
    done = make(clone, "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "맛있는우유" in done.stdout
    assert "75,550" in done.stdout
    assert "One call put" in done.stdout
    assert "data and logs stay in" in done.stdout
    assert "make demo IMAGE=" in done.stdout, "the user learns what to try next"
    assert processes_of(directory) == []


def test_a_missing_photo_is_an_error_with_an_explanation(directory: Path, tmp_path: Path) -> None:
    missing = command(directory, "demo", "--image", str(tmp_path / "missing.jpg"))
    assert missing.returncode == 1
    assert "There is no file" in missing.stderr
    assert "Traceback" not in missing.stderr
    text = tmp_path / "notes.txt"
    text.write_text("no photo at all")
    refused = command(directory, "demo", "--image", str(text))
    assert (refused.returncode, refused.stdout) == (1, ""), "the stack is not started for it"
    assert "notes.txt is neither a photo" in refused.stderr


def test_up_with_a_webhook_demo_crash_up_without_it(clone: Path, directory: Path) -> None:
    up = make(clone, "up", "WEBHOOK=1")
    assert up.returncode == 0, up.stdout + up.stderr
    for words in ("Supabase URL", "publishable key", "test user", "test@example.com"):
        assert words in up.stdout
    assert "is running" in command(directory, "status").stdout
    assert command(directory, "demo").returncode == 0
    (url,) = re.findall(r"receipt_uploaded +(http://\S+)", up.stdout)
    # Called once; a busy machine may answer after the hint's few seconds.
    assert re.fullmatch(rf"{url} (200|ReadTimeout)\n", (directory / "logs" / "pg_net.log").read_text())

    # The supervisor is killed; the next start ends the processes that it left behind.
    running = supervisor(directory)
    assert running is not None
    running.send_signal(signal.SIGKILL)
    running.wait(60)
    assert processes_of(directory)
    assert "not running" in command(directory, "status").stdout
    again = make(clone, "up")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "left behind" in again.stdout
    assert account(again) == account(up)
    addresses = json.loads((directory / "addresses.json").read_text())
    sign_in = f"{addresses['supabase_url']}/auth/v1/token?grant_type=password"
    body = dict(zip(("email", "password"), account(up), strict=True))
    answer = httpx.post(sign_in, json=body, headers={"apikey": addresses["publishable_key"]}, timeout=20)
    assert answer.status_code == 200, "the user of the first start is found again"


def test_without_the_option_the_webhook_is_forgotten(directory: Path, tmp_path: Path) -> None:
    status = command(directory, "status").stdout
    assert "is running" in status
    assert "receipt_uploaded" not in status, "what is deployed by default has no webhook"
    addresses = Addresses.of_running(directory)
    assert addresses is not None
    with psycopg.connect(addresses.database_url) as database:
        assert database.execute("select name from private.settings where name like '%webhook%'").fetchall() == []
    refused = command(directory, "up", "--webhook")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is running without a webhook" in refused.stderr
    assert command(directory, "demo").returncode == 0

    text = tmp_path / "notes.jpg"
    text.write_bytes(b"no photo at all")
    refused = command(directory, "demo", "--image", str(text))
    assert refused.returncode == 1
    assert "could not be read" in refused.stderr
    assert "is running" in command(directory, "status").stdout


def test_mlops_runs_beside_the_stack_until_ctrl_c(directory: Path) -> None:
    with started(directory, "mlops") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "model_export.release show" in line:
                break
        output = "".join(lines)
        urls = dict(re.findall(r"^  (.+?) +(http://\S+)$", output, re.MULTILINE))
        assert urls.keys() >= {"MLflow", "Label Studio", "exporter"}, output
        # If Prometheus is installed, it and its dashboards are listed, too.
        assert ("dashboards" in urls) == (shutil.which("prometheus") is not None)
        for name in urls.keys() & {"MLflow", "Label Studio", "exporter", "Prometheus", "dashboards"}:
            assert httpx.get(urls[name], follow_redirects=True, timeout=60).status_code == 200, name
        models = httpx.get(f"{urls['MLflow']}/api/2.0/mlflow/registered-models/search").json()["registered_models"]
        assert {model["name"] for model in models} == {"item-classifier", "receipt-recogniser"}
        (variables,) = re.findall(r"set -a; \. (.+); set \+a", output)
        shown = subprocess.run(
            ["sh", "-c", f'set -a; . {variables}; exec "{sys.executable}" -m model_export.release show'],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert shown.stdout == "no release is published\n", shown.stderr
        assert any("label-studio" in line for line in processes_of(directory, command_lines=True))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 130, process.stdout.read()
    left = processes_of(directory, command_lines=True)
    assert not [line for line in left if re.search("mlflow|label-studio|model_export|prometheus", line)]
    assert "is running" in command(directory, "status").stdout, "the stack keeps running"


def test_down_stops_everything_and_clean_removes_it(clone: Path, directory: Path) -> None:
    down = make(clone, "down")
    assert down.returncode == 0, down.stdout + down.stderr
    assert processes_of(directory) == []
    assert "not running" in make(clone, "down").stdout
    clean = make(clone, "clean")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert not directory.parent.exists()


def test_ctrl_c_while_starting_leaves_nothing_running(tmp_path: Path) -> None:
    directory = tmp_path / "stack"
    with started(directory, "demo") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "migrations" in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        rest = process.stdout.read()
        assert process.wait(60) == 130, rest
    assert "Traceback" not in rest
    assert processes_of(directory) == []
