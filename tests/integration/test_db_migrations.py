"""The migrations: applied with the Supabase CLI to a plain Postgres as a deploying role, and rules for all of them."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from local.migrate import MigrationError, apply_migrations
from local.schema import SCHEMA_FILE, TYPES_FILE, schema_of, types_of

ROOT = Path(__file__).resolve().parents[2]
BASE = Path(__file__).with_name("base_schemas.sql")
MIGRATIONS = ROOT / "supabase" / "migrations"

Row = dict[str, Any]


@pytest.fixture(scope="module")
def plain_url(database_url: str) -> Iterator[str]:
    """A database with what a new Supabase project contains, as its deploying role."""
    own = make_conninfo(database_url, dbname="plain")
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute("create database plain")
        server.execute("alter database plain set client_min_messages = warning")
    with psycopg.connect(own) as connection:
        connection.execute(BASE.read_bytes())
        connection.execute("grant create on database plain to deployer")
        connection.execute("alter role deployer password 'deployer'")
        port = connection.info.port
    yield f"postgresql://deployer:deployer@127.0.0.1:{port}/plain"
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute("drop database plain with (force)")
        for role in ("deployer", "supabase_auth_admin", "supabase_storage_admin", "supabase_realtime_admin"):
            server.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


@pytest.fixture(scope="module")
def migrated(plain_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    assert apply_migrations(plain_url, tmp_path_factory.mktemp("cli")) is True
    return plain_url


def catalogue(url: str) -> list[Row]:
    """Everything that the migrations create, as text."""
    query = """
      with ours as (select unnest(array['public', 'private']::regnamespace[]) as schema)
      select 'column' as kind, format('%s.%s %s %s', attrelid::regclass, attname, atttypid::regtype, attnotnull) as it
      from pg_attribute join pg_class c on c.oid = attrelid
      where relnamespace in (select schema from ours) and attnum > 0
      union all
      select 'constraint', format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
      where connamespace in (select schema from ours)
      union all
      select 'policy', format('%s.%s %s %s %s', schemaname, tablename, policyname, qual, with_check) from pg_policies
      union all
      select 'function', pg_get_functiondef(oid) from pg_proc where pronamespace in (select schema from ours)
      union all
      select 'trigger', pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
      union all
      select 'grant', concat_ws(' ', privilege_type, table_schema, table_name, column_name, grantee)
      from information_schema.column_privileges
      where table_schema in ('public', 'private') and grantee in ('anon', 'authenticated', 'service_role')
      union all
      select 'grant', format('delete on %s to %s', oid::regclass, role) from pg_class,
        unnest(array['anon', 'authenticated', 'service_role']) as role
      where relnamespace in (select schema from ours) and relkind = 'r' and has_table_privilege(role, oid, 'delete')
      union all
      select 'grant', format('execute on %s to %s', oid::regprocedure, role) from pg_proc,
        unnest(array['anon', 'authenticated', 'service_role']) as role
      where pronamespace in (select schema from ours) and has_function_privilege(role, oid, 'execute')
      union all
      select 'category', format('%s %s %s', code, name_ko, default_storage) from public.categories
      union all
      select 'rule', concat_ws(' ', category_id, keyword, storage, basis, min_days, max_days)
      from public.shelf_life_rules
      union all
      select 'bucket', format('%s %s %s', id, file_size_limit, allowed_mime_types) from storage.buckets
      order by 1, 2
    """
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query).fetchall()


def test_they_apply_to_a_plain_postgres_once(migrated, tmp_path):
    before = catalogue(migrated)
    assert {row["kind"] for row in before} >= {
        "column",
        "policy",
        "function",
        "trigger",
        "grant",
        "category",
    }
    assert apply_migrations(migrated, tmp_path) is False
    assert catalogue(migrated) == before


def test_the_local_stack_has_the_same_schema(migrated, database_url):
    def schema(url: str) -> list[Row]:
        return [row for row in catalogue(url) if row["kind"] not in ("bucket", "rule")]

    assert schema(migrated) == schema(database_url)


def test_the_seed_is_idempotent(migrated):
    before = catalogue(migrated)
    with psycopg.connect(migrated) as connection:
        connection.execute((ROOT / "supabase" / "seed.sql").read_bytes())
    assert catalogue(migrated) == before


def test_a_migration_that_fails_is_reported_and_rolled_back(migrated, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(ROOT / "supabase", project / "supabase")
    broken = project / "supabase" / "migrations" / "29991231235959_broken.sql"
    broken.write_text("create table public.half_done (id int); select no_such_function();")
    before = catalogue(migrated)
    with pytest.raises(MigrationError, match="no_such_function"):
        apply_migrations(migrated, tmp_path / "cli", project)
    assert catalogue(migrated) == before


def test_a_database_built_from_other_migrations_is_refused(migrated, tmp_path):
    shutil.copytree(MIGRATIONS, tmp_path / "supabase" / "migrations")
    edited, renamed, *_ = sorted((tmp_path / "supabase" / "migrations").glob("*.sql"))
    edited.write_text(edited.read_text() + "create table public.another (id int);")
    renamed.rename(renamed.with_name("20000101000000_renamed.sql"))
    before = catalogue(migrated)
    with pytest.raises(MigrationError, match=f"{edited.name}, {renamed.name}"):
        apply_migrations(migrated, tmp_path / "cli", tmp_path)
    assert catalogue(migrated) == before


def test_every_object_is_defined_once_and_in_its_final_form():
    """Until a version is tagged, a change edits the file that defines the object."""
    statements = "\n".join(file.read_text() for file in sorted(MIGRATIONS.glob("*.sql")))
    defined = re.findall(r"^create (?:or replace )?(function|table|view|type|trigger|index) ([\w.]+)", statements, re.M)
    twice = [name for name, count in Counter(defined).items() if count > 1]
    assert len(defined) > 100
    assert twice == []
    superseding = r"^(?:create or replace|drop) .*|^alter table \S+\s+(?!enable row level security).*"
    assert re.findall(superseding, statements, re.M) == []


def test_generated_files_are_up_to_date(migrated, database_url, tmp_path):
    url = urlsplit(database_url)._replace(path="/plain").geturl()
    assert schema_of(url) == SCHEMA_FILE.read_text(), "run `make schema`"
    assert types_of(url, tmp_path) == TYPES_FILE.read_text(), "run `make schema`"


def test_the_categories_are_seeded(database):
    rows = database.execute("select * from public.categories order by sort").fetchall()
    assert len(rows) == 23
    assert [row["sort"] for row in rows] == list(range(1, 24))
    assert [row["code"] for row in rows if not row["is_food"]] == ["non_food"]
    assert all(row["name_ko"] and row["name_en"] for row in rows)


def test_row_level_security_is_on_for_every_table(database):
    rows = database.execute(
        "select oid::regclass::text as name from pg_class where relkind in ('r', 'p') and not relrowsecurity "
        "and relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    ).fetchall()
    assert rows == []


def test_policies_evaluate_the_user_once_per_query(database):
    """Without a subquery, `auth.uid()` is evaluated per row."""
    rows = database.execute("select policyname, qual, with_check from pg_policies").fetchall()
    expressions = [text for row in rows for text in (row["qual"], row["with_check"]) if text and "auth.uid()" in text]
    assert expressions
    for text in expressions:
        assert text.count("auth.uid()") == text.count("SELECT auth.uid() AS uid")


def test_every_foreign_key_is_indexed(database):
    rows = database.execute("""
      select conrelid::regclass::text as name, attname
      from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      where c.contype = 'f' and c.connamespace = 'public'::regnamespace and not exists (
        select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]
      )
    """).fetchall()
    assert rows == []


def test_functions_fix_their_search_path(database):
    rows = database.execute("""
      select oid::regprocedure::text as name from pg_proc
      where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and not coalesce(proconfig @> array['search_path=""'], false)
    """).fetchall()
    assert rows == []


def test_functions_are_granted_to_the_right_roles(database):
    query = """
      select proname,
        has_function_privilege('anon', oid, 'execute') as anonymous,
        has_function_privilege('authenticated', oid, 'execute') as users,
        has_function_privilege('service_role', oid, 'execute') as services
      from pg_proc where pronamespace = %s::regnamespace
    """
    public = {row["proname"]: (row["users"], row["services"]) for row in database.execute(query, ["public"]).fetchall()}
    for name in ("claim_receipts", "complete_receipt", "fail_receipt", "give_up_receipts", "queue_missed_photos"):
        assert public[name] == (False, True)
    for name in ("add_receipt_to_inventory", "retry_receipt"):
        assert public[name][0] is True
    functions = [row for schema in ("public", "private") for row in database.execute(query, [schema]).fetchall()]
    assert not any(row["anonymous"] for row in functions)
    private = {row["proname"] for row in database.execute(query, ["private"]).fetchall() if row["users"]}
    assert not private & {"setting", "hint_receipt", "enqueue_receipt"}


def test_vault_takes_precedence_over_the_settings_table(migrated):
    """On a real project `private.setting` reads secrets from the view of Vault."""
    with psycopg.connect(migrated) as connection:
        connection.execute("insert into private.settings (name, value) values ('a', 'table'), ('b', 'table')")
        connection.execute("create schema vault")
        connection.execute("create table vault.decrypted_secrets (name text, decrypted_secret text)")
        connection.execute("insert into vault.decrypted_secrets values ('a', 'vault')")
        query = "select private.setting('a'), private.setting('b'), private.setting('c')"
        assert connection.execute(query).fetchone() == ("vault", "table", None)
        connection.rollback()
