"""Runs the integration tests of the database against a real Supabase, and the linter of the CLI.

    python -m tools.test_supabase [PYTEST ARGUMENT…]

With SUPABASE_TEST_URL, SUPABASE_TEST_PUBLISHABLE_KEY, SUPABASE_TEST_SECRET_KEY, SUPABASE_TEST_JWT_SECRET and
SUPABASE_TEST_DATABASE_URL (a superuser, such as supabase_admin) the tests run against that project, which must have the
migrations and no users that matter: the tests create, change and delete rows. Without them `supabase start` starts one,
which needs Docker.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.migrate import CLI, ENVIRONMENT
from local.servers.supabase_lite import NODE

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "SUPABASE_TEST_"
NAMES = ("URL", "PUBLISHABLE_KEY", "SECRET_KEY", "JWT_SECRET", "DATABASE_URL")
# The tests that need nothing of the local stack but Supabase.
TESTS = (
    "test_db_add_to_inventory.py",
    "test_db_complete.py",
    "test_db_inventory.py",
    "test_db_isolation.py",
    "test_db_limits.py",
    "test_db_lint.py",
    "test_db_photo_moves.py",
    "test_db_photo_sweep.py",
    "test_db_queue.py",
    "test_db_realtime.py",
    "test_db_upload.py",
    "test_review_inventory_steps.py",
    "test_review_receipt.py",
    "test_supabase_clients.py",
)


class SupabaseError(Exception):
    """There is no Supabase to test against; the text says what to do."""


def given_project(environment: Mapping[str, str]) -> dict[str, str] | None:
    """The settings of the project that the environment names, or None if it names none.

    Raises:
        SupabaseError: some of the settings are missing.
    """
    missing = [PREFIX + name for name in NAMES if not environment.get(PREFIX + name)]
    if len(missing) == len(NAMES):
        return None
    if missing:
        raise SupabaseError(f"Missing settings: {', '.join(missing)}")
    return {PREFIX + name: environment[PREFIX + name] for name in NAMES}


def started_project(status: str) -> dict[str, str]:
    """The settings of the project that `supabase start` started, from `supabase status -o json`.

    Raises:
        SupabaseError: the output has another form.
    """
    try:
        values = json.loads(status)
        # The deploying role is not a superuser, but the tests lock and rename what belongs to Supabase.
        database_url = values["DB_URL"].replace("postgresql://postgres:", "postgresql://supabase_admin:")
        return {
            f"{PREFIX}URL": values["API_URL"],
            f"{PREFIX}PUBLISHABLE_KEY": values.get("PUBLISHABLE_KEY") or values["ANON_KEY"],
            f"{PREFIX}SECRET_KEY": values.get("SECRET_KEY") or values["SERVICE_ROLE_KEY"],
            f"{PREFIX}JWT_SECRET": values["JWT_SECRET"],
            f"{PREFIX}DATABASE_URL": database_url,
        }
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise SupabaseError("The output of `supabase status` was not understood.") from error


def supabase(*command: str) -> str:
    """Run the pinned CLI on this repository. Returns its output. Raises: SupabaseError."""
    result = subprocess.run(
        [str(NODE), str(CLI), *command, "--workdir", str(ROOT)],
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        raise SupabaseError(f"`supabase {' '.join(command)}` failed.\n{result.stdout}")
    return result.stdout


def run_tests(project: Mapping[str, str], arguments: Sequence[str]) -> int:
    tests = [f"tests/integration/{name}" for name in TESTS]
    command = [sys.executable, "-m", "pytest", *tests, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **project}, check=False).returncode


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Raises: SupabaseError."""
    if project := given_project(environment):
        return run_tests(project, arguments)
    if not shutil.which("docker", path=environment.get("PATH")):
        raise SupabaseError(
            f"Docker is not installed. Install it, or name a project in {', '.join(PREFIX + name for name in NAMES)}."
        )
    supabase("start")
    try:
        print(supabase("db", "lint", "--level", "error", "--fail-on", "error"))
        return run_tests(started_project(supabase("status", "-o", "json")), arguments)
    finally:
        supabase("stop", "--no-backup")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:], os.environ))
    except SupabaseError as failure:
        sys.exit(str(failure))
