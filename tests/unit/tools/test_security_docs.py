"""docs/security.md against the schema and the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "security.md").read_text()
MIGRATIONS = "\n".join(path.read_text() for path in sorted((ROOT / "supabase" / "migrations").glob("*.sql")))


def test_every_table_has_a_retention():
    tables = set(re.findall(r"create table (?:public|private)\.(\w+)", MIGRATIONS))
    kept = TEXT.split("## Stored data")[1].split("\n## ")[0]
    assert tables - set(re.findall(r"`(\w+)", kept)) == set()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((\.\./[^)#]+|[\w-]+\.md)\)", TEXT))))
def test_links_lead_somewhere(link):
    assert (ROOT / "docs" / link).resolve().exists()


def test_named_tests_exist():
    for name in re.findall(r"`(?:tests/\w+/)?(test_\w+\.py)`", TEXT):
        assert list((ROOT / "tests").rglob(name)), name


def test_the_setting_and_its_default_are_those_of_the_migrations():
    assert "private.setting('photo_days')::integer, 365)" in MIGRATIONS
    assert "`photo_days`" in TEXT
