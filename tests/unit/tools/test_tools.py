"""Delivery tools: archives, Dockerfiles, the deployment history, and command lines."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.settings import Settings as OcrSettings
from tools import functions_archive, wheels
from tools.build import DOCKERFILES, arguments, shipped_base
from tools.commands import DeliveryError
from tools.deployments import Deployment, previous
from tools.engines import Engine
from tools.sbom import LOCKS

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ["build", "check_container", "deploy", "deploy_db", "functions_archive", "github_settings", "image_sizes"]
TOOLS += ["infra_check", "run_container", "sbom", "smoke", "wheels"]


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}(/[a-z]{1,9})?\.py", fullmatch=True), st.binary(max_size=99)))
def test_the_archive_is_reproducible(files):
    packed = functions_archive.archive(files)
    assert packed == functions_archive.archive(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert not archive.namelist() or {entry.date_time for entry in archive.infolist()} == {functions_archive.EPOCH}


def test_the_archive_is_named_by_its_content(tmp_path):
    path = functions_archive.write(tmp_path)
    assert path == functions_archive.write(tmp_path)
    assert re.fullmatch(r"functions/[0-9a-f]{64}\.zip", path.relative_to(tmp_path).as_posix())


def test_the_archive_has_what_the_platform_expects(tmp_path):
    with zipfile.ZipFile(functions_archive.write(tmp_path / "output")) as archive:
        archive.extractall(tmp_path)
    assert "--hash=sha256:" in (tmp_path / "requirements.txt").read_text()
    names = (
        "barcode_lookup, canary, category_feedback, product_index, receipt_sweep, receipt_uploaded, reminders, "
        "reminder_unsubscribe"
    )
    script = f"from main import {names}; import functions.main; print(functions.main.__file__)"
    process = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert Path(process.stdout.strip()).is_relative_to(tmp_path)


@pytest.mark.parametrize("image", DOCKERFILES)
def test_images_have_stages_no_root_and_a_base_by_digest(image):
    text = DOCKERFILES[image].read_text()
    *first, last = re.findall(r"^FROM (.+)$", text, re.MULTILINE)
    fonts = ["${BASE_IMAGE} AS fonts"] if image == "retrain_reading" else []
    assert first == ["${BASE_IMAGE} AS packages", *fonts]
    assert last == "${BASE_IMAGE}"
    assert "\nARG BASE_IMAGE\n" in text  # no default: the build names it
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert "PYTHONDONTWRITEBYTECODE=1" in text
    final = text.split("\nFROM ")[-1]
    assert "pip" not in final
    assert not re.search(r"secret|password|token", text, re.IGNORECASE)


@pytest.mark.parametrize("image", ["model_export", "retrain_reading"])
def test_training_in_an_image_records_its_commit(image, tmp_path, monkeypatch):
    for name, script in {"git": "echo 1a2b3c4-dirty", "docker": f'printf "%s\\n" "$@" > {tmp_path}/arguments'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    Engine("docker").build(DOCKERFILES[image], "a:b", arguments(image, "base"))
    called_with = (tmp_path / "arguments").read_text().splitlines()
    options = [option for name, option in pairwise(called_with) if name == "--build-arg"]
    assert options == ["BASE_IMAGE=base", "CODE_VERSION=1a2b3c4-dirty"]
    final = DOCKERFILES[image].read_text().split("\nFROM ")[-1]
    assert "\nARG CODE_VERSION\nENV CODE_VERSION=$CODE_VERSION\n" in final


@pytest.mark.parametrize("paddle", [False, True])
def test_native_paddle_is_added_on_request(paddle):
    assert arguments("ocr_service", "base", paddle) == {"BASE_IMAGE": "base", "PADDLE": str(int(paddle))}
    assert "\nARG PADDLE=0\n" in DOCKERFILES["ocr_service"].read_text()


def test_the_image_listens_where_the_platform_says(monkeypatch):
    """Cloud Run sets PORT; OCR_PORT, which comes first, must not be in the image."""
    text = DOCKERFILES["ocr_service"].read_text()
    assert re.findall(r"\b(?:OCR_)?PORT=\d+", text) == ["PORT=8080"]
    monkeypatch.delenv("OCR_PORT", raising=False)
    monkeypatch.setenv("PORT", "9123")
    assert OcrSettings().port == 9123


def test_a_container_runs_with_the_limits_of_the_cloud(tmp_path):
    (tmp_path / "docker").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "docker").chmod(0o755)
    printed = subprocess.check_output(
        [sys.executable, "-m", "tools.run_container", "--memory", "2048", "--cpus", "1", "image", "--", "true"],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PORT": "9123", "OCR_SERVE": "no"},
        text=True,
    )
    options = printed.split(" image ")[0]
    assert printed.endswith(" image true\n")
    for option in (
        "--read-only --tmpfs /tmp --cap-drop ALL",
        "--security-opt no-new-privileges",
        "--memory 2048m --memory-swap 2048m",
        "--cpus 1",
        "--env PORT=9123",
    ):
        assert option in options
    assert "OCR_SERVE" not in options


def test_the_shipped_base_is_named_by_digest():
    assert re.fullmatch(r"docker\.io/library/python:3\.13-slim-trixie@sha256:[0-9a-f]{64}", shipped_base())


def test_the_newest_supported_python_is_deployed():
    versions = re.search(r"^versions='(\S+) ", (ROOT / "local" / "check_machine.sh").read_text(), re.MULTILINE)
    assert versions is not None
    newest = versions[1]
    assert f"/python:{newest}-slim-trixie@" in shipped_base()
    functions = (ROOT / "infra" / "modules" / "functions" / "main.tf").read_text()
    assert re.findall(r'runtime += "(\w+)"', functions) == [f"python{newest.replace('.', '')}"]
    for dockerfile in DOCKERFILES.values():
        assert set(re.findall(r"python(3\.\d+)", dockerfile.read_text())) <= {newest}


def test_makefile_and_bills_of_materials_know_every_image():
    linted = re.search(r"^DOCKERFILES := ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert linted
    assert {ROOT / file for file in linted[1].replace("\\", "").split()} == set(DOCKERFILES.values())
    assert {"functions", *DOCKERFILES} == set(LOCKS)
    for image, dockerfile in DOCKERFILES.items():
        installed = re.findall(r"^COPY (\S+requirements.txt) ", dockerfile.read_text(), re.MULTILINE)
        optional = {"ocr_service/paddle/requirements.txt"}
        assert set(installed) - optional == set(LOCKS[image])


@pytest.mark.parametrize("lock", sorted({lock for locks in LOCKS.values() for lock in locks}))
def test_every_package_of_a_deployable_has_hashes(lock):
    text = (ROOT / lock).read_text()
    packages = re.findall(r"^[a-z0-9][\w.\[\]-]*==.*(?:\n    --hash=.*)*", text, re.MULTILINE)
    assert packages
    assert all("--hash=sha256:" in package for package in packages)


def test_the_build_context_is_an_allow_list():
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    assert {line for line in lines if line.startswith("!")} == {
        "!LICENSE",
        "!NOTICE",
        "!functions",
        "!model_export",
        "!ocr_service",
        "!infra/mlflow",
        "!infra/label_studio",
        "!local/label_studio",
        "!infra/monitoring",
    }


def deployments(*releases: str) -> list[Deployment]:
    """One deployment per letter; `<a` is a rollback to a."""
    return [
        Deployment(f"{at:02}", "c", {"images": release.strip("<")}, release.startswith("<"))
        for at, release in enumerate(releases)
    ]


@pytest.mark.parametrize(
    ("ran", "expected"),
    [
        ("a b", "a"),
        ("a b b", "a"),  # applied again
        ("a b c <b", "a"),  # c was rolled back, so the next rollback starts from b
        ("a b c <b <a d", "a"),
        ("a b <a c", "a"),
        ("a b <x", "b"),  # x is no longer in the history
    ],
)
def test_a_rollback_skips_releases_that_were_rolled_back(ran, expected):
    assert previous(deployments(*ran.split())).release == {"images": expected}


@pytest.mark.parametrize("ran", ["", "a", "a a", "a b <a"])
def test_a_rollback_needs_an_earlier_release(ran):
    with pytest.raises(DeliveryError, match="no earlier release"):
        previous(deployments(*ran.split()))


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_has_help(tool, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [tool, "--help"])
    with pytest.raises(SystemExit) as exit_info:
        importlib.import_module(f"tools.{tool}").main()
    assert exit_info.value.code == 0
    assert f"usage: python -m tools.{tool} " in capsys.readouterr().out


@pytest.mark.parametrize("environment", ["nowhere", "../etc", ""])
def test_an_unknown_environment_is_an_error(environment, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["deploy", "plan", "--env", environment])
    assert importlib.import_module("tools.deploy").main() == 1
    assert "environment" in capsys.readouterr().err


def test_settings_for_github_restore_the_input_files(tmp_path, monkeypatch):
    from tools import github_settings, terraform

    files = {"tfvars": 'project_id = "jangbogi"\n', "backend.hcl": 'bucket = "state"\n'}
    (tmp_path / "environments").mkdir()
    monkeypatch.setattr(terraform, "INFRA", tmp_path)
    monkeypatch.setenv("SETTINGS", json.dumps({"files": files}))
    github_settings.unpack("staging")
    assert {kind: terraform.file("staging", kind).read_text() for kind in files} == files


def test_a_package_without_a_wheel_is_named(monkeypatch, capsys, tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("attr==0.3.1\nidna==3.20\n")
    ran = []

    def uv(command, **_):
        ran.append(command)
        compiles = "aarch64-apple-darwin" in command
        return subprocess.CompletedProcess(command, compiles, "", "attr==0.3.1 has no usable wheels")

    monkeypatch.setattr(wheels, "LOCKS", (str(lock),))
    monkeypatch.setattr(subprocess, "run", uv)
    monkeypatch.setattr(sys, "argv", ["wheels"])
    assert wheels.main() == 1
    printed = capsys.readouterr()
    assert printed.out.split() == [
        "ok",
        *wheels.PLATFORMS[:1],
        "ok",
        *wheels.PLATFORMS[1:2],
        "FAILED",
        *wheels.PLATFORMS[2:],
    ]
    assert "attr==0.3.1 has no usable wheels" in printed.err
    assert all("--dry-run" in command for command in ran)
