"""Label Studio's start script turns the secret URL into the settings that Label Studio reads, or says what is wrong."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

SCRIPT = Path(__file__).resolve().parents[3] / "infra" / "label_studio" / "start.py"
SPEC = importlib.util.spec_from_file_location("label_studio_start", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
start = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(start)
OTHERS = {"SECRET_KEY": "k", "LABEL_STUDIO_USERNAME": "lead@example.com", "LABEL_STUDIO_PASSWORD": "p"}
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


@given(user=TEXTS, password=TEXTS, port=st.integers(1, 65535), mode=st.sampled_from(["", "require", "verify-full"]))
def test_every_part_of_the_url_arrives(user: str, password: str, port: int, mode: str) -> None:
    query = f"?sslmode={mode}" if mode else ""
    url = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@pooler.example:{port}/postgres{query}"
    settings = start.settings({**OTHERS, "DATABASE_URL": url})
    assert (settings["POSTGRE_USER"], settings["POSTGRE_PASSWORD"]) == (user, password)
    assert (settings["POSTGRE_HOST"], settings["POSTGRE_PORT"]) == ("pooler.example", str(port))
    assert settings["POSTGRE_NAME"] == "postgres"
    assert settings.get("PGSSLMODE", "") == mode


@pytest.mark.parametrize(
    "url", ["mysql://u:p@h/d", "postgresql://h/d", "postgresql://u:secret@/d", "postgresql://u:secret@h", "secret"]
)
def test_a_malformed_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://") as refusal:
        start.settings({**OTHERS, "DATABASE_URL": url})
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("name", [*OTHERS, "DATABASE_URL"])
def test_a_missing_setting_is_named(name: str) -> None:
    environment = {**OTHERS, "DATABASE_URL": "postgresql://u:p@h/d"}
    del environment[name]
    with pytest.raises(ValueError, match=name):
        start.settings(environment)
