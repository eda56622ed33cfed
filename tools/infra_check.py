"""Check infra/: format, validity, tests and policies of the Terraform code, and the tables generated from it.

Checks that cannot run on this machine are skipped and listed at the end. If Terraform's provider plugins cannot be
downloaded, set TERRAFORM_CHECK to a command that initialises, validates and tests the folder in its argument.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools import infra_costs, infra_docs
from tools.commands import ROOT

INFRA = ROOT / "infra"
POLICIES = INFRA / "policies"
EXAMPLES = POLICIES / "examples"
# Terraform's messages when the registry, not our code, is the cause of a failure.
NO_REGISTRY = re.compile(
    r"could not connect to registry|Failed to query available provider packages|no available releases"
)


class Skipped(Exception):
    """The check cannot run on this machine; the message says why."""


class Failed(Exception):
    """The check failed; the message is its output."""


def terraform(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run Terraform in infra/. Raises: Skipped."""
    if shutil.which("terraform") is None:
        raise Skipped("terraform is not installed")
    # Ignore the machine's CLI configuration, which may redirect the provider registry.
    environment = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | (environment or {})
    return subprocess.run(
        ["terraform", f"-chdir={INFRA}", *arguments], env=environment, text=True, capture_output=True, check=False
    )


def expect_success(process: subprocess.CompletedProcess[str]) -> None:
    """Raises: Failed with the output if the exit status is not 0."""
    if process.returncode:
        raise Failed((process.stdout + process.stderr).strip())


def formatted() -> None:
    """terraform fmt"""
    expect_success(terraform("fmt", "-check", "-diff", "-recursive"))


def valid_and_tested() -> None:
    """terraform init, validate and test"""
    if command := os.environ.get("TERRAFORM_CHECK"):
        expect_success(subprocess.run([*shlex.split(command), str(INFRA)], text=True, capture_output=True, check=False))
        return
    with tempfile.TemporaryDirectory() as data:
        environment = {"TF_DATA_DIR": data, "TF_IN_AUTOMATION": "1"}
        init = terraform("init", "-backend=false", "-input=false", "-no-color", environment=environment)
        if init.returncode and NO_REGISTRY.search(init.stderr):
            raise Skipped("provider plugins cannot be downloaded; set TERRAFORM_CHECK")
        expect_success(init)
        expect_success(terraform("validate", environment=environment))
        expect_success(terraform("test", environment=environment))


def checkov(*arguments: str) -> dict[str, Any]:
    """Results of checkov with its own policies and ours. Raises: Skipped, Failed."""
    # In its own environment: checkov's dependencies conflict with ours.
    program = (
        os.environ.get("CHECKOV") or shutil.which("checkov") or str(ROOT / ".local" / "checkov" / "bin" / "checkov")
    )
    if shutil.which(program) is None:
        raise Skipped(
            "checkov is not installed (python3 -m venv .local/checkov && .local/checkov/bin/pip install checkov)"
        )
    process = subprocess.run(
        [program, "--framework", "terraform", "--skip-download", "--external-checks-dir", str(POLICIES),
         "--output", "json", *arguments],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    try:
        results: dict[str, Any] = json.loads(process.stdout)["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise Failed(process.stdout + process.stderr) from error
    return results


def policies_hold() -> None:
    """checkov on infra/"""
    skip = [part for folder in (EXAMPLES, INFRA / "tests") for part in ("--skip-path", str(folder.relative_to(INFRA)))]
    results = checkov("--directory", str(INFRA), *skip)
    problems = [
        f"{c['check_id']} {c['check_name']}: {c['resource']} ({c['file_path']})" for c in results["failed_checks"]
    ]
    problems += [f"{path} could not be read" for path in results["parsing_errors"]]
    if problems:
        raise Failed("\n".join(problems))


def policies_catch() -> None:
    """our policies catch exactly their bad examples"""
    results = checkov("--directory", str(EXAMPLES))
    problems = []
    for policy in sorted(POLICIES.glob("*.yaml")):
        identity = re.search(r"^  id: (\S+)$", policy.read_text(), re.MULTILINE)
        example = EXAMPLES / f"{policy.stem}.tf"
        if identity is None or not example.exists():
            problems.append(f"{policy.name} has no id or no example")
            continue
        resources = {
            f"{kind}.{name}"
            for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', example.read_text(), re.MULTILINE)
        }
        bad = {name for name in resources if name.split(".")[1].startswith("bad")}
        caught = {
            check["resource"]
            for check in results["failed_checks"]
            if check["check_id"] == identity[1] and Path(check["file_path"]).name == example.name
        }
        if not bad or caught != bad:
            problems.append(f"{policy.name} should catch {sorted(bad)} and caught {sorted(caught)}")
    if problems:
        raise Failed("\n".join(problems))


def tables_current() -> None:
    """tables in infra/README.md and docs/deploy.md"""
    stale = [module.__name__ for module in (infra_docs, infra_costs) if not module.is_current()]
    if stale:
        raise Failed("\n".join(f"run python3 -m {name}" for name in stale))


CHECKS: list[Callable[[], None]] = [formatted, valid_and_tested, policies_hold, policies_catch, tables_current]


def main() -> int:
    argparse.ArgumentParser(prog="python -m tools.infra_check", description=__doc__).parse_args()
    skipped, failed = [], 0
    for check in CHECKS:
        try:
            check()
            print(f"ok       {check.__doc__}", flush=True)
        except Skipped as reason:
            skipped.append(f"skipped  {check.__doc__}: {reason}")
        except Failed as reason:
            failed += 1
            print(f"FAILED   {check.__doc__}\n{reason}", flush=True)
    print(*skipped, sep="\n", end="\n" if skipped else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
