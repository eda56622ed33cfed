"""The local stack: every part of the product as its own process, connected through free loopback ports.

    Postgres ◀── Supabase Lite (Data API, Auth, Storage) ◀── app, functions
    scheduler ──▶ receipt_sweep (watches the queue) ──▶ OCR service
    app ──▶ category_feedback, barcode_lookup ──▶ Supabase Lite

This is the default of infra/. With the webhook, which infra/ also offers, uploads take another way as well:

    Postgres ── net.http_post queue ──▶ pg_net ──▶ receipt_uploaded ──▶ OCR service

A stack writes only below its own folder: database, photos, keys, logs.
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
from local.migrate import apply_migrations, prepare
from local.processes.group import ProcessGroup, ProgressCallback
from local.processes.service import STACK_VARIABLE, Service, answers, end_leftovers, free_port
from local.servers.postgres import PostgresServer
from local.servers.supabase_lite import SupabaseLite

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DIR = ROOT / ".local" / "stack"


POLLING_SWEEP = {"SWEEP_POLL_S": "0.5", "SWEEP_BUDGET_S": "65"}
"""Settings of a sweep that watches the queue, as infra/ sets them without the webhook."""


@dataclass(frozen=True)
class Webhook:
    """The webhook of the database: the URL of `receipt_uploaded`, and the secret that both share."""

    url: str
    secret: str


@dataclass(frozen=True)
class Addresses:
    """URLs and keys of a running stack."""

    supabase_url: str
    publishable_key: str
    secret_key: str
    jwt_secret: str
    database_url: str
    ocr_url: str
    receipt_sweep_url: str
    category_feedback_url: str
    barcode_lookup_url: str
    release_uri: str
    webhook: Webhook | None

    @property
    def secrets(self) -> set[str]:
        """Values that must not appear in logs."""
        return {self.secret_key, self.jwt_secret} | ({self.webhook.secret} if self.webhook else set())

    @classmethod
    def of_running(cls, directory: Path) -> Addresses | None:
        """The addresses of the stack that runs on `directory`, or None."""
        file = directory / "addresses.json"
        if not file.exists():
            return None
        stored = json.loads(file.read_text())
        return cls(**{**stored, "webhook": Webhook(**stored["webhook"]) if stored["webhook"] else None})


class Stack(ProcessGroup):
    """A context in which the whole stack runs.

    Args:
        directory: the stack writes only below it; a second start uses the same data.
        progress: called with each step.
        webhook: whether the database also calls `receipt_uploaded` at each upload. As in infra/, the sweep then ends
            when no receipt is due, instead of watching the queue.
        scheduler: whether the sweep is called every minute.
    """

    def __init__(
        self,
        directory: Path,
        *,
        progress: ProgressCallback = lambda _: None,
        webhook: bool = False,
        scheduler: bool = True,
    ) -> None:
        super().__init__()
        self.directory = directory.resolve()
        self.logs_dir = self.directory / "logs"
        self._progress = progress
        self._with_webhook = webhook
        self._with_scheduler = scheduler
        self._environment = {STACK_VARIABLE: str(self.directory)}
        self.addresses: Addresses

    def stop(self) -> None:
        """Stop every process, in reverse order of their start. Safe to call again."""
        (self.directory / "addresses.json").unlink(missing_ok=True)
        super().stop()

    def service(self, name: str) -> Service:
        """A process by its name."""
        return self._services[name]

    def logs(self) -> list[Path]:
        """The log files of all processes."""
        return sorted(self.logs_dir.glob("*.log"))

    def ended(self) -> list[str]:
        """Names of the processes that ended without being stopped."""
        return [name for name, service in self._services.items() if not service.running]

    @property
    def _release_uri(self) -> str:
        """Where the OCR service looks for newer category models; empty until one is released."""
        return (self.directory / "releases").as_uri()

    def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.logs_dir.mkdir(exist_ok=True)
        for log in self.logs():
            log.unlink()
        if count := end_leftovers(self.directory):
            self._progress(f"ended {count} processes that an earlier run left behind")

        # The OCR service takes longest to start and needs no other process, so it loads while the others start.
        ocr_url = self._launch_ocr_service()

        self._progress("Postgres")
        postgres = PostgresServer.start(self.directory / "postgres", self.logs_dir / "postgres.log", self._environment)
        self._add(postgres.service, postgres.stop)
        self._progress("Supabase: Data API, Auth, Storage")
        lite = self._start_supabase(postgres.url)
        self._progress("migrations")
        prepare(postgres.url)
        if apply_migrations(postgres.url, self.directory / "cli"):
            lite.stop()  # it reads the tables when it starts
            lite = self._start_supabase(postgres.url)

        self._progress("functions")
        environment = {
            "SUPABASE_URL": lite.url,
            "SUPABASE_SECRET_KEY": lite.keys.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": lite.keys.publishable_key,
            "SUPABASE_JWT_SECRET": lite.keys.jwt_secret,
            "SUPABASE_AUTH_URL": self._launch_auth_admin(postgres.url, lite),
            "OCR_SERVICE_URL": ocr_url,
            "THREADS": "16",  # as many requests at a time as an instance gets in the cloud
            "APP_ORIGINS": "*",  # the app is served on any port that is free
        }
        sweep_url = self._launch_function("receipt_sweep", environment | ({} if self._with_webhook else POLLING_SWEEP))
        feedback_url = self._launch_function("category_feedback", environment)
        barcode_url = self._launch_function("barcode_lookup", {**environment, "THREADS": "64"})
        webhook = self._launch_webhook(postgres.url, environment) if self._with_webhook else None
        _set_webhook(postgres.url, webhook)
        self._progress("OCR service")
        for service in self._services.values():
            service.wait()
        if self._with_scheduler:
            self._launch("scheduler", [sys.executable, "-m", "local.stand_ins.scheduler", sweep_url])

        self.addresses = Addresses(
            supabase_url=lite.url,
            publishable_key=lite.keys.publishable_key,
            secret_key=lite.keys.secret_key,
            jwt_secret=lite.keys.jwt_secret,
            database_url=postgres.url,
            ocr_url=ocr_url,
            receipt_sweep_url=sweep_url,
            category_feedback_url=feedback_url,
            barcode_lookup_url=barcode_url,
            release_uri=self._release_uri,
            webhook=webhook,
        )
        write_private(self.directory / "addresses.json", json.dumps(asdict(self.addresses)))

    def _start_supabase(self, database_url: str) -> SupabaseLite:
        log = self.logs_dir / "supabase.log"
        lite = SupabaseLite.start(self.directory / "supabase", database_url, log, self._environment)
        self._add(lite.service, lite.stop)
        return lite

    def _launch_ocr_service(self) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        self._launch(
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

    def _launch_auth_admin(self, database_url: str, lite: SupabaseLite) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "local.stand_ins.auth_admin", "--port", str(port)]
        environment = {
            "DATABASE_URL": database_url,
            "SUPABASE_URL": lite.url,
            "SUPABASE_SECRET_KEY": lite.keys.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": lite.keys.publishable_key,
        }
        self._launch("auth_admin", command, environment, answers(f"{url}/health"))
        return url

    def _launch_function(self, target: str, environment: dict[str, str]) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "functions_framework", "--source", "functions/main.py"]
        command += ["--target", target, "--host", "127.0.0.1", "--port", str(port)]
        # The framework itself answers this path, with 404; the function is not called.
        ready = answers(f"{url}/robots.txt", status=404)
        # A terminated server waits for its requests, and a sweep that watches takes a minute. Receipts whose reading
        # is cut off are read again after their lease.
        self._launch(target, command, environment, ready, stop_at_once=target == "receipt_sweep")
        return url

    def _launch_webhook(self, database_url: str, environment: dict[str, str]) -> Webhook:
        secret = self._webhook_secret()
        url = self._launch_function("receipt_uploaded", {**environment, "RECEIPT_WEBHOOK_SECRET": secret})
        self._launch("pg_net", [sys.executable, "-m", "local.stand_ins.pg_net"], {"DATABASE_URL": database_url})
        return Webhook(url, secret)

    def _launch(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        ready: Callable[[], bool] = lambda: True,
        *,
        stop_at_once: bool = False,
    ) -> None:
        service = Service(
            name, command, {**self._environment, **(environment or {})}, self.logs_dir / f"{name}.log", ready
        )
        self._add(service, service.kill if stop_at_once else None)
        service.start()

    def _webhook_secret(self) -> str:
        file = self.directory / "webhook_secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text()


def _set_webhook(database_url: str, webhook: Webhook | None) -> None:
    """Set or, with None, delete the webhook of the database, as operators do through Vault on a real project."""
    values = {"receipt_webhook_url": webhook.url, "receipt_webhook_secret": webhook.secret} if webhook else {}
    with psycopg.connect(database_url) as database:
        database.execute("delete from private.settings where name like 'receipt\\_webhook\\_%'")
        for setting in values.items():
            database.execute("insert into private.settings (name, value) values (%s, %s)", setting)
