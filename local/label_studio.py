"""Label Studio, where annotators look at what the model is unsure of. It has an environment of its own: its pins clash.

Nothing leaves the machine: usage figures, crash reports and the look for updates are off.

    python -m local.label_studio     make the empty database that each new server takes a copy of
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
from local.service import Service, ServiceError, answers, free_port

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = ROOT / ".local" / "label_studio"
PROGRAM = INSTALLED / "bin" / "label-studio"
DATABASE = "label_studio.sqlite3"
# Making the tables takes most of a minute, so it is part of the installation.
EMPTY_DATABASE = INSTALLED / "empty.sqlite3"
ADMIN = "admin@example.com"
QUIET = {
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "FEATURE_FLAGS_OFFLINE": "true",
}
PATIENCE_S = 300
TIMEOUT_S = 60


@dataclass
class LabelStudio:
    """A running server.

    Attributes:
        url: where people sign in and the API answers.
        token: personal access token of the administrator.
        email, password: what the administrator signs in with.
    """

    url: str
    token: str
    email: str
    password: str
    service: Service

    @classmethod
    def start(cls, directory: Path, log: Path, environment: Mapping[str, str] | None = None) -> LabelStudio:
        """Start on `directory`, which holds database (SQLite), uploads and account, and return once it answers.

        Raises:
            ServiceError: Label Studio is not installed, or did not start.
        """
        if not EMPTY_DATABASE.exists():
            raise ServiceError(f"Label Studio is not installed in {INSTALLED}; `make mlops` installs it.")
        directory.mkdir(parents=True, exist_ok=True)
        if not (directory / DATABASE).exists():
            _copy(EMPTY_DATABASE, directory / DATABASE)
        account = _Account.kept_in(directory / "account.json")
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
            patience_s=PATIENCE_S,
            folder=directory,
        )
        service.start()
        try:
            service.wait()
            if not account.token:
                account.token = sign_in(url, account.email, account.password)
                account.keep(directory / "account.json")
        except BaseException:
            service.stop()
            raise
        return cls(url, account.token, account.email, account.password, service)

    def add_annotator(self, email: str, password: str) -> str:
        """Sign somebody up through the invitation link, as the link's page does. Returns a token of theirs."""
        with httpx.Client(base_url=self.url, timeout=TIMEOUT_S) as browser:
            refreshed = browser.post("/api/token/refresh/", json={"refresh": self.token}).raise_for_status()
            bearer = {"Authorization": f"Bearer {refreshed.json()['access']}"}
            link = browser.get("/api/invite", headers=bearer).raise_for_status().json()["invite_url"]
        return sign_in(self.url, email, password, link)

    def stop(self) -> None:
        """End it; the data stays."""
        self.service.stop()


def sign_in(url: str, email: str, password: str, path: str = "/user/login/") -> str:
    """Fill in the form at `path` and make a personal access token, which Label Studio shows only this once.

    Raises:
        ServiceError: the form or the token was refused.
    """
    with httpx.Client(base_url=url, timeout=TIMEOUT_S) as browser:
        browser.get(path).raise_for_status()
        form = {"email": email, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        entered = browser.post(path, data=form, headers={"Referer": url})
        if not entered.has_redirect_location:
            raise ServiceError(f"Label Studio did not let {email} in.")
        proof = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": url}
        made = browser.post("/api/token/", headers=proof)
        if not made.is_success:
            raise ServiceError(f"Label Studio made no token for {email}: {made.text}")
        return str(made.json()["token"])


def make_empty_database() -> None:
    """Make EMPTY_DATABASE with the Label Studio that is installed. Raises: ServiceError."""
    manage = next(INSTALLED.glob("lib/python*/site-packages/label_studio/manage.py"))
    with tempfile.TemporaryDirectory(dir=INSTALLED) as folder:
        done = subprocess.run(
            [str(INSTALLED / "bin" / "python"), str(manage), "migrate", "--verbosity", "0"],
            env={**os.environ, **QUIET, "BASE_DATA_DIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServiceError(f"Label Studio could not make its tables.\n{done.stdout[-2000:]}")
        _copy(Path(folder) / DATABASE, EMPTY_DATABASE)


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that nobody sees half of it."""
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as unfinished:
        shutil.copyfile(source, unfinished.name)
    Path(unfinished.name).replace(target)


@dataclass
class _Account:
    """The administrator, made on the first start and kept for the next ones."""

    email: str
    password: str
    token: str = ""

    @classmethod
    def kept_in(cls, file: Path) -> _Account:
        if not file.exists():
            cls(ADMIN, secrets.token_urlsafe(18)).keep(file)
        return cls(**json.loads(file.read_text()))

    def keep(self, file: Path) -> None:
        write_private(file, json.dumps({"email": self.email, "password": self.password, "token": self.token}))


if __name__ == "__main__":
    try:
        make_empty_database()
    except ServiceError as error:
        sys.exit(str(error))
