"""Workflows against what they use: Makefile targets, inputs of actions, accounts that Terraform creates."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.build import BASE, DOCKERFILES, shipped_base

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / ".github" / "actions" / "environment" / "action.yml"
MAKEFILE = (ROOT / "Makefile").read_text()
ACCOUNTS = {"ci-plan", "ci-build", "ci-deploy"}


def load(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    # YAML 1.1 reads the key `on` as true.
    return {"on" if key is True else key: value for key, value in content.items()}


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return dict(load(path)["jobs"])


def steps(path: Path) -> list[dict[str, Any]]:
    if path == ACTION:
        return list(load(path)["runs"]["steps"])
    return [step for job in jobs(path).values() for step in job.get("steps", [])]


every_file = pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def test_the_workflows_are_known():
    assert [path.stem for path in WORKFLOWS] == [
        "deploy",
        "plan",
        "promote",
        "rollback",
        "supabase",
        "test",
        "vulnerabilities",
    ]


@every_file
def test_third_party_actions_are_pinned_by_commit(path):
    for line in re.findall(r"uses: (.+)", path.read_text()):
        assert line.startswith("./") or re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@every_file
def test_make_targets_and_scripts_exist(path):
    for step in steps(path):
        for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", "")):
            assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        for script in re.findall(r"(?:^|bash )((?:tools|\.ci|infra)/[\w./-]+)", step.get("run", "")):
            assert (ROOT / script).is_file(), script
        for module in re.findall(r"python3 -m (tools[\w.]+)", step.get("run", "")):
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module


@every_file
def test_expressions_are_not_expanded_in_shell_code(path):
    for step in steps(path):
        assert "${{" not in step.get("run", "")


@every_workflow
def test_permissions_are_minimal_and_keyless(path):
    assert load(path)["permissions"] == {"contents": "read"}
    for job in jobs(path).values():
        assert job.get("permissions", {"contents": "read"}) in (
            {"contents": "read"},
            {"contents": "read", "id-token": "write"},
        )
    text = path.read_text()
    assert "credentials_json" not in text
    assert "pull_request_target" not in text
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@every_workflow
def test_every_job_has_a_timeout(path):
    assert all("timeout-minutes" in job for job in jobs(path).values() if "steps" in job)


@every_workflow
def test_accounts_are_created_by_terraform(path):
    trust = (ROOT / "infra" / "modules" / "delivery" / "main.tf").read_text()
    assert {name for name in ACCOUNTS if re.search(rf"^ *{name} += \{{ desc", trust, re.MULTILINE)} == ACCOUNTS
    for job in jobs(path).values():
        for step in job.get("steps", []):
            if step.get("uses") == "./.github/actions/environment":
                account = step["with"]["account"]
                assert set(step["with"]) == set(load(ACTION)["inputs"])
                # Exactly the jobs of the environment may apply; other tokens name a branch or pull request.
                assert ("environment" in job) is (account == "ci-deploy")
                assert job["permissions"]["id-token"] == "write"


def test_a_change_is_tested_then_built_then_deployed():
    deploy = jobs(ROOT / ".github" / "workflows" / "deploy.yml")
    assert deploy["build"]["needs"] == "test"
    assert deploy["deploy"]["needs"] == "build"
    assert load(ROOT / ".github" / "workflows" / "deploy.yml")["on"]["push"] == {"branches": ["main"]}


def test_a_deployment_migrates_applies_and_runs_the_smoke_test():
    recipe = MAKEFILE.split("\ndeploy: ")[1].split("\n\n")[0]
    prerequisites, *commands = recipe.splitlines()
    assert prerequisites.startswith("deploy-db ")
    order = [re.search(r"tools\.(\S+)", command) for command in commands]
    assert [match and match[1] for match in order] == ["deploy", "deploy_db", "smoke", "deploy"]
    assert "apply" in commands[0]
    assert "verified" in commands[-1]


def test_production_runs_what_staging_ran_by_the_reviewed_plan():
    promote = jobs(ROOT / ".github" / "workflows" / "promote.yml")
    text = (ROOT / ".github" / "workflows" / "promote.yml").read_text()
    assert "make build" not in text
    assert promote["plan"]["needs"] == "promote"
    assert promote["deploy"]["needs"] == "plan"
    assert promote["deploy"]["environment"] == "production"
    commands = {name: " ".join(step.get("run", "") for step in job["steps"]) for name, job in promote.items()}
    assert "make promote" in commands["promote"]
    file = re.search(r"make plan PLAN=(\S+)", commands["plan"])
    assert file is not None
    assert f"make deploy PLAN={file[1]}" in commands["deploy"]
    deploy = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    assert "production" not in deploy.replace(
        "# Every push to main is built once and deployed to staging. Production", ""
    )


def test_a_rollback_runs_the_smoke_test():
    recipe = MAKEFILE.split("\nrollback: ")[1].split("\n\n")[0]
    assert "tools.deploy rollback" in recipe
    assert "tools.smoke" in recipe


def test_images_are_signed_before_the_release_is_handed_on_and_verified_before_a_promotion():
    names = [step["name"] for step in jobs(ROOT / ".github" / "workflows" / "deploy.yml")["build"]["steps"]]
    order = ["Write the bill of materials", "Install cosign", "Upload the release"]
    assert sorted(order, key=names.index) == order
    assert "make sign" in (ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    assert "cosign-installer" in (ROOT / ".github" / "workflows" / "promote.yml").read_text()


def test_every_supported_python_is_tested():
    supported = re.search(r"^versions='(.+)'", (ROOT / "local" / "check_machine.sh").read_text(), re.MULTILINE)
    assert supported
    matrix = jobs(ROOT / ".github" / "workflows" / "test.yml")["test"]["strategy"]["matrix"]
    assert sorted(matrix["python"]) == sorted(supported[1].split())


def test_other_systems_are_tried_and_may_fail():
    others = jobs(ROOT / ".github" / "workflows" / "test.yml")["other-systems"]
    assert others["continue-on-error"] is True
    systems = others["strategy"]["matrix"]["system"]
    assert [any(word in system for system in systems) for word in ("macos", "arm")] == [True, True]
    assert "make wheels" in (ROOT / ".github" / "workflows" / "test.yml").read_text()


def test_dependabot_updates_every_lock():
    updates = load(ROOT / ".github" / "dependabot.yml")["updates"]
    folders = {update["package-ecosystem"]: update.get("directories") for update in updates}
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    for ecosystem, lock in (("pip", "requirements.txt"), ("npm", "package-lock.json")):
        assert sorted(folders[ecosystem]) == sorted(f"/{Path(file).parent}" for file in tracked if file.endswith(lock))


def test_dependabot_updates_every_pinned_image_action_and_provider():
    updates = {update["package-ecosystem"]: update for update in load(ROOT / ".github" / "dependabot.yml")["updates"]}
    assert Path(updates["docker"]["directory"]) == Path("/") / BASE.parent.relative_to(ROOT)
    assert "dockerfile" in BASE.name.lower()  # by which Dependabot knows it
    assert updates["docker-compose"]["directory"] == "/"
    assert sorted(updates["github-actions"]["directories"]) == ["/", f"/{ACTION.parent.relative_to(ROOT)}"]
    assert updates["terraform"]["directory"] == "/infra"


def test_every_image_is_built_and_scanned_with_each_change_and_its_base_daily():
    job = jobs(ROOT / ".github" / "workflows" / "test.yml")["image"]
    assert sorted(job["strategy"]["matrix"]["image"]) == sorted(DOCKERFILES)
    scanned = [step["with"]["image-ref"] for step in job["steps"] if "trivy" in step.get("uses", "")]
    assert scanned == ["localhost/jangbogi/${{ matrix.image }}:checked"]
    daily = ROOT / ".github" / "workflows" / "vulnerabilities.yml"
    assert load(daily)["on"]["schedule"]
    steps_of_base = jobs(daily)["base"]["steps"]
    (find,) = (step["run"] for step in steps_of_base if step.get("id") == "base")
    found = subprocess.check_output(find.partition(">>")[0], shell=True, cwd=ROOT, text=True)
    assert found.strip() == f"image={shipped_base().removeprefix('docker.io/library/')}"
    assert steps_of_base[-1]["with"]["image-ref"] == "${{ steps.base.outputs.image }}"
