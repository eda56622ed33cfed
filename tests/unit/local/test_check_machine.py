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
    "python3": "echo 3.12",
}
NO_PYTHON = {name: script for name, script in MACHINE.items() if name != "python3"}


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


@pytest.mark.parametrize(
    "commands",
    [
        *(NO_PYTHON | {"python3": f"echo {version}"} for version in ("3.11", "3.12", "3.13")),
        # The machine's default does not suit, or is a command of pyenv that does not run.
        *(NO_PYTHON | {"python3": "echo 3.14", f"python{version}": f"echo {version}"} for version in ("3.11", "3.13")),
        NO_PYTHON | {"python3": "exit 127", "python3.13": "exit 127", "python3.12": "echo 3.12"},
    ],
)
def test_a_suitable_machine_is_accepted(tmp_path: Path, commands: dict[str, str]) -> None:
    result = check(tmp_path, commands)
    assert (result.returncode, result.stderr) == (0, "")


def test_an_untested_processor_is_accepted_with_a_note(tmp_path: Path) -> None:
    result = check(tmp_path, MACHINE | {"uname": "[ $1 = -s ] && echo Linux || echo aarch64"})
    assert result.returncode == 0
    assert "arm64 is not tested" in result.stderr
    assert "--platform linux/amd64" in result.stderr


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        (
            NO_PYTHON | {"apt-get": ""},
            ["no Python is installed", "apt-get update", "apt-get install python3 python3-venv"],
        ),
        (
            NO_PYTHON | {"python3": "echo 3.9", "apt-get": "", "apt-cache": "echo '  Candidate: 3.11.2-6'"},
            ["python3 is Python 3.9, which is too old", "apt-get install python3.13 python3.13-venv"],
        ),
        (
            NO_PYTHON | {"python3": "echo 3.14", "apt-get": "", "apt-cache": "echo '  Candidate: (none)'"},
            [
                "python3 is Python 3.14, which is too new",
                "apt-get install pipx",
                "pipx run uv python install 3.13",
                'make demo PYTHON="$(pipx run uv python find 3.13)"',
            ],
        ),
        (NO_PYTHON | {"python3": "echo 3.14", "uv": "exit 2", "apt-get": ""}, ["uv python install 3.13"]),
        (NO_PYTHON | {"python3": "exit 127", "pyenv": "", "apt-get": ""}, ["no Python", "pyenv install 3.13"]),
        (NO_PYTHON | {"python3": "echo 3.14", "dnf": ""}, ["too new", "dnf install python3.13"]),
        (NO_PYTHON | {"zypper": ""}, ["zypper install python313"]),
        (NO_PYTHON | {"pacman": ""}, ["pacman -S uv", "uv python install 3.13"]),
        (NO_PYTHON | {"brew": ""}, ["brew install python@3.13"]),
        (NO_PYTHON | {"python3": "echo 2.18"}, ["Python 3.11 to 3.13", "Python 2.18, which is too old"]),
        (NO_PYTHON | {"python3": "echo 4.0"}, ["Python 3.11 to 3.13", "Python 4.0, which is too new"]),
        (NO_PYTHON, ["no Python is installed", "https://docs.astral.sh/uv/"]),
        (MACHINE | {"python3": '[ "$2" = "import ensurepip, venv" ] && exit 1; echo 3.12'}, ["python3.12-venv"]),
        ({name: script for name, script in MACHINE.items() if name != "git"}, ["git is not installed"]),
        (
            MACHINE | {"uname": "[ $1 = -s ] && echo Darwin || echo arm64"},
            ["Darwin on arm64", "memfd_create", "--platform linux/amd64"],
        ),
        (MACHINE | {"uname": "[ $1 = -s ] && echo Linux || echo riscv64"}, ["Linux on riscv64", "linux/amd64"]),
        (MACHINE | {"ldd": "echo 'musl libc (x86_64)' >&2; exit 1"}, ["musl", "python:3.13-trixie"]),
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
    python.write_text("#!/bin/sh\necho 3.13\n")
    python.chmod(0o755)
    commands = NO_PYTHON | {"python3": "echo 3.14", "uv": f'echo "{python}"'}
    done = check(tmp_path, commands)
    assert (done.returncode, done.stderr) == (0, "")
