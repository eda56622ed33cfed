"""What Terraform's own tests cannot see: lifecycle rules, and values that are unknown until applied."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.auth_secrets import FIELDS

INFRA = Path(__file__).resolve().parents[3] / "infra"
RESOURCES = [
    (file.parent.name, *match)
    for file in [*INFRA.glob("*.tf"), *INFRA.glob("modules/*/*.tf")]
    for match in re.findall(r'^resource "(\w+)" "(\w+)" {\n(.*?)^}', file.read_text("utf-8"), re.DOTALL | re.MULTILINE)
]
INVOKERS = [each for each in RESOURCES if re.fullmatch(r"google_cloud_run_v2_(service|job)_iam_member", each[1])]


@pytest.mark.parametrize("grant", INVOKERS, ids=lambda grant: f"{grant[0]}-{grant[2]}")
def test_a_replaced_service_gets_its_callers_again(grant: tuple[str, str, str, str]) -> None:
    _, _, _, body = grant
    (granted,) = re.findall(r"^  name += (\w+\.this)(?:\[each\.\w+\])?\.name$", body, re.MULTILINE)
    (trigger,) = re.findall(r"replace_triggered_by = \[(\w+\.this)(?:\[each\.\w+\])?\.id\]", body)
    assert trigger == granted


def test_there_are_invokers_of_every_kind() -> None:
    assert {each[0] for each in INVOKERS} == {"functions", "jobs", "people_service", "private_service"}


def test_the_first_password_of_the_database_is_random() -> None:
    (project,) = (body for _, kind, _, body in RESOURCES if kind == "supabase_project")
    (password,) = re.findall(r"database_password += (.+)", project)
    assert re.fullmatch(r'"(\$\{uuid\(\)\})+"', password)
    assert "ignore_changes  = [database_password]" in project


def test_alerts_on_logs_wait_until_their_metric_is_known() -> None:
    for module, kind, name, body in RESOURCES:
        if kind == "google_monitoring_slo" or (kind, name) == ("google_monitoring_alert_policy", "counted"):
            assert "depends_on = [terraform_data.metric_settled]" in body, (module, name)


def test_every_provider_that_the_app_offers_can_be_switched_on() -> None:
    account = (INFRA.parent / "app" / "lib" / "account.ts").read_text("utf-8")
    (offered,) = re.findall(r"PROVIDERS = \[(.+?)\]", account)
    settings = (INFRA / "modules" / "supabase" / "main.tf").read_text("utf-8")
    for provider in re.findall(r"'(\w+)'", offered):
        assert f"external_{provider}_client_id" in settings
        assert f"external_{provider}_secret" in FIELDS.values()
