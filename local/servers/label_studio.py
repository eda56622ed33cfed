"""Label Studio, where annotators label the names that the model is unsure of.

It has its own Python environment, because its pinned dependencies contradict ours. Usage statistics, crash reports and
update checks are off.

    python -m local.servers.label_studio     create the empty database that each new server copies
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.files import write_private
from local.processes.service import Service, ServiceError, answers, free_port

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / ".local" / "label_studio"
PROGRAM = INSTALLED / "bin" / "label-studio"
DATABASE = "label_studio.sqlite3"
# Creating the tables takes most of a minute, so it is part of the installation.
EMPTY_DATABASE = INSTALLED / "empty.sqlite3"
ADMIN = "admin@example.com"
QUIET = {
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "FEATURE_FLAGS_OFFLINE": "true",
}
START_TIMEOUT_S = 300
TIMEOUT_S = 60


@dataclass
class LabelStudio:
    """A running server.

    Attributes:
        url: of the user interface and the API.
        token: personal access token of the administrator.
        email, password: the administrator's credentials.
    """

    url: str
    token: str
    email: str
    password: str
    service: Service

    @classmethod
    def start(cls, directory: Path, log: Path, environment: Mapping[str, str] | None = None) -> LabelStudio:
        """Start and return once the server answers.

        Args:
            directory: for the database (SQLite), uploads and the account; a second start uses the same.
            log: receives the server's output.
            environment: added to this process's environment.

        Raises:
            ServiceError: Label Studio is not installed, or did not start.
        """
        if not EMPTY_DATABASE.exists():
            raise ServiceError(f"Label Studio is not installed in {INSTALLED}; `make mlops` installs it.")
        directory.mkdir(parents=True, exist_ok=True)
        if not (directory / DATABASE).exists():
            _copy(EMPTY_DATABASE, directory / DATABASE)
        account = _Account.stored_in(directory / "account.json")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        service = Service(
            name="label_studio",
            command=[str(PROGRAM), "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)],
            environment={
                **QUIET,
                "BASE_DATA_DIR": str(directory.resolve()),
                "LABEL_STUDIO_USERNAME": account.email,
                "LABEL_STUDIO_PASSWORD": account.password,
                "DISABLE_SIGNUP_WITHOUT_LINK": "true",
                **(environment or {}),
            },
            log=log,
            ready=answers(f"{url}/health"),
            timeout_s=START_TIMEOUT_S,
            folder=directory,
        )
        service.start_and_wait()
        try:
            if not account.token:
                account.token = sign_in(url, account.email, account.password)
                account.store(directory / "account.json")
        except BaseException:
            service.stop()
            raise
        return cls(url, account.token, account.email, account.password, service)

    def add_annotator(self, email: str, password: str) -> str:
        """Sign an annotator up through the invitation link, as its page does. Returns the annotator's token."""
        with httpx.Client(base_url=self.url, timeout=TIMEOUT_S) as browser:
            refreshed = browser.post("/api/token/refresh/", json={"refresh": self.token}).raise_for_status()
            bearer = {"Authorization": f"Bearer {refreshed.json()['access']}"}
            link = browser.get("/api/invite", headers=bearer).raise_for_status().json()["invite_url"]
        return sign_in(self.url, email, password, link)

    def stop(self) -> None:
        """Stop the server; the data stays."""
        self.service.stop()


def sign_in(url: str, email: str, password: str, path: str = "/user/login/") -> str:
    """Submit the form at `path` and create a personal access token, which Label Studio shows only once.

    Raises:
        ServiceError: the form or the token was refused.
    """
    with httpx.Client(base_url=url, timeout=TIMEOUT_S) as browser:
        browser.get(path).raise_for_status()
        form = {"email": email, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        entered = browser.post(path, data=form, headers={"Referer": url})
        if not entered.has_redirect_location:
            raise ServiceError(f"Label Studio refused to sign {email} in.")
        proof = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": url}
        answer = browser.post("/api/token/", headers=proof)
        if not answer.is_success:
            raise ServiceError(f"Label Studio created no token for {email}: {answer.text}")
        return str(answer.json()["token"])


def create_empty_database() -> None:
    """Create EMPTY_DATABASE with the installed Label Studio.

    Raises:
        ServiceError: its migrations failed.
    """
    manage = next(INSTALLED.glob("lib/python*/site-packages/label_studio/manage.py"))
    with tempfile.TemporaryDirectory(dir=INSTALLED) as folder:
        migration = subprocess.run(
            [str(INSTALLED / "bin" / "python"), str(manage), "migrate", "--verbosity", "0"],
            env={**os.environ, **QUIET, "BASE_DATA_DIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if migration.returncode:
            raise ServiceError(f"Label Studio could not create its tables.\n{migration.stdout[-2000:]}")
        _copy(Path(folder) / DATABASE, EMPTY_DATABASE)


def _copy(source: Path, target: Path) -> None:
    """Copy a file atomically."""
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as unfinished:
        shutil.copyfile(source, unfinished.name)
    Path(unfinished.name).replace(target)


@dataclass
class _Account:
    """The administrator, created on the first start and stored for later ones."""

    email: str
    password: str
    token: str = ""

    @classmethod
    def stored_in(cls, file: Path) -> _Account:
        if not file.exists():
            cls(ADMIN, secrets.token_urlsafe(18)).store(file)
        return cls(**json.loads(file.read_text()))

    def store(self, file: Path) -> None:
        write_private(file, json.dumps({"email": self.email, "password": self.password, "token": self.token}))


if __name__ == "__main__":
    try:
        create_empty_database()
    except ServiceError as error:
        sys.exit(str(error))
