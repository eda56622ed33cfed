"""Writes what is generated from the migrations: `supabase/schema.sql` and `supabase/database.types.ts`.

`schema.sql` shows the present schema to people in one file. The statements are pg_dump's, grouped so that constraints,
indexes, policies and grants follow their table or function. The file is not meant to be executed: a foreign key may
refer to a table that comes later. The types are for clients in TypeScript: `createClient<Database>(…)`.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from local.migrate import apply_migrations, prepare, run_cli
from local.servers.postgres import PostgresServer, installed_programs
from local.servers.supabase_lite import SupabaseLite

SUPABASE = Path(__file__).parents[1] / "supabase"
SCHEMA_FILE = SUPABASE / "schema.sql"
TYPES_FILE = SUPABASE / "database.types.ts"
HEADER = """\
-- The schema that supabase/migrations/ builds, for reading only. Generated: do not edit, run `make schema`.
"""
TYPES_HEADER = "// Types of the database's public schema. Generated: do not edit, run `make schema`.\n"
ENTRY = re.compile(r"^--\n-- Name: (.+); Type: (.+); Schema: (.+); Owner: .*\n--\n", re.MULTILINE)
# In the order in which the file shows what belongs to one table or function.
KINDS = (
    "SCHEMA",
    "TYPE",
    "TABLE",
    "VIEW",
    "FUNCTION",
    "SEQUENCE",
    "CONSTRAINT",
    "FK CONSTRAINT",
    "INDEX",
    "TRIGGER",
    "ROW SECURITY",
    "POLICY",
    "ACL",
    "COMMENT",
)
# Supabase owns the tables of Storage and Realtime: only what the migrations add to them is shown.
OF_SUPABASE = (("storage", "objects"), ("realtime", "messages"))
ADDED = ("TRIGGER", "POLICY")
# The role of the local Data API. It exists in the local stack alone.
LOCAL_ROLE = "supabase_lite"


@dataclass(frozen=True)
class Entry:
    """A part of pg_dump's output: one object, or the grants or the comment on one."""

    name: str
    kind: str
    schema: str
    statements: str

    @property
    def subject(self) -> Subject:
        """What this is part of."""
        target, _, name = self.name.partition(" ")
        match self.kind:
            case "ACL" | "COMMENT":
                name = name.partition(".")[0] if target == "COLUMN" else name
            case "CONSTRAINT" | "FK CONSTRAINT" | "TRIGGER" | "POLICY":
                name = target
            case "INDEX":
                name = _table_after(r" ON (?:ONLY )?", self.statements)
            case "SEQUENCE":
                name = _table_after("ALTER TABLE ", self.statements)
            case _:
                name = self.name
        # Functions are listed with arguments. No name is used twice, so the name alone will do.
        is_function = "FUNCTION" in (self.kind, target)
        return Subject(is_function, self.schema, name.partition("(")[0] if is_function else name)

    @property
    def is_shown(self) -> bool:
        if not self.statements or self.name.startswith("SEQUENCE "):  # grants on sequences come from default privileges
            return False
        match self.subject:
            case Subject(schema="public" | "private") | Subject(schema="-", name="private"):
                return self.kind in KINDS
            case Subject(schema=schema, name=name) if (schema, name) in OF_SUPABASE:
                return self.kind in ADDED and f"EXECUTE FUNCTION {schema}." not in self.statements
            case _:
                return False


@dataclass(frozen=True)
class Subject:
    """A table, type, function or schema; the latter is in the schema `-`."""

    is_function: bool
    schema: str
    name: str

    @property
    def place(self) -> tuple[bool, bool, bool, str, str]:
        """Sort key: schemas, tables, then functions, each in alphabetical order, those of the public schema first."""
        return self.is_function, self.schema != "-", self.schema != "public", self.schema, self.name


def schema_of(database_url: str) -> str:
    """The text of `schema.sql` for a database, which a superuser connects to.

    Raises:
        subprocess.CalledProcessError: pg_dump failed.
    """
    groups: dict[Subject, list[Entry]] = defaultdict(list)
    for entry in _entries(_dump(database_url)):
        if entry.is_shown:
            groups[entry.subject].append(entry)
    sections = [HEADER]
    for subject, entries in sorted(groups.items(), key=lambda group: group[0].place):
        entries.sort(key=lambda entry: (KINDS.index(entry.kind), entry.name))
        title = subject.name if subject.schema == "-" else f"{subject.schema}.{subject.name}"
        sections.append(f"\n-- {title}\n\n" + "\n".join(entry.statements for entry in entries) + "\n")
    return "".join(sections)


def types_of(database_url: str, home: Path) -> str:
    """The text of `database.types.ts` for a database, from the Supabase CLI, which stores its state in `home`.

    Raises:
        subprocess.CalledProcessError: the CLI failed.
    """
    result = run_cli(["gen", "types", "--schema", "public"], database_url, home)
    result.check_returncode()
    lines = (line.rstrip() for line in result.stdout.splitlines())
    return TYPES_HEADER + "\n".join(line for line in lines if line) + "\n"


def _dump(database_url: str) -> str:
    # Other users of the machine see a command line, so the password is not part of it.
    parameters = conninfo_to_dict(database_url)
    variables = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    environment = {variables[name]: str(value) for name, value in parameters.items() if name in variables}
    return subprocess.run(
        [installed_programs() / "pg_dump", "--schema-only", "--no-owner"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _entries(dump: str) -> list[Entry]:
    _, *parts = ENTRY.split(dump)
    return [
        Entry(name, kind, schema, _without_noise(text))
        for name, kind, schema, text in zip(*(parts[start::4] for start in range(4)), strict=True)
    ]


def _without_noise(text: str) -> str:
    statements = text.partition("\n\\unrestrict")[0].partition("\n--\n-- PostgreSQL database dump complete")[0]
    lines = [line for line in statements.strip().splitlines() if not line.endswith(f" TO {LOCAL_ROLE};")]
    return "\n".join(line for line in lines if not line.startswith("SET default_")).strip()


def _table_after(before: str, statement: str) -> str:
    table = re.search(rf"{before}\w+\.(\w+)", statement)
    return table[1] if table else ""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        postgres = PostgresServer.start(folder / "postgres", folder / "postgres.log")
        try:
            SupabaseLite.start(folder / "supabase", postgres.url, folder / "supabase.log").stop()
            prepare(postgres.url)
            apply_migrations(postgres.url, folder / "cli")
            SCHEMA_FILE.write_text(schema_of(postgres.url))
            TYPES_FILE.write_text(types_of(postgres.url, folder / "cli"))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
