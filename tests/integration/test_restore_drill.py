"""A dump of a project with users and receipts is restored and checked; an incomplete one is noticed."""

from __future__ import annotations

import subprocess

import psycopg
import pytest

from local.servers.postgres import PROGRAMS, PostgresServer, site_packages
from tools.commands import DeliveryError
from tools.restore_drill import check, restore, run_drill, write_dump


def test_a_backup_is_restored_and_checked(user, read_receipt, database_url, capsys):
    read_receipt(user)
    run_drill(None, database_url)
    printed = capsys.readouterr().out
    assert "a user sees their own rows and no others" in printed
    assert "queue and metrics work" in printed
    assert user.email not in printed
    assert printed.endswith("The backup can be restored.\n")


def test_a_damaged_or_missing_file_is_noticed(database_url, tmp_path):
    dump = tmp_path / "backup.dump"
    with pytest.raises(DeliveryError, match="does not exist"):
        run_drill(dump)
    write_dump(database_url, dump)
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    with pytest.raises(DeliveryError, match="pg_restore failed"):
        run_drill(dump)


def test_what_is_missing_is_named(database_url, tmp_path):
    """Optional: schemas of MLflow and Label Studio. Not optional: row level security, which an operator turned off."""
    dump, again = tmp_path / "backup.dump", tmp_path / "again.dump"
    write_dump(database_url, dump)
    server = PostgresServer.start(tmp_path / "postgres", tmp_path / "postgres.log")
    try:
        restore(dump, server.url)
        assert {"no schema mlflow", "no schema label_studio"} <= set(check(server.url))
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute("create role mlflow; create schema mlflow authorization mlflow")
            database.execute("create table mlflow.runs (id int); alter table mlflow.runs owner to mlflow")
        write_dump(server.url, again)
        contents = subprocess.check_output([site_packages() / PROGRAMS / "pg_restore", "--list", again], text=True)
        assert " TABLE mlflow runs " in contents
        assert {"1 tables in schema mlflow", "no schema label_studio"} <= set(check(server.url))
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute("alter table public.inventory disable row level security")
        with pytest.raises(DeliveryError, match="1 tables without row level security"):
            check(server.url)
    finally:
        server.stop()
