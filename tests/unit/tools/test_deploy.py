"""Sequences of deployments and rollbacks, with stand-ins for terraform and gcloud that record their calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OUTPUTS = {
    "sources_bucket": "sources",
    "registry": "asia-northeast3-docker.pkg.dev/p/images",
    "delivery": {"provider": "projects/1/providers/github", "service_accounts": {"ci-build": "ci-build@p"}},
}
TERRAFORM = """#!{python} -IS
import json, pathlib, sys
verb, *arguments = sys.argv[1:]
if verb == "output":
    print(json.dumps({{name: {{"value": value}} for name, value in {outputs}.items()}}))
files = [argument.removeprefix("-var-file=") for argument in arguments if argument.startswith("-var-file=")]
releases = [json.loads(pathlib.Path(file).read_text())["release"] for file in files if file.endswith(".json")]
for argument in arguments:
    if argument.startswith("-out="):
        pathlib.Path(argument.removeprefix("-out=")).write_text(json.dumps(releases))
if verb == "apply":
    assert arguments[:-1] == ["-input=false"], "only a saved plan is applied"
    releases = json.loads(pathlib.Path(arguments[-1]).read_text())
with open("{folder}/terraform.log", "a") as log:
    print(json.dumps([verb, releases]), file=log)
"""
# The history is sorted by name, and times may be equal in a test, so names get a number in front.
GCLOUD = """#!{python} -IS
import pathlib, shutil, sys
bucket = pathlib.Path("{folder}/bucket")
bucket.mkdir(exist_ok=True)
_, verb, *rest = sys.argv[1:]
if verb == "ls":
    print("gs://sources/functions/:", "gs://sources/functions/a.zip", "", "gs://sources/deployments/:", sep="\\n")
    print(*[f"gs://sources/deployments/{{path.name}}" for path in bucket.glob("*.json")], sep="\\n")
    verified = pathlib.Path("{folder}/verified")
    print(*[f"gs://sources/verified/{{path.name}}" for path in verified.glob("*.json")], sep="\\n")
elif verb == "cat":
    folder = bucket if "/deployments/" in rest[0] else pathlib.Path("{folder}/verified")
    print((folder / rest[0].rsplit("/", 1)[1]).read_text())
elif verb == "cp":
    if rest[0] == "--no-clobber":
        (bucket / "copied").write_text(" ".join(rest))
        sys.exit()
    if rest[1] != "gs://sources/deployments/":
        bucket = pathlib.Path("{folder}/verified")
        bucket.mkdir(exist_ok=True)
    shutil.copy(rest[0], bucket / f"{{len(list(bucket.iterdir()))}}-{{pathlib.Path(rest[0]).name}}")
