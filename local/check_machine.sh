#!/bin/sh
# Checks that this machine can run the project, and says which command helps where it cannot.
# Usage: check_machine.sh PYTHON      the interpreter that make found, or an empty string
# POSIX shell, because it runs where Python is missing.
set -u
python=$1

fail() { printf '%s\n' "$@" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

sudo=
[ "$(id -u)" = 0 ] || ! has sudo || sudo='sudo '

# The packages that everything is installed from exist for this platform alone.
system=$(uname -s) machine=$(uname -m)
container='docker run -it --platform linux/amd64 -v "$PWD:/jangbogi" -w /jangbogi python:3.11-bookworm bash'
if [ "$system $machine" != 'Linux x86_64' ]; then
    fail "This project runs on Linux on x86-64 only; this machine is $system on $machine." \
        'Use a Linux machine, a virtual machine, or a container that emulates one (slow):' "  $container"
fi
if ldd --version 2>&1 | grep -qi musl; then
    fail 'This project needs a Linux with glibc; this one has musl, as Alpine does.' \
        'Use Debian, Ubuntu or Fedora, for example in a container:' "  $container"
fi

has git || fail 'git is not installed. Install it with your package manager:' \
    "  ${sudo}apt-get install git    (Debian, Ubuntu)" "  ${sudo}dnf install git        (Fedora, RHEL)"

version=
[ -z "$python" ] || version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
if [ "$version" != 3.11 ]; then
    if [ -n "$version" ]; then
        problem="Python 3.11 is needed; $python is Python $version."
    else
        problem='Python 3.11 is not installed.'
    fi
    if has uv; then
        fail "$problem Install it with uv:" '  uv python install 3.11'
    elif has pyenv; then
        fail "$problem Install it with pyenv:" '  pyenv install 3.11' \
            '  make demo PYTHON="$(pyenv prefix 3.11)/bin/python"'
    elif has apt-get && [ -z "$version" ]; then
        fail "$problem On Debian 12:" "  ${sudo}apt-get install python3 python3-venv" \
            'Other releases of Debian and Ubuntu have another Python; then run this command again for the next step.'
    elif has apt-get && apt-cache policy python3.11 2>/dev/null | grep -q 'Candidate: [0-9]'; then
        fail "$problem Install it beside the other:" "  ${sudo}apt-get install python3.11 python3.11-venv"
    elif has apt-get; then
        fail "$problem This release of Debian or Ubuntu has no package of it; uv has:" \
            "  ${sudo}apt-get install pipx" '  pipx run uv python install 3.11' \
            '  make demo PYTHON="$(pipx run uv python find 3.11)"'
    elif has dnf; then
        fail "$problem Install it:" "  ${sudo}dnf install python3.11"
    elif has zypper; then
        fail "$problem Install it:" "  ${sudo}zypper install python311"
    elif has pacman; then
        fail "$problem Arch Linux has no package of it; uv has:" "  ${sudo}pacman -S uv" '  uv python install 3.11'
    elif has brew; then
        fail "$problem Install it:" '  brew install python@3.11'
    else
        fail "$problem Install uv (https://docs.astral.sh/uv/getting-started/installation/), then:" \
            '  uv python install 3.11'
    fi
fi

"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "The venv module of $python is incomplete." \
    "On Debian or Ubuntu:" "  ${sudo}apt-get install python3.11-venv"
