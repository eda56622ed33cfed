"""Apply `supabase/` to a Supabase project: migrations, seed, and the webhook's settings in Vault. Idempotent.

The project is that of SUPABASE_DB_URL or of --env; the latter needs SUPABASE_ACCESS_TOKEN and SUPABASE_DB_PASSWORD.
If the environment has a webhook, RECEIPT_WEBHOOK_SECRET must be the value that receipt-uploaded reads from Secret
Manager; RECEIPT_WEBHOOK_URL defaults to the deployed function. Otherwise the webhook's settings are removed from Vault.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import sql

from local.files import write_private
from local.migrate import CLI
from local.servers.supabase_lite import NODE
from tools import terraform
from tools.commands import OUTPUT, ROOT, DeliveryError, exit_status, required, run

# The CLI applies Vault secrets of config.toml only together with a migration, so they are set by a separate query.
SET_SECRETS = sql.SQL("""
select case
  when stored.id is null then vault.create_secret(target.value, target.name)::text
  when stored.decrypted_secret is distinct from target.value then vault.update_secret(stored.id, target.value)::text
end as changed
from (values {secrets}) as target (name, value)
left join vault.decrypted_secrets stored on stored.name = target.name
""")
DELETE_SECRETS = sql.SQL("delete from vault.secrets where name in ({names}) returning name")
WEBHOOK = ("receipt_webhook_secret", "receipt_webhook_url")
QUIET = {"DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy_db", description=__doc__)
    parser.add_argument("--env", help="environment, such as staging; optional if SUPABASE_DB_URL is set")
    parser.add_argument("--dry-run", action="store_true", help="print the migrations that would be applied")
    options = parser.parse_args()
    return exit_status(lambda: deploy(options.env, dry_run=options.dry_run))


def deploy(environment: str | None, *, dry_run: bool, home: Path = OUTPUT / "supabase") -> None:
    """Migrate the database and set or delete the webhook's secrets. Raises: DeliveryError."""
    outputs: dict[str, Any] = {}
    if environment:
        terraform.init(environment)
        outputs = terraform.outputs()
    target = os.environ.get("SUPABASE_DB_URL") or _project(outputs)
    functions = outputs.get("function_uris")
    url = os.environ.get("RECEIPT_WEBHOOK_URL") or (functions or {}).get("receipt-uploaded")
    # Check for the secret before changing anything.
    secret = required("RECEIPT_WEBHOOK_SECRET") if url else None
    push = ["db", "push", "--include-seed", "--skip-vault", *(["--dry-run"] if dry_run else [])]
    _supabase(push, target, home, shown=" ".join(push))
    if dry_run:
        return
    if url and secret:
        _query(_set_secrets(dict(zip(WEBHOOK, (secret, url), strict=True))), target, home, f"set {', '.join(WEBHOOK)}")
    elif functions is not None:
        names = sql.SQL(", ").join(map(sql.Literal, WEBHOOK))
        _query(DELETE_SECRETS.format(names=names), target, home, f"no webhook: delete {', '.join(WEBHOOK)}")


def _query(query: sql.Composed, target: str, home: Path, shown: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "query.sql"
        write_private(file, query.as_string())
        _supabase(["db", "query", "--file", str(file)], target, home, shown=shown)


def _supabase(command: list[str], target: str, home: Path, *, shown: str) -> None:
    # The database URL may contain a password, so it is not printed.
    home.mkdir(parents=True, exist_ok=True)
    run(
        [NODE, CLI, *command, "--yes", f"--remote={target}", "--workdir", ROOT],
        environment={**QUIET, "SUPABASE_HOME": str(home)},
        shown=f"supabase {shown}",
    )


def _set_secrets(secrets: Mapping[str, str]) -> sql.Composed:
    rows = [sql.SQL("({}, {})").format(name, value) for name, value in sorted(secrets.items())]
    return SET_SECRETS.format(secrets=sql.SQL(", ").join(rows))


def _project(outputs: dict[str, Any]) -> str:
    if not outputs:
        raise DeliveryError("Name the database: set ENV=staging or SUPABASE_DB_URL.")
    required("SUPABASE_ACCESS_TOKEN")
    required("SUPABASE_DB_PASSWORD")
    return str(outputs["supabase"]["project_ref"])


if __name__ == "__main__":
    sys.exit(main())
