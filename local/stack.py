"""The local stack: every part of the product as a process of its own, wired together on free loopback ports.

    Postgres ◀── Supabase Lite (Data API, Auth, Storage) ◀── app, functions
       │ net.http_post queue
       ▼
    hints ──▶ receipt_uploaded ──▶ OCR service
    scheduler ──▶ receipt_sweep ──▶ OCR service
    app ──▶ category_feedback, barcode_lookup ──▶ Supabase Lite

Everything that a stack writes is under its own folder: database, photos, keys, logs.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from local.files import write_private
from local.lite import SupabaseLite
from local.migrate import apply_migrations, prepare
from local.postgres import PostgresServer
from local.service import STACK_VARIABLE, Service, answers, end_leftovers, free_port
from local.together import Together

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DIR = ROOT / ".local" / "stack"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Addresses:
    """Where the parts of a running stack answer, and with which keys."""

    supabase_url: str
    publishable_key: str
    secret_key: str
    jwt_secret: str
    database_url: str
    ocr_url: str
    receipt_uploaded_url: str
    receipt_sweep_url: str
    category_feedback_url: str
    barcode_lookup_url: str
    webhook_secret: str
    release_uri: str

    @classmethod
    def of_running(cls, directory: Path) -> Addresses | None:
        """The addresses of the stack that runs on `directory`, or None."""
        file = directory / "addresses.json"
        return cls(**json.loads(file.read_text())) if file.exists() else None


class Stack(Together):
    """A context in which the whole stack runs.

    Args:
        directory: where everything that the stack writes goes; a second start finds the same data.
        say: told each step, for progress.
        sweep_every_s: seconds between sweeps; None leaves the scheduler out.
    """

    def __init__(self, directory: Path, *, say: Say = lambda _: None, sweep_every_s: float | None = None) -> None:
        super().__init__()
        self.directory = directory.resolve()
        self.logs_dir = self.directory / "logs"
        self._say = say
        self._sweep_every_s = sweep_every_s
        self._environment = {STACK_VARIABLE: str(self.directory)}
        self.addresses: Addresses

    def stop(self) -> None:
        """Stop every process, the last started first. Safe to call again."""
        (self.directory / "addresses.json").unlink(missing_ok=True)
        super().stop()

    def service(self, name: str) -> Service:
        """One of the processes, by its name."""
        return self._services[name]

    def watcher(self, *, poll_s: float, budget_s: float) -> tuple[str, Service]:
        """A sweep that watches the queue, as deployed where no webhook is: its address, and its process to start."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        sweep = self._services["receipt_sweep"]
        watching = {"SWEEP_POLL_S": str(poll_s), "SWEEP_BUDGET_S": str(budget_s)}
        return url, Service(
            "watcher",
            [*sweep.command[:-1], str(port)],
            {**sweep.environment, **watching},
            self.logs_dir / "watcher.log",
            _framework_answers(url),
        )

    def logs(self) -> list[Path]:
        """The log files of all processes."""
        return sorted(self.logs_dir.glob("*.log"))

    def ended(self) -> list[str]:
        """Names of the processes that ended on their own."""
        return [name for name, service in self._services.items() if not service.running]

    @property
    def _release_uri(self) -> str:
        """Where the OCR service looks for a newer category model; empty until one is released there."""
        return (self.directory / "releases").as_uri()

    def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.logs_dir.mkdir(exist_ok=True)
        for log in self.logs():
            log.unlink()
        if left := end_leftovers(self.directory):
            self._say(f"ended {left} processes that an earlier run left behind")

        # The OCR service takes longest to start and needs nobody, so it loads while the others come up.
        ocr_url = self._begin_ocr_service()

        self._say("Postgres")
        postgres = PostgresServer.start(self.directory / "postgres", self.logs_dir / "postgres.log", self._environment)
        self._keep(postgres.service, postgres.stop)
        self._say("Supabase: Data API, Auth, Storage")
        lite = self._start_supabase(postgres.url)
        self._say("migrations")
        prepare(postgres.url)
        if apply_migrations(postgres.url, self.directory / "cli"):
            lite.stop()  # it knows the tables that were there when it started
            lite = self._start_supabase(postgres.url)

        webhook_secret = self._webhook_secret()
        self._say("functions")
        urls = self._begin_functions(
            {
                "SUPABASE_URL": lite.url,
                "SUPABASE_SECRET_KEY": lite.keys.secret_key,
                "SUPABASE_PUBLISHABLE_KEY": lite.keys.publishable_key,
                "SUPABASE_JWT_SECRET": lite.keys.jwt_secret,
                "SUPABASE_AUTH_URL": self._begin_auth_admin(postgres.url, lite.keys.secret_key),
                "RECEIPT_WEBHOOK_SECRET": webhook_secret,
                "OCR_SERVICE_URL": ocr_url,
                "APP_ORIGINS": "*",  # the app is served on whatever port is free
            }
        )
        _set_webhook(postgres.url, urls["receipt_uploaded"], webhook_secret)
        self._begin("hints", [sys.executable, "-m", "local.hints"], {"DATABASE_URL": postgres.url})
        self._say("OCR service")
        for service in self._services.values():
            service.wait()
        if self._sweep_every_s is not None:
            every = ["--every", str(self._sweep_every_s)]
            self._begin("scheduler", [sys.executable, "-m", "local.scheduler", urls["receipt_sweep"], *every])

        self.addresses = Addresses(
            supabase_url=lite.url,
            publishable_key=lite.keys.publishable_key,
            secret_key=lite.keys.secret_key,
            jwt_secret=lite.keys.jwt_secret,
            database_url=postgres.url,
            ocr_url=ocr_url,
            receipt_uploaded_url=urls["receipt_uploaded"],
            receipt_sweep_url=urls["receipt_sweep"],
            category_feedback_url=urls["category_feedback"],
            barcode_lookup_url=urls["barcode_lookup"],
            webhook_secret=webhook_secret,
            release_uri=self._release_uri,
        )
        write_private(self.directory / "addresses.json", json.dumps(asdict(self.addresses)))

    def _start_supabase(self, database_url: str) -> SupabaseLite:
        log = self.logs_dir / "supabase.log"
        lite = SupabaseLite.start(self.directory / "supabase", database_url, log, self._environment)
        self._keep(lite.service, lite.stop)
        return lite

    def _begin_ocr_service(self) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        self._begin(
            "ocr_service",
            [sys.executable, "-m", "ocr_service", "serve"],
            {
                "OCR_HOST": "127.0.0.1",
                "OCR_PORT": str(port),
                "OCR_RELEASE_URI": self._release_uri,
                "OCR_RELEASE_POLL_S": "5",
                "OCR_RELEASE_CACHE_DIR": str(self.directory / "release_cache"),
            },
            answers(f"{url}/readyz"),
        )
        return url

    def _begin_auth_admin(self, database_url: str, secret_key: str) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "local.auth_admin", "--port", str(port)]
        environment = {"DATABASE_URL": database_url, "SUPABASE_SECRET_KEY": secret_key}
        self._begin("auth_admin", command, environment, answers(f"{url}/health"))
        return url

    def _begin_functions(self, environment: dict[str, str]) -> dict[str, str]:
        urls = {}
        for target in ("receipt_uploaded", "receipt_sweep", "category_feedback", "barcode_lookup"):
            port = free_port()
            urls[target] = f"http://127.0.0.1:{port}"
            command = [sys.executable, "-m", "functions_framework", "--source", "functions/main.py"]
            command += ["--target", target, "--host", "127.0.0.1", "--port", str(port)]
            self._begin(target, command, environment, _framework_answers(urls[target]))
        return urls

    def _begin(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        service = Service(
            name, command, {**self._environment, **(environment or {})}, self.logs_dir / f"{name}.log", ready
        )
        self._keep(service)
        service.start()

    def _webhook_secret(self) -> str:
        file = self.directory / "webhook_secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text()


def _framework_answers(url: str) -> Callable[[], bool]:
    """A readiness check: the framework answers this path itself, with 404; the function is not called."""
    return answers(f"{url}/robots.txt", status=404)


def _set_webhook(database_url: str, url: str, secret: str) -> None:
    """Tell the database where the hint goes, as an operator does with Vault on a real project."""
    query = (
        "insert into private.settings (name, value) values ('receipt_webhook_url', %s), ('receipt_webhook_secret', %s) "
        "on conflict (name) do update set value = excluded.value"
    )
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(query, [url, secret])
