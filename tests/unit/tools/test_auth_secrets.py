"""Secrets of Auth go to Supabase and nowhere else."""

from __future__ import annotations

import json

import pytest

from tests.support.scripted import json_step, serving
from tools.auth_secrets import FIELDS, set_secrets
from tools.commands import DeliveryError


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPABASE_ACCESS_TOKEN", "sbp_token")
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("names", [["SMTP_PASSWORD"], ["KAKAO_CLIENT_SECRET", "CAPTCHA_SECRET"], sorted(FIELDS)])
def test_only_what_is_set_is_sent_and_only_names_are_printed(
    names: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in names:
        monkeypatch.setenv(name, f"secret of {name}")
    with serving(json_step(200, {})) as server:
        set_secrets("ref", server.url)
    path, headers, body = server.seen[0]
    assert path == "/v1/projects/ref/config/auth"
    assert headers["Authorization"] == "Bearer sbp_token"
    assert json.loads(body) == {FIELDS[name]: f"secret of {name}" for name in names}
    printed = capsys.readouterr().out
    assert "secret of" not in printed
    assert all(FIELDS[name] in printed for name in names)


def test_a_refusal_does_not_repeat_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    refusal = json_step(400, {"message": "smtp_pass hunter2 is bad"})
    with serving(refusal) as server, pytest.raises(DeliveryError, match="HTTP 400") as error:
        set_secrets("ref", server.url)
    assert "hunter2" not in str(error.value)


def test_without_a_secret_nothing_is_sent() -> None:
    with serving() as server, pytest.raises(DeliveryError, match="at least one"):
        set_secrets("ref", server.url)
    assert server.seen == []
