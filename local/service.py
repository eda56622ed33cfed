"""One process of the local stack: started, awaited until it answers, stopped, its output in a file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from local.unprivileged import OWN, Account

# Every process of a stack carries this, so that a later run finds what a crashed one left behind.
STACK_VARIABLE = "JANGBOGI_STACK"


class ServiceError(Exception):
    """A process did not start or ended on its own; the text has the end of its log."""


def free_port() -> int:
    """A TCP port on the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, status: int = 200) -> Callable[[], bool]:
    """A readiness check: `url` answers with that status."""

    def check() -> bool:
        try:
            return requests.get(url, timeout=10).status_code == status
        except requests.ConnectionError:
            return False

    return check


@dataclass
class Service:
    """A child process.

    Attributes:
        name: shown to people and used for the log file.
        command: argument list.
        environment: added to this process's own.
        log: file that gets standard output and error.
        ready: whether it answers already; asked until it does.
        patience_s: how long it may take to answer, seconds.
        folder: its working folder, if not this process's own.
        account: what it runs as, if not this process's own account.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    ready: Callable[[], bool] = lambda: True
    patience_s: float = 60
    folder: Path | None = None
    account: Account = OWN
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the process, in a session of its own so that Ctrl-C reaches it only through `stop`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                cwd=self.folder,
                user=self.account.uid,
                group=self.account.gid,
                extra_groups=() if self.account.switches else None,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Return once it is ready. Raises: ServiceError if it ends or takes longer than `patience_s`."""
        deadline = time.monotonic() + self.patience_s
        while not self.ready():
            if not self.running:
                raise ServiceError(f"{self.name} ended while starting.\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} was not ready after {self.patience_s:g} s.\n{self.log_end()}")
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, patience_s: float = 10) -> None:
        """Ask it to end, then insist, its children included."""
        if self.process is None:
            return
        children = self._children()
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        end(children, patience_s)
        self.process = None

    def kill(self) -> None:
        """End it and its children at once, as a crash would."""
        if self.process is None:
            return
        children = self._children()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(children)
        self.process = None

    def _children(self) -> list[psutil.Process]:
        if self.process is None:
            return []
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def log_end(self, lines: int = 20) -> str:
        """The last lines of the log, with its path."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([f"The end of {self.log}:", *text.splitlines()[-lines:]])


def end(processes: Sequence[psutil.Process], patience_s: float = 10) -> None:
    """Terminate processes that may be gone already, and kill those that stay."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(processes, timeout=patience_s)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=patience_s)


def end_leftovers(stack_dir: Path) -> int:
    """End what a crashed run on `stack_dir` left behind. Returns how many processes that were."""
    left = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(STACK_VARIABLE) == str(stack_dir):
                left.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            continue
    end(left)
    return len(left)
