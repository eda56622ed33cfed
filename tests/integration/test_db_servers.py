"""Postgres and Supabase Lite as processes: started, found again, left behind by a crash, stopped."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from local.migrate import prepare
from local.servers.postgres import PostgresServer
from local.servers.supabase_lite import SupabaseLite

PATIENCE_S = 10


def processes_on(data_dir: Path) -> list[psutil.Process]:
    """Every process whose working folder is the data folder, as that of each Postgres process is."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd() == str(data_dir):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def start(directory: Path) -> PostgresServer:
    return PostgresServer.start(directory / "postgres", directory / "postgres.log")


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    server = start(tmp_path)
    yield server
    server.stop()


def write(server: PostgresServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("create table kept (id int)")


def has_what_was_written(server: PostgresServer) -> bool:
    with psycopg.connect(server.url) as connection:
        return connection.execute("select to_regclass('kept') is not null").fetchone() == (True,)


def test_it_listens_on_the_loopback_interface_with_logical_wal(postgres):
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("show wal_level").fetchone() == ("logical",)
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)


def test_stopping_waits_for_no_client_and_leaves_no_process(tmp_path):
    server = start(tmp_path)
    with psycopg.connect(server.url, autocommit=True) as client:
        client.execute("select 1")
        server.stop()
    assert processes_on(tmp_path / "postgres") == []
    server.stop()


def test_a_second_start_finds_the_data(tmp_path):
    first = start(tmp_path)
    write(first)
    first.stop()
    second = start(tmp_path)
    assert has_what_was_written(second)
    second.stop()


def test_a_killed_server_is_cleaned_up_after(tmp_path):
    crashed = start(tmp_path)
    write(crashed)
    crashed.service.kill()
    assert (tmp_path / "postgres" / "postmaster.pid").exists()
    server = start(tmp_path)
    assert has_what_was_written(server)
    server.stop()
    assert processes_on(tmp_path / "postgres") == []


def test_a_server_that_outlived_its_owner_is_ended(tmp_path):
    orphan = start(tmp_path)
    write(orphan)
    server = start(tmp_path)
    assert not orphan.service.running
    assert has_what_was_written(server)
    server.stop()


def test_a_postmaster_file_with_the_id_of_another_process_is_ignored(tmp_path):
    server = start(tmp_path)
    server.service.kill()
    file = tmp_path / "postgres" / "postmaster.pid"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([str(psutil.Process().pid), *lines[1:]]) + "\n")
    again = start(tmp_path)
    again.stop()
    assert psutil.Process().is_running()


def test_an_interrupted_initialisation_is_done_again(tmp_path):
    unfinished = tmp_path / "postgres.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server = start(tmp_path)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    server.stop()
    assert not unfinished.exists()


def test_supabase_keeps_keys_and_users_and_says_no_secret(postgres, tmp_path):
    directory, log = tmp_path / "supabase", tmp_path / "supabase.log"
    first = SupabaseLite.start(directory, postgres.url, log)
    prepare(postgres.url)
    assert first.service.process is not None
    peers = {peer.raddr.ip for peer in psutil.Process(first.service.process.pid).net_connections() if peer.raddr}
    assert peers <= {"127.0.0.1"}
    person = {"email": f"{uuid.uuid4()}@example.com", "password": "correct horse"}
    headers = {"apikey": first.keys.publishable_key}
    requests.post(f"{first.url}/auth/v1/signup", json=person, headers=headers, timeout=10).raise_for_status()
    first.stop()

    second = SupabaseLite.start(directory, postgres.url, log)
    assert second.keys == first.keys
    sign_in = f"{second.url}/auth/v1/token?grant_type=password"
    requests.post(sign_in, json=person, headers=headers, timeout=10).raise_for_status()
    without_key = requests.get(f"{second.url}/rest/v1/", timeout=10)
    assert without_key.status_code == 401
    second.stop()

    said = log.read_text()
    for secret in (first.keys.secret_key, first.keys.jwt_secret, person["email"], person["password"]):
        assert secret not in said
    for file in directory.iterdir():
        if file.is_file():
            assert file.stat().st_mode & 0o077 == 0
