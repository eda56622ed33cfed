"""`make setup` on machines that lack something, which stub commands on an otherwise empty PATH stand for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ("make", "sh", "id", "grep", "ls")
MACHINE = {
    "uname": 'case "$1" in -s) echo Linux;; *) echo x86_64;; esac',
    "ldd": "echo 'ldd (GNU libc) 2.36'",
    "git": "exit 0",
    "python3.11": "echo 3.11",
}
NO_PYTHON = {name: script for name, script in MACHINE.items() if name != "python3.11"}


def check(folder: Path, commands: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the check as make does, with these commands and a few tools of the system, where nothing is set up."""
    path, clone = folder / "bin", folder / "장보기 clone"
    path.mkdir()
    for tool in TOOLS:
        program = shutil.which(tool)
        assert program
        (path / tool).symlink_to(program)
    for name, script in commands.items():
        (path / name).write_text(f"#!/bin/sh\n{script}\n")
        (path / name).chmod(0o755)
    (clone / "local").mkdir(parents=True)
    for name in ("Makefile", "local/check_machine.sh"):
        shutil.copy(ROOT / name, clone / name)
    command = ["make", "--no-print-directory", "check-machine"]
    return subprocess.run(command, cwd=clone, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_a_suitable_machine_is_accepted(tmp_path: Path) -> None:
    done = check(tmp_path, MACHINE)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        (NO_PYTHON | {"apt-get": ""}, ["Python 3.11 is not installed", "apt-get install python3 python3-venv"]),
        (
            NO_PYTHON | {"python3": "echo 3.9", "apt-get": "", "apt-cache": "echo '  Candidate: 3.11.2-6'"},
            ["python3 is Python 3.9", "apt-get install python3.11 python3.11-venv"],
        ),
        (
            NO_PYTHON | {"python3": "echo 3.13", "apt-get": "", "apt-cache": "echo '  Candidate: (none)'"},
            [
                "python3 is Python 3.13",
                "apt-get install pipx",
                "pipx run uv python install 3.11",
                'make demo PYTHON="$(pipx run uv python find 3.11)"',
            ],
        ),
        (NO_PYTHON | {"python3": "echo 3.14", "uv": "exit 2", "apt-get": ""}, ["uv python install 3.11"]),
        (NO_PYTHON | {"python3.11": "exit 127", "pyenv": "", "apt-get": ""}, ["pyenv install 3.11"]),
        (NO_PYTHON | {"python3": "echo 3.13", "dnf": ""}, ["dnf install python3.11"]),
        (NO_PYTHON | {"zypper": ""}, ["zypper install python311"]),
        (NO_PYTHON | {"pacman": ""}, ["pacman -S uv", "uv python install 3.11"]),
        (NO_PYTHON | {"brew": ""}, ["brew install python@3.11"]),
        (NO_PYTHON, ["Python 3.11 is not installed", "https://docs.astral.sh/uv/"]),
        (MACHINE | {"python3.11": '[ "$2" = "import ensurepip, venv" ] && exit 1; echo 3.11'}, ["python3.11-venv"]),
        ({name: script for name, script in MACHINE.items() if name != "git"}, ["git is not installed"]),
        (
            MACHINE | {"uname": "[ $1 = -s ] && echo Darwin || echo arm64"},
            ["Darwin on arm64", "--platform linux/amd64"],
        ),
        (MACHINE | {"uname": "[ $1 = -s ] && echo Linux || echo aarch64"}, ["Linux on aarch64", "linux/amd64"]),
        (MACHINE | {"ldd": "echo 'musl libc (x86_64)' >&2; exit 1"}, ["musl", "python:3.11-bookworm"]),
    ],
)
def test_the_message_names_the_command_that_helps(tmp_path: Path, commands: dict[str, str], words: list[str]) -> None:
    done = check(tmp_path, commands)
    assert done.returncode != 0
    assert [word for word in words if word not in done.stderr] == [], done.stderr
    assert "sh:" not in done.stderr


def test_python_that_only_uv_knows_is_found(tmp_path: Path) -> None:
    python = tmp_path / "managed" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho 3.11\n")
    python.chmod(0o755)
    commands = NO_PYTHON | {"python3": "echo 3.13", "uv": f'echo "{python}"'}
    done = check(tmp_path, commands)
    assert (done.returncode, done.stderr) == (0, "")
