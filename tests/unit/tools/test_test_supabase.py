"""Which Supabase the integration tests run against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.test_supabase import NAMES, PREFIX, TESTS, SupabaseError, given_project, started_project

ROOT = Path(__file__).resolve().parents[3]
GIVEN = {PREFIX + name: name.lower() for name in NAMES}
STATUS = {
    "API_URL": "http://127.0.0.1:54321",
    "DB_URL": "postgresql://postgres:postgres@127.0.0.1:54322/postgres",
    "ANON_KEY": "anon",
    "SERVICE_ROLE_KEY": "service",
    "JWT_SECRET": "secret",
}


def test_a_project_is_named_by_all_settings_or_none() -> None:
    assert given_project({**GIVEN, "HOME": "/"}) == GIVEN
    assert given_project({"HOME": "/"}) is None
    for name in GIVEN:
        with pytest.raises(SupabaseError, match=f"Missing settings: {name}"):
            given_project({**GIVEN, name: ""})


def test_a_started_project_is_used_with_its_superuser() -> None:
    project = started_project(json.dumps(STATUS))
    assert set(project) == set(GIVEN)
    assert project[f"{PREFIX}DATABASE_URL"] == "postgresql://supabase_admin:postgres@127.0.0.1:54322/postgres"
    assert (project[f"{PREFIX}PUBLISHABLE_KEY"], project[f"{PREFIX}SECRET_KEY"]) == ("anon", "service")
    new = started_project(json.dumps({**STATUS, "PUBLISHABLE_KEY": "sb_publishable_x", "SECRET_KEY": "sb_secret_x"}))
    assert (new[f"{PREFIX}PUBLISHABLE_KEY"], new[f"{PREFIX}SECRET_KEY"]) == ("sb_publishable_x", "sb_secret_x")


@pytest.mark.parametrize("status", ["", "[]", "null", "{}", '{"DB_URL": 1}'])
def test_another_output_is_an_error(status: str) -> None:
    with pytest.raises(SupabaseError, match="not understood"):
        started_project(status)


def test_the_tests_exist() -> None:
    assert [name for name in TESTS if not (ROOT / "tests" / "integration" / name).is_file()] == []


def test_without_a_project_and_docker_it_says_what_to_do(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-m", "tools.test_supabase"]
    result = subprocess.run(
        command, cwd=ROOT, env={**environment, "PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "Docker is not installed" in result.stderr
