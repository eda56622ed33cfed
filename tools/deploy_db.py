"""Bring a Supabase project's database to the state of `supabase/`: migrations, seed, and what Vault knows of a webhook.

Everything is done by the Supabase CLI, and a second time changes nothing. Which project: SUPABASE_DB_URL, or the one of
the environment, for which the CLI needs SUPABASE_ACCESS_TOKEN and SUPABASE_DB_PASSWORD. Where the environment has a
webhook, RECEIPT_WEBHOOK_SECRET is the secret that Secret Manager has for receipt-uploaded, and RECEIPT_WEBHOOK_URL is
found out where it is not given; where it has none, what Vault knew of one is taken out.
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
from local.lite import NODE
from local.migrate import CLI
from tools import terraform
from tools.commands import OUTPUT, ROOT, DeliveryError, exit_status, required, run

# The CLI sets what config.toml has for Vault only where there is a migration to apply, so this is a query of its own.
SET_SECRETS = sql.SQL("""
select case
  when known.id is null then vault.create_secret(wanted.value, wanted.name)::text
  when known.decrypted_secret is distinct from wanted.value then vault.update_secret(known.id, wanted.value)::text
end as changed
from (values {secrets}) as wanted (name, value)
left join vault.decrypted_secrets known on known.name = wanted.name
""")
FORGET_SECRETS = sql.SQL("delete from vault.secrets where name in ({names}) returning name")
WEBHOOK = ("receipt_webhook_secret", "receipt_webhook_url")
QUIET = {"DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy_db", description=__doc__)
    parser.add_argument("--env", help="environment, such as staging; not needed beside SUPABASE_DB_URL")
    parser.add_argument("--dry-run", action="store_true", help="say what would be applied")
    options = parser.parse_args()
    return exit_status(lambda: deploy(options.env, dry_run=options.dry_run))


def deploy(environment: str | None, *, dry_run: bool, home: Path = OUTPUT / "supabase") -> None:
    """Do it. Raises: DeliveryError."""
    outputs: dict[str, Any] = {}
    if environment:
        terraform.init(environment)
        outputs = terraform.outputs()
    target = os.environ.get("SUPABASE_DB_URL") or _project(outputs)
    functions = outputs.get("function_uris")
    url = os.environ.get("RECEIPT_WEBHOOK_URL") or (functions or {}).get("receipt-uploaded")
    # Asked for before anything is changed, where a webhook is known of by now.
    secret = required("RECEIPT_WEBHOOK_SECRET") if url else None
    push = ["db", "push", "--include-seed", "--skip-vault", *(["--dry-run"] if dry_run else [])]
    _supabase(push, target, home, shown=" ".join(push))
    if dry_run:
        return
    if url and secret:
        _query(_known(dict(zip(WEBHOOK, (secret, url), strict=True))), target, home, f"set {', '.join(WEBHOOK)}")
    elif functions is not None:
        names = sql.SQL(", ").join(map(sql.Literal, WEBHOOK))
        _query(FORGET_SECRETS.format(names=names), target, home, f"no webhook: forget {', '.join(WEBHOOK)}")


def _query(query: sql.Composed, target: str, home: Path, shown: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "query.sql"
        write_private(file, query.as_string())
        _supabase(["db", "query", "--file", str(file)], target, home, shown=shown)


def _supabase(command: list[str], target: str, home: Path, *, shown: str) -> None:
    # The address of the database may hold a password, so it is not shown.
    home.mkdir(parents=True, exist_ok=True)
    run(
        [NODE, CLI, *command, "--yes", f"--remote={target}", "--workdir", ROOT],
        environment={**QUIET, "SUPABASE_HOME": str(home)},
        shown=f"supabase {shown}",
    )


def _known(secrets: Mapping[str, str]) -> sql.Composed:
    rows = [sql.SQL("({}, {})").format(name, value) for name, value in sorted(secrets.items())]
    return SET_SECRETS.format(secrets=sql.SQL(", ").join(rows))


def _project(outputs: dict[str, Any]) -> str:
    if not outputs:
        raise DeliveryError("Say which database: ENV=staging, or SUPABASE_DB_URL.")
    required("SUPABASE_ACCESS_TOKEN")
    required("SUPABASE_DB_PASSWORD")
    return str(outputs["supabase"]["project_ref"])


if __name__ == "__main__":
    sys.exit(main())
