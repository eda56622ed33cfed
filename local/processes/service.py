"""One process of the local stack: start it, wait until it answers, stop it. Its output goes to a file."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from local.processes.unprivileged import OWN, Account

STACK_VARIABLE = "JANGBOGI_STACK"
"""Environment variable of every process of a stack. A later run finds by it what a crashed run left behind."""
POLL_S = 0.05
PORTS = range(20_000, 32_000)


class ServiceError(Exception):
    """A process did not start or ended unexpectedly; the text contains the end of its log."""


def free_port() -> int:
    """A TCP port on the loopback interface that no process listens on at the moment.

    Random, so that several stacks can start at once, and below the ports that Linux gives to outgoing connections, so
    that no connection takes the port before the server that it is meant for.

    Raises:
        ServiceError: no port is free.
    """
    for port in secrets.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServiceError(f"No free TCP port was found between {PORTS.start} and {PORTS.stop}.")


def answers(url: str, status: int = 200) -> Callable[[], bool]:
    """A readiness check: whether `url` answers with that status."""

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
        name: shown to users and used for the log file.
        command: argument list.
        environment: added to this process's environment.
        log: file that receives standard output and standard error.
        ready: readiness check, polled until it returns true.
        timeout_s: limit on the time until the process is ready, seconds.
        folder: its working folder; by default this process's.
        account: the account that it runs in; by default this process's.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    ready: Callable[[], bool] = lambda: True
    timeout_s: float = 120
    folder: Path | None = None
    account: Account = OWN
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the process in a new session, so that Ctrl-C reaches it only through `stop`."""
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
        """Return once the process is ready.

        Raises:
            ServiceError: the process ended, or was not ready within `timeout_s`.
        """
        deadline = time.monotonic() + self.timeout_s
        while not self.ready():
            if not self.running:
                raise ServiceError(f"{self.name} ended while starting.\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} was not ready after {self.timeout_s:g} s.\n{self.log_end()}")
            time.sleep(POLL_S)

    def start_and_wait(self) -> None:
        """Start the process and return once it is ready; a start that fails leaves no process behind.

        Raises:
            ServiceError: see `wait`.
        """
        self.start()
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout_s: float = 10) -> None:
        """Terminate the process and its children, and kill those that have not ended after `timeout_s` seconds."""
        if self.process is None:
            return
        children = self._children()
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        end(children, timeout_s)
        self.process = None

    def kill(self) -> None:
        """Kill the process and its children at once, as a crash would."""
        if self.process is None:
            return
        children = self._children()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        psutil.wait_procs(children, timeout=5)
        self.process = None

    def _children(self) -> list[psutil.Process]:
        if self.process is None:
            return []
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def log_end(self, lines: int = 20) -> str:
        """The path of the log and its last lines."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([f"The end of {self.log}:", *text.splitlines()[-lines:]])


def end(processes: Sequence[psutil.Process], timeout_s: float = 10) -> None:
    """Terminate processes, some of which may have ended already, and kill the rest after `timeout_s` seconds."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=timeout_s)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=timeout_s)


def end_leftovers(stack_dir: Path) -> int:
    """End the processes that a crashed run on `stack_dir` left behind. Returns their number."""
    leftovers = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(STACK_VARIABLE) == str(stack_dir):
                leftovers.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, OSError):
            continue
    end(leftovers)
    return len(leftovers)
