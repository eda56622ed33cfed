"""The local stack: every part of the product as its own process, connected through free loopback ports.

    Postgres ◀── Supabase Lite (Data API, Auth, Storage) ◀── app, functions
    scheduler ──▶ receipt_sweep (watches the queue) ──▶ OCR service
    app ──▶ category_feedback, barcode_lookup ──▶ Supabase Lite

This is the default of infra/. With the webhook, which infra/ also offers, uploads take another way as well:

    Postgres ── net.http_post queue ──▶ hints ──▶ receipt_uploaded ──▶ OCR service

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
from local.lite import SupabaseLite
from local.migrate import apply_migrations, prepare
from local.postgres import PostgresServer
from local.service import STACK_VARIABLE, Service, answers, end_leftovers, free_port
from local.together import Together

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DIR = ROOT / ".local" / "stack"

Say = Callable[[str], None]


WATCH = {"SWEEP_POLL_S": "0.5", "SWEEP_BUDGET_S": "65"}
"""Settings of a sweep that watches the queue, as infra/ sets them where no webhook is."""


@dataclass(frozen=True)
class Webhook:
    """Where the database sends its hints: the URL of `receipt_uploaded`, and the secret that both know."""

    url: str
    secret: str


@dataclass(frozen=True)
class Addresses:
    """Where the parts of a running stack answer, and with which keys."""

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
        """What must appear in no log."""
        return {self.secret_key, self.jwt_secret} | ({self.webhook.secret} if self.webhook else set())

    @classmethod
    def of_running(cls, directory: Path) -> Addresses | None:
        """The addresses of the stack that runs on `directory`, or None."""
        file = directory / "addresses.json"
        if not file.exists():
            return None
        stored = json.loads(file.read_text())
        return cls(**{**stored, "webhook": Webhook(**stored["webhook"]) if stored["webhook"] else None})


class Stack(Together):
    """A context in which the whole stack runs.

    Args:
        directory: everything that the stack writes goes there; a second start finds the same data.
        say: called with each step, to show progress.
        webhook: whether the database also calls `receipt_uploaded` at each upload. The sweep then only finishes what is
            left over, as in infra/.
        scheduler: whether the sweep is called every minute; tests that call it themselves leave it out.
    """

    def __init__(
        self, directory: Path, *, say: Say = lambda _: None, webhook: bool = False, scheduler: bool = True
    ) -> None:
        super().__init__()
        self.directory = directory.resolve()
        self.logs_dir = self.directory / "logs"
        self._say = say
        self._with_webhook = webhook
        self._with_scheduler = scheduler
        self._environment = {STACK_VARIABLE: str(self.directory)}
        self.addresses: Addresses

    def stop(self) -> None:
        """Stop every process, the last started first. Safe to call again."""
        (self.directory / "addresses.json").unlink(missing_ok=True)
        super().stop()

    def service(self, name: str) -> Service:
        """One of the processes, by its name."""
        return self._services[name]

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

        self._say("functions")
        environment = {
            "SUPABASE_URL": lite.url,
            "SUPABASE_SECRET_KEY": lite.keys.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": lite.keys.publishable_key,
            "SUPABASE_JWT_SECRET": lite.keys.jwt_secret,
            "SUPABASE_AUTH_URL": self._begin_auth_admin(postgres.url, lite.keys.secret_key),
            "OCR_SERVICE_URL": ocr_url,
            "APP_ORIGINS": "*",  # the app is served on any port that is free
        }
        sweep_url = self._begin_function("receipt_sweep", environment | ({} if self._with_webhook else WATCH))
        feedback_url = self._begin_function("category_feedback", environment)
        barcode_url = self._begin_function("barcode_lookup", environment)
        webhook = self._begin_webhook(postgres.url, environment) if self._with_webhook else None
        _set_webhook(postgres.url, webhook)
        self._say("OCR service")
        for service in self._services.values():
            service.wait()
        if self._with_scheduler:
            self._begin("scheduler", [sys.executable, "-m", "local.scheduler", sweep_url])

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

    def _begin_function(self, target: str, environment: dict[str, str]) -> str:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "functions_framework", "--source", "functions/main.py"]
        command += ["--target", target, "--host", "127.0.0.1", "--port", str(port)]
        # The framework itself answers this path, with 404; the function is not called.
        ready = answers(f"{url}/robots.txt", status=404)
        # A server that is asked to end waits for its requests, and a watch takes a minute. Work that is cut off is
        # done again after its lease.
        self._begin(target, command, environment, ready, stop_at_once=target == "receipt_sweep")
        return url

    def _begin_webhook(self, database_url: str, environment: dict[str, str]) -> Webhook:
        secret = self._webhook_secret()
        url = self._begin_function("receipt_uploaded", {**environment, "RECEIPT_WEBHOOK_SECRET": secret})
        self._begin("hints", [sys.executable, "-m", "local.hints"], {"DATABASE_URL": database_url})
        return Webhook(url, secret)

    def _begin(
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
        self._keep(service, service.kill if stop_at_once else None)
        service.start()

    def _webhook_secret(self) -> str:
        file = self.directory / "webhook_secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text()


def _set_webhook(database_url: str, webhook: Webhook | None) -> None:
    """Tell the database where its hints go, as operators do through Vault on a real project; None: nowhere."""
    values = {"receipt_webhook_url": webhook.url, "receipt_webhook_secret": webhook.secret} if webhook else {}
    with psycopg.connect(database_url) as database:
        database.execute("delete from private.settings where name like 'receipt\\_webhook\\_%'")
        for setting in values.items():
            database.execute("insert into private.settings (name, value) values (%s, %s)", setting)