"""

Deploy = Callable[..., subprocess.CompletedProcess[str]]


def release(name: str) -> dict[str, object]:
    images = {"ocr_service": f"{OUTPUTS['registry']}/ocr_service@sha256:{name}"}
    return {"images": images, "functions_source": f"functions/{name}.zip"}


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    """Runs the tool on a folder that has the environment `staging`."""
    (tmp_path / "infra" / "environments").mkdir(parents=True)
    for kind in ("backend.hcl", "tfvars"):
        (tmp_path / "infra" / "environments" / f"staging.{kind}").write_text(f"# {kind}\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"terraform": TERRAFORM, "gcloud": GCLOUD}.items():
        (programs / name).write_text(text.format(python=sys.executable, folder=tmp_path, outputs=OUTPUTS))
        (programs / name).chmod(0o755)
    script = "import sys; from pathlib import Path; from tools import commands; root = Path(sys.argv.pop(1)); "
    script += "commands.ROOT = root; commands.OUTPUT = root / 'delivery'; from tools import {0}; sys.exit({0}.main())"

    def deploy(*arguments: str, tool: str = "deploy", answer: str = "yes") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", script.format(tool), str(tmp_path), *arguments, "--env", "staging"],
            cwd=ROOT,
            env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
            input=f"{answer}\n",
            capture_output=True,
            text=True,
        )

    return deploy


def write_release(tmp_path: Path, name: str, commit: str = "0123456789ab") -> None:
    file = tmp_path / "delivery" / "release.tfvars.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"commit": commit, "release": release(name)}))


def recorded(tmp_path: Path) -> list[tuple[str, object]]:
    """Commit and release of every deployment, the oldest first."""
    files = sorted((tmp_path / "bucket").glob("*.json"), key=lambda file: int(file.name.partition("-")[0]))
    deployments = [json.loads(file.read_text()) for file in files]
    return [(deployment["commit"], deployment["release"]) for deployment in deployments]


def changes(tmp_path: Path) -> list[list[object]]:
    lines = [json.loads(line) for line in (tmp_path / "terraform.log").read_text().splitlines()]
    return [line for line in lines if line[0] == "apply"]


def test_a_rollback_deploys_the_previous_release(deploy, tmp_path):
    for name in ("a", "b"):
        write_release(tmp_path, name)
        process = deploy("apply", "--yes")
        assert process.returncode == 0, process.stderr
    process = deploy("rollback", "--yes")
    assert process.returncode == 0, process.stderr
    assert changes(tmp_path) == [["apply", [release(name)]] for name in ("a", "b", "a")]

    names = deploy("history").stdout.splitlines()
    assert len(names) == 3
    assert names[-1].endswith("rollback")
    assert deploy("rollback", "--yes").returncode == 1  # there is no release before a

    assert deploy("rollback", "--yes", "--to", names[1].strip()).returncode == 0
    assert changes(tmp_path)[-1] == ["apply", [release("b")]]


def test_a_deployment_is_recorded_with_the_commit_that_its_release_was_built_from(deploy, tmp_path):
    """Whatever is checked out: settings are applied, plans reviewed and releases rolled back from other commits."""
    for name, commit in (("a", "aaaaaaaaaaaa"), ("b", "bbbbbbbbbbbb")):
        write_release(tmp_path, name, commit)
        assert deploy("apply", "--yes").returncode == 0
    assert deploy("apply", "--yes").returncode == 0  # without a build
    plan = tmp_path / "plan"
    write_release(tmp_path, "c", "cccccccccccc")
    assert deploy("plan", "--out", str(plan)).returncode == 0
    assert deploy("apply", "--plan", str(plan)).returncode == 0
    (tmp_path / "delivery" / "release.tfvars.json").unlink()
    assert deploy("rollback", "--yes").returncode == 0
    assert deploy("rollback", "--yes").returncode == 0
    expected = [(12 * name, release(name)) for name in "abbcba"]
    assert recorded(tmp_path) == expected


def test_a_release_file_without_its_commit_is_refused(deploy, tmp_path):
    write_release(tmp_path, "a")
    file = tmp_path / "delivery" / "release.tfvars.json"
    for content in ('{"release": {}}', "", "[]"):
        file.write_text(content)
        process = deploy("apply", "--yes")
        assert process.returncode == 1
        assert "make build" in process.stderr
    assert not (tmp_path / "terraform.log").exists() or changes(tmp_path) == []


def test_without_a_build_the_deployed_release_stays(deploy, tmp_path):
    for name in ("a", "b"):
        write_release(tmp_path, name)
        deploy("apply", "--yes")
    assert deploy("rollback", "--yes").returncode == 0
    for verb in ("plan", "apply"):
        assert deploy(verb).returncode == 0
        log = (tmp_path / "terraform.log").read_text().splitlines()
        assert [verb, [release("a")]] in [json.loads(line) for line in log[-3:]]


def test_a_plan_that_is_not_confirmed_is_not_applied(deploy, tmp_path):
    write_release(tmp_path, "a")
    for answer in ("", "no", "y"):
        process = deploy("apply", answer=answer)
        assert process.returncode == 1
        assert "Nothing was applied." in process.stderr
    assert changes(tmp_path) == []
    assert deploy("history").stdout == ""


def test_a_reviewed_plan_is_applied_as_it_is(deploy, tmp_path):
    """Also if another release has been built since."""
    write_release(tmp_path, "a")
    plan = tmp_path / "reviews" / "plan"
    assert deploy("plan", "--out", str(plan)).returncode == 0
    write_release(tmp_path, "b")
    process = deploy("apply", "--plan", str(plan))
    assert process.returncode == 0, process.stderr
    assert changes(tmp_path) == [["apply", [release("a")]]]
    assert [parts for _, parts in recorded(tmp_path)] == [release("a")]


def test_only_a_verified_commit_is_promoted_and_only_by_copying(deploy, tmp_path):
    (tmp_path / "bin" / "skopeo").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/skopeo.log\n')
    (tmp_path / "bin" / "skopeo").chmod(0o755)
    digest = "0" * 64
    commit = subprocess.check_output(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, text=True).strip()
    write_release(tmp_path, digest, commit)
    assert deploy("apply", "--yes").returncode == 0
    refused = deploy("--from-sources", "sources", tool="promote")
    assert refused.returncode == 1
    assert "has passed the smoke test" in refused.stderr
    assert not (tmp_path / "skopeo.log").exists()

    assert deploy("verified").returncode == 0
    other = deploy("--from-sources", "sources", "--commit", "abcdef012345", tool="promote")
    assert other.returncode == 1
    process = deploy("--from-sources", "sources", tool="promote")
    assert process.returncode == 0, process.stderr
    copied = (tmp_path / "skopeo.log").read_text()
    assert f"copy --preserve-digests docker://{OUTPUTS['registry']}/ocr_service@sha256:{digest} docker://" in copied
    promoted = json.loads((tmp_path / "delivery" / "release.tfvars.json").read_text())
    assert promoted == {"commit": commit, "release": release(digest)}
    assert f"gs://sources/functions/{digest}.zip" in (tmp_path / "bucket" / "copied").read_text()


def test_nothing_is_verified_before_the_first_deployment(deploy):
    process = deploy("verified")
    assert process.returncode == 1
    assert "no deployment yet" in process.stderr


def test_a_release_built_for_another_environment_is_refused(deploy, tmp_path):
    write_release(tmp_path, "a")
    file = tmp_path / "delivery" / "release.tfvars.json"
    file.write_text(file.read_text().replace("/p/images/", "/another/images/"))
    process = deploy("apply", "--yes")
    assert process.returncode == 1
    assert "another environment" in process.stderr
    assert not (tmp_path / "terraform.log").exists() or changes(tmp_path) == []


def test_a_new_environment_starts_without_workloads(deploy, tmp_path):
    assert deploy("apply").returncode == 0
    assert changes(tmp_path) == [["apply", []]]
    assert deploy("history").stdout.split() == []


def test_an_interrupted_first_apply_can_be_repeated(deploy, tmp_path):
    """Terraform then has only some of the outputs."""
    program = tmp_path / "bin" / "terraform"
    program.write_text(program.read_text().replace(repr(OUTPUTS), repr({"public_functions": []})))
    assert deploy("plan").returncode == 0
    process = deploy("pack", tool="github_settings")
    assert process.returncode == 1
    assert "does not trust a repository yet" in process.stderr


def test_the_settings_for_github_contain_what_the_action_reads(deploy, tmp_path):
    process = deploy("pack", tool="github_settings")
    assert json.loads(process.stdout) == {
        "provider": "projects/1/providers/github",
        "accounts": {"ci-build": "ci-build@p"},
        "registry": "asia-northeast3-docker.pkg.dev/p/images",
        "sources": "sources",
        "files": {"tfvars": "# tfvars\n", "backend.hcl": "# backend.hcl\n"},
    }
