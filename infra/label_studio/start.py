"""Start Label Studio on Postgres: split the database's URL into its settings, change its tables, serve.

Reads DATABASE_URL (postgresql://USER:PASSWORD@HOST:PORT/NAME), SECRET_KEY (signs sessions and tokens, so all instances
need the same one) and the administrator's LABEL_STUDIO_USERNAME and LABEL_STUDIO_PASSWORD. Uploads and exports go to
STORAGE_GCS_BUCKET_NAME if STORAGE_TYPE is gcs. Label Studio's server is Django's own with threads: it serves some
annotators behind a proxy that has signed them in.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

REQUIRED = ("DATABASE_URL", "SECRET_KEY", "LABEL_STUDIO_USERNAME", "LABEL_STUDIO_PASSWORD")
# Any number: who holds this lock of the database changes the tables.
LOCK = 7_322_024


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Label Studio's variables for the database. Raises: ValueError names what is missing or malformed."""
    if missing := [name for name in REQUIRED if not environment.get(name)]:
        raise ValueError(f"Set {', '.join(missing)}.")
    url = urlsplit(environment["DATABASE_URL"])
    if url.scheme not in ("postgresql", "postgres") or not url.hostname or not url.username or len(url.path) < 2:
        raise ValueError("DATABASE_URL must have the form postgresql://USER:PASSWORD@HOST:PORT/NAME.")
    values = {
        "DJANGO_DB": "default",
        "POSTGRE_HOST": url.hostname,
        "POSTGRE_PORT": str(url.port or 5432),
        "POSTGRE_USER": unquote(url.username),
        "POSTGRE_PASSWORD": unquote(url.password or ""),
        "POSTGRE_NAME": unquote(url.path[1:]),
    }
    # Label Studio has no setting for this, but libpq reads it.
    if mode := parse_qs(url.query).get("sslmode"):
        values["PGSSLMODE"] = mode[0]
    return values


def migrate(environment: dict[str, str]) -> None:
    """Create or change the tables, one instance at a time. Raises: CalledProcessError."""
    import psycopg

    package = find_spec("label_studio")
    if package is None or package.origin is None:
        raise ValueError("Label Studio is not installed.")
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as database:
        database.execute("select pg_advisory_lock(%s)", [LOCK])
        manage = Path(package.origin).with_name("manage.py")
        subprocess.run([sys.executable, str(manage), "migrate", "--verbosity", "0"], env=environment, check=True)


def main() -> None:
    try:
        environment = {**os.environ, **settings(os.environ)}
    except ValueError as error:
        sys.exit(str(error))
    Path(environment["BASE_DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    migrate(environment)
    program = Path(sys.executable).with_name("label-studio")
    port = environment.get("PORT", "8080")
    arguments = ["start", "--no-browser", "--internal-host", "0.0.0.0", "--port", port]  # noqa: S104 - in a container
    os.execve(program, [str(program), *arguments], environment)  # noqa: S606 - replaces this process


if __name__ == "__main__":
    main()
