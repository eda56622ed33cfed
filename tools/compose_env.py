"""Generate the secrets of compose.yaml into .env, each of them random. An existing file is not changed.

The keys of Supabase are tokens signed with JWT_SECRET, as its self-hosted servers expect.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from pathlib import Path

import jwt

from local.files import write_private
from tools.commands import ROOT, DeliveryError, exit_status

FILE = ROOT / ".env"
KEYS_VALID_S = 5 * 365 * 24 * 3600
RANDOM = (
    "POSTGRES_PASSWORD",
    "EXPORTER_PASSWORD",
    "MLFLOW_PASSWORD",
    "LABEL_STUDIO_DB_PASSWORD",
    "RETRAINING_PASSWORD",
    "ANNOTATION_PASSWORD",
    "SECRET_KEY_BASE",
    "GRAFANA_PASSWORD",
    "LABEL_STUDIO_SECRET_KEY",
    "LABEL_STUDIO_PASSWORD",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.compose_env", description=__doc__)
    parser.add_argument("--file", type=Path, default=FILE, help="default: .env beside compose.yaml")
    parser.add_argument(
        "--contact",
        default="operator@example.com",
        help="mail address that Open Food Facts gets to know with each call",
    )
    options = parser.parse_args()
    return exit_status(lambda: generate(options.file, options.contact))


def generate(file: Path, contact: str) -> None:
    """Write the file. Raises: DeliveryError if there is one: the database keeps the passwords that it was made with."""
    if file.exists():
        raise DeliveryError(f"{file} exists. Delete it, and the database with it: docker compose down --volumes")
    write_private(file, "".join(f"{name}={value}\n" for name, value in values(contact).items()))
    print(f"{file} has new secrets. Start with: make compose-up")


def values(contact: str) -> dict[str, str]:
    """Every variable that compose.yaml requires."""
    jwt_secret, now = secrets.token_hex(32), int(time.time())

    def key(role: str) -> str:
        return jwt.encode({"role": role, "iss": "supabase", "iat": now, "exp": now + KEYS_VALID_S}, jwt_secret)

    return {
        **{name: secrets.token_hex(32) for name in RANDOM},
        # Realtime encrypts with AES-128.
        "REALTIME_ENC_KEY": secrets.token_hex(8),
        "JWT_SECRET": jwt_secret,
        "ANON_KEY": key("anon"),
        "SERVICE_ROLE_KEY": key("service_role"),
        "LABEL_STUDIO_USERNAME": "operator@example.com",
        "OPENFOODFACTS__CONTACT": contact,
    }


if __name__ == "__main__":
    sys.exit(main())
