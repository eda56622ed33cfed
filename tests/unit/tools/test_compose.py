"""compose.yaml: pinned images, loopback ports, no secret in the repository, and every setting that our programs need.

`make lint-delivery` checks the form. The workflow *Test against Supabase* starts the stack.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from pydantic_settings import BaseSettings

from functions.barcode.settings import BarcodeSettings
from functions.core.settings import Settings
from tests.unit.infra.test_settings import names, required
from tools.build import shipped_base
from tools.commands import DeliveryError
from tools.compose_env import generate, values

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
FUNCTIONS = ["receipt_sweep", "barcode_lookup", "category_feedback"]
BUILT = ["ocr_service", "mlflow", "label_studio", "scheduler", "exporter", *FUNCTIONS]
# They only interpolate settings that have a default.
OPTIONAL = {"APP_ORIGINS"} | set(re.findall(r"\$\{(\w+):-", TEXT))
every_service = pytest.mark.parametrize("name", list(SERVICES))


@every_service
def test_images_are_pinned_or_built_here(name):
    service = SERVICES[name]
    if "build" in service:
        assert (ROOT / service["build"]["dockerfile"]).is_file()
        assert service["build"]["args"]["BASE_IMAGE"] == "${BASE_IMAGE:-}"
    else:
        assert re.fullmatch(r"[a-z/-]+:v?\d+(\.\d+)+", service["image"]), service["image"]


@every_service
def test_ports_are_on_the_loopback_interface(name):
    assert all(re.fullmatch(r"127\.0\.0\.1:\$\{\w+:-\d+\}:\d+", port) for port in SERVICES[name].get("ports", []))


@every_service
def test_mounted_files_and_volumes_exist(name):
    for mount in SERVICES[name].get("volumes", []):
        source, _, _ = mount.partition(":")
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert mount.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


@every_service
def test_services_wait_for_services_that_say_when_they_are_ready(name):
    for other, needs in SERVICES[name].get("depends_on", {}).items():
        if needs["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        assert "profiles" not in SERVICES[other]


@pytest.mark.parametrize("name", BUILT)
def test_our_containers_have_the_limits_of_the_cloud(name):
    service = SERVICES[name]
    assert (service["read_only"], service["user"], service["cap_drop"]) == (True, "10001:10001", ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_ocr_service_has_the_memory_cpu_and_queue_of_one_instance():
    assert (SERVICES["ocr_service"]["mem_limit"], SERVICES["ocr_service"]["cpus"]) == ("2g", 1)
    variables = (ROOT / "infra" / "variables.tf").read_text("utf-8").partition('variable "ocr_service"')[2]
    concurrency = int(re.findall(r"concurrency += optional\(number, (\d+)\)", variables)[0])
    assert SERVICES["ocr_service"]["environment"] == {"OCR_QUEUE_LENGTH": concurrency - 1}


@pytest.mark.parametrize(("given", "expected"), [({}, shipped_base()), ({"BASE_IMAGE": "own"}, "own")])
def test_every_start_builds_on_the_current_base_image(tmp_path, given, expected):
    """Not on that of the day on which .env was generated."""
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\necho "$BASE_IMAGE $*"\n')
    docker.chmod(0o755)
    recipe = subprocess.check_output(
        ["make", "--dry-run", "--no-print-directory", "--old-file=setup", "compose-up", "PROFILE=annotation"],
        cwd=ROOT,
        text=True,
    )
    command = recipe[recipe.index("BASE_IMAGE=") :]
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if name != "BASE_IMAGE"}
    started = subprocess.check_output(
        command, shell=True, cwd=ROOT, text=True, env=environment | {"PATH": path} | given
    )
    assert started.strip() == f"{expected} compose --profile annotation up --build --wait"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_their_settings(name):
    settings: tuple[type[BaseSettings], ...] = (Settings, BarcodeSettings)
    given = set(SERVICES[name]["environment"])
    assert set().union(*map(required, settings)) <= given
    assert given <= {each for one in settings for each in names(one)}
    assert SERVICES[name]["command"][SERVICES[name]["command"].index("--target") + 1] == name


def test_secrets_come_from_the_generated_file_alone():
    generated = values("operator@example.com")
    wanted = set(re.findall(r"\$\{(\w+)", TEXT))
    assert wanted - OPTIONAL == set(generated)
    secret = re.compile(r"PASSWORD|SECRET|_KEY|TOKEN|_ENC_|://\w+:[^/@]+@")
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if secret.search(variable) or secret.search(str(value)):
                assert "${" in str(value) or str(value).isdecimal(), f"{name}: {variable}"
    # Interpolated values have no defaults that would be secrets: only ports and origins do.
    assert {default for default in re.findall(r"\$\{\w+:-([^}]*)\}", TEXT) if not default.isdecimal()} == {""}
    ignored = subprocess.run(["git", "check-ignore", "--quiet", ".env"], cwd=ROOT)
    assert ignored.returncode == 0


def test_generated_secrets_are_private_random_and_kept(tmp_path):
    file = tmp_path / "env"
    generate(file, "operator@example.com")
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    with pytest.raises(DeliveryError, match="exists"):
        generate(file, "operator@example.com")
    assert file.read_text() == before
    first, second = values("x"), values("x")
    same = {name for name in first if first[name] == second[name]}
    assert same == {"LABEL_STUDIO_USERNAME", "OPENFOODFACTS__CONTACT"}
    for role, name in (("anon", "ANON_KEY"), ("service_role", "SERVICE_ROLE_KEY")):
        assert jwt.decode(first[name], first["JWT_SECRET"], algorithms=["HS256"])["role"] == role


def test_every_dashboard_is_provisioned():
    mounts = " ".join(SERVICES["grafana"]["volumes"])
    for dashboard in (ROOT / "infra" / "monitoring" / "dashboards").glob("*.json"):
        assert f"/{dashboard.name}:ro" in mounts or dashboard.name.endswith(".cloud.json")


def statements(text: str) -> list[str]:
    """The SQL of all here-documents, one statement each, with spaces made equal."""
    blocks = re.findall(r"<<'SQL'\n(.*?)\n\s*SQL$", text, re.DOTALL | re.MULTILINE)
    return [
        " ".join(each.split()) for block in blocks for each in re.split(r"(?:;|\\gexec)(?=\n|$)", block) if each.strip()
    ]


def test_roles_are_made_as_in_a_deployment():
    """Of those that a deployment makes, none is missing here, and none has other rights."""
    documented = statements((ROOT / "docs" / "deploy.md").read_text("utf-8"))
    ours = statements((ROOT / "local" / "compose" / "migrate.sh").read_text("utf-8"))
    assert len(documented) >= 15
    history = [each for each in ours if "supabase_migrations" in each]
    assert len(history) == 2, "which the Supabase CLI makes in a deployment"
    assert sorted(each for each in ours if each not in history) == sorted(documented)


def test_the_migration_script_is_valid_bash():
    subprocess.run(["bash", "-n", ROOT / "local" / "compose" / "migrate.sh"], check=True)
    assert os.access(ROOT / "supabase" / "seed.sql", os.R_OK)
