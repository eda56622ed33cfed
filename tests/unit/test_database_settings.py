"""The settings of the database: the documentation lists exactly those that the migrations read, with their defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
)
UNSET = "unset"


def settings() -> dict[str, str]:
    """The default of each setting that a migration reads."""
    found: dict[str, set[str]] = {}
    for name, default in re.findall(r"private\.setting\('{1,2}(\w+)'{1,2}\)(?:::\w+, (\d+)\))?", MIGRATIONS):
        found.setdefault(name, set()).add(default or UNSET)
    for name, default in re.findall(r"count_call\(\s*'(\w+)',\s*(\d+)\s*\)", MIGRATIONS):
        found.setdefault(f"{name}_per_minute", set()).add(default)
    for table, default in re.findall(
        r"create trigger \w+ after insert on public\.(\w+)[^;]*?private\.limit_rows\('(\d+)'\)", MIGRATIONS
    ):
        found.setdefault(f"{table}_rows", set()).add(default)
    (limits,) = re.findall(r"create function private\.daily_limit.*?\n\$\$;", MIGRATIONS, re.DOTALL)
    for name, factors in re.findall(r"when '(\w+)' then ([\d* ]+)\n", limits):
        default = 1
        for factor in factors.split("*"):
            default *= int(factor)
        found.setdefault(f"{name}_per_day", set()).add(str(default))
    assert {name: defaults for name, defaults in found.items() if len(defaults) > 1} == {}
    return {name: next(iter(defaults)) for name, defaults in found.items()}


def documented(page: str, heading: str) -> dict[str, str]:
    """The default of each name in the table below a heading; one default may stand for all names of its row."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").partition(heading)[2].partition("\n#")[0]
    found = {}
    for names, defaults in re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", text, re.MULTILINE):
        keys, values = re.findall(r"`(\w+)`", names), defaults.split(", ")
        for key, value in zip(keys, values if len(values) == len(keys) else values * len(keys), strict=True):
            assert key not in found, f"{key} is listed twice"
            found[key] = value
    return found


def test_every_setting_is_documented_with_its_default() -> None:
    assert documented("architecture.md", "### Settings of the database\n") == settings()


def test_security_names_every_quota_and_total_with_its_default() -> None:
    limits = {name: value for name, value in settings().items() if name.endswith(("_per_day", "_rows"))}
    described = documented("security.md", "### Limits per user\n")
    assert limits.keys() <= described.keys()
    assert described.items() <= settings().items()


@pytest.mark.parametrize("call", ["private.setting(", "count_call(", "private.limit_rows("])
def test_no_setting_escapes_the_comparison(call: str) -> None:
    """Names and defaults that are computed would not be found above."""
    known = {
        "private.setting(": r"private\.setting\((?:'{1,2}\w+'{1,2}\)|p_name|text\)|p_action \|\||tg_table_name \|\|)",
        "count_call(": r"count_call\((?:\s*'\w+',\s*\d+\s*\)|p_action|text)",
        "private.limit_rows(": r"private\.limit_rows\((?:'\d+'\)|\))",
    }[call]
    assert MIGRATIONS.count(call) == len(re.findall(known, MIGRATIONS))
