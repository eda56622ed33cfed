"""Postgres for an ordinary user, for root in a folder that is closed to others, and for root with few rights."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from local.servers.postgres import PACKAGE, PostgresServer, clean_up, cluster_name

ROOT = Path(__file__).resolve().parents[2]
SITE_PACKAGES = Path(psycopg.__file__).parents[1]
TWICE = """
import os, sys
from pathlib import Path
import psycopg
from local.servers.postgres import PostgresServer
data_dir = Path(sys.argv[1])
for query in ("create table t as select 'still there' as x", "select x from t"):
    server = PostgresServer.start(data_dir, data_dir.with_name("postgres.log"))
    with psycopg.connect(server.url) as connection:
        cursor = connection.execute(query)
        if cursor.description:
            print(*cursor.fetchone())
    server.stop()
"""
ENOUGH = ["setpriv", "--bounding-set=-all,+chown,+kill,+setgid,+setuid"]
TOO_LITTLE = ["setpriv", "--bounding-set=-all"]
ONE_USER = ["unshare", "--user", "--map-root-user"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for Postgres")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that other users cannot enter, with the programs in it, installed by a user with umask 077."""
    home = tmp_path / "장보기 집"
    home.mkdir(mode=0o700)
    shutil.copytree(SITE_PACKAGES / PACKAGE, home / PACKAGE)
    subprocess.run(["chmod", "-R", "go=", home], check=True)
    return home


def start_twice(home: Path, *prefix: str, script: str = TWICE) -> subprocess.CompletedProcess[str]:
    """Start a server on new data and again on the same, in a process of its own. Prints what the second one finds."""
    return subprocess.run(
        [*prefix, sys.executable, "-c", script, str(home / "stack" / "postgres")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{ROOT}"},
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )


def works(*command: str) -> bool:
    return (
        shutil.which(command[0]) is not None and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    )


def copies(home: Path) -> list[Path]:
    """Temporary copies of the programs for the server of `start_twice`."""
    name = cluster_name(home / "stack" / "postgres")
    return [folder / name for folder in (Path(tempfile.gettempdir()), Path("/dev/shm")) if (folder / name).exists()]


def test_data_and_programs_may_lie_in_a_private_folder(home: Path) -> None:
    done = start_twice(home)
    assert done.stdout == "still there\n", done.stderr
    assert copies(home) == []


@as_root
def test_root_needs_no_right_to_override_permissions(home: Path) -> None:
    if not works(*ENOUGH):
        pytest.skip("root's capabilities cannot be limited here")
    done = start_twice(home, *ENOUGH)
    assert done.stdout == "still there\n", done.stderr


def test_the_only_user_of_a_container_may_be_root(home: Path) -> None:
    """As in a rootless container without subordinate IDs, where there is no other user to switch to."""
    if not works(*ONE_USER):
        pytest.skip("no user namespaces here")
    done = start_twice(home, *ONE_USER)
    assert done.stdout == "still there\n", done.stderr


@as_root
def test_root_without_any_right_is_told_what_to_do(home: Path) -> None:
    if not works(*TOO_LITTLE):
        pytest.skip("root's capabilities cannot be limited here")
    done = start_twice(home, *TOO_LITTLE)
    assert "Run the command as an ordinary user, or give the container the capabilities" in done.stderr


def test_other_users_can_read_neither_files_nor_tables(tmp_path: Path) -> None:
    data_dir = tmp_path / "postgres"
    server = PostgresServer.start(data_dir, tmp_path / "postgres.log")
    try:
        password = (tmp_path / "postgres.password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url.replace(password, "guess"))
        status = data_dir.stat()
        assert status.st_mode & stat.S_IRWXO == 0
        assert status.st_mode & stat.S_IRWXG == 0 or status.st_gid == os.getegid() == 0
        assert (tmp_path / "postgres.password").stat().st_mode & 0o077 == 0
        assert server.service.process is not None
        assert password not in Path(f"/proc/{server.service.process.pid}/cmdline").read_text()
    finally:
        server.stop()


@as_root
def test_what_a_crash_leaves_in_the_temporary_folder_is_removed(home: Path) -> None:
    data_dir = home / "stack" / "postgres"
    crash = TWICE.replace("    server.stop()", "    server.service.kill(); os._exit(0)")
    assert crash != TWICE
    done = start_twice(home, script=crash)
    assert done.returncode == 0, done.stderr
    assert copies(home) != []
    clean_up(data_dir)
    assert copies(home) == []
