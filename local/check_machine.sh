#!/bin/sh
# Checks that this machine can run the project, and says which command helps where it cannot.
# Usage: check_machine.sh --find-python   prints a suitable interpreter, else any interpreter, else nothing
#        check_machine.sh PYTHON          checks the machine and this interpreter, which may be an empty string
# POSIX shell, because it runs where Python is missing.
set -u
versions='3.13 3.12 3.11'  # the newest first
newest=${versions%% *} oldest=${versions##* }

fail() { printf '%s\n' "$@" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }
supported() { case " $versions " in *" $1 "*) ;; *) return 1;; esac; }

# The environment's own interpreter comes first, so that a Python installed later does not rebuild the environment. Next
# is the machine's default. A command may exist and not run: pyenv has one for each version that it knows.
find_python() {
    for candidate in .venv/bin/python python3 $(for each in $versions; do echo "python$each"; done); do
        if path=$(command -v "$candidate") && supported "$(version_of "$path")"; then echo "$path"; return; fi
    done
    if has uv; then
        for each in $versions; do
            if path=$(uv python find --no-python-downloads "$each" 2>/dev/null); then echo "$path"; return; fi
        done
    fi
    command -v python3
}

if [ "$1" = --find-python ]; then find_python; exit; fi
python=$1

sudo=
[ "$(id -u)" = 0 ] || ! has sudo || sudo='sudo '

container="docker run -it --platform linux/amd64 -v \"\$PWD:/jangbogi\" -w /jangbogi python:$newest-trixie bash"
system=$(uname -s) machine=$(uname -m)
case "$system $machine" in
    'Linux x86_64') ;;
    'Linux aarch64')
        printf '%s\n' 'Linux on arm64 is not tested. Paddle, the alternative recognition engine, has no package for it.' \
            'If something fails, use a container that emulates x86-64 (slow):' "  $container" >&2 ;;
    Darwin*)
        fail "This project runs on Linux only; this machine is $system on $machine." \
            'macOS lacks the interfaces that isolate the image decoder and the database (memfd_create, /proc).' \
            'Use a Linux virtual machine or a container (slow where it emulates x86-64):' "  $container" ;;
    *)
        fail "This project runs on Linux on x86-64, untested also on arm64; this machine is $system on $machine." \
            'Use another machine, a virtual machine, or a container that emulates one (slow):' "  $container" ;;
esac
if ldd --version 2>&1 | grep -qi musl; then
    fail 'This project needs a Linux with glibc; this one has musl, as Alpine does.' \
        'Use Debian, Ubuntu or Fedora, for example in a container:' "  $container"
fi

has git || fail 'git is not installed. Install it with your package manager:' \
    "  ${sudo}apt-get install git    (Debian, Ubuntu)" "  ${sudo}dnf install git        (Fedora, RHEL)"

version=
[ -z "$python" ] || version=$(version_of "$python")
if ! supported "$version"; then
    needed="Python $oldest to $newest"
    if [ -n "$version" ]; then
        age='too old'
        if [ "${version%%.*}" -gt 3 ] || { [ "${version%%.*}" = 3 ] && [ "${version#*.}" -gt "${newest#*.}" ]; }; then
            age='too new'
        fi
        problem="$needed is needed; $python is Python $version, which is $age."
    else
        problem="$needed is needed; no Python is installed."
    fi
    # The newest version that the package manager of Debian or Ubuntu has beside its default.
    package=
    if has apt-cache; then
        for each in $versions; do
            if apt-cache policy "python$each" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
                package=python$each
                break
            fi
        done
    fi
    if has uv; then
        fail "$problem Install one with uv:" "  uv python install $newest"
    elif has pyenv; then
        fail "$problem Install one with pyenv:" "  pyenv install $newest" \
            "  make demo PYTHON=\"\$(pyenv prefix $newest)/bin/python\""
    elif has apt-get && [ -n "$package" ]; then
        fail "$problem Install one:" "  ${sudo}apt-get install $package $package-venv"
    elif has apt-get && [ -z "$version" ]; then
        fail "$problem Install it:" "  ${sudo}apt-get update" "  ${sudo}apt-get install python3 python3-venv" \
            'If that Python is too old or too new, run this command again for the next step.'
    elif has apt-get; then
        fail "$problem This release of Debian or Ubuntu has no suitable package; uv has one:" \
            "  ${sudo}apt-get install pipx" "  pipx run uv python install $newest" \
            "  make demo PYTHON=\"\$(pipx run uv python find $newest)\""
    elif has dnf; then
        fail "$problem Install one:" "  ${sudo}dnf install python$newest"
    elif has zypper; then
        fail "$problem Install one:" "  ${sudo}zypper install python${newest%%.*}${newest#*.}"
    elif has pacman; then
        fail "$problem Arch Linux has no suitable package; uv has one:" "  ${sudo}pacman -S uv" \
            "  uv python install $newest"
    elif has brew; then
        fail "$problem Install one:" "  brew install python@$newest"
    else
        fail "$problem Install uv (https://docs.astral.sh/uv/getting-started/installation/), then:" \
            "  uv python install $newest"
    fi
fi

"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "The venv module of $python is incomplete." \
    "On Debian or Ubuntu:" "  ${sudo}apt-get install python$version-venv"
