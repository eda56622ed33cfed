"""Bring a Supabase project's database to the state of `supabase/`: migrations, seed, and the webhook's secrets.

Everything is done by the Supabase CLI, and a second time changes nothing. Which project: SUPABASE_DB_URL, or the one of
the environment, for which the CLI needs SUPABASE_ACCESS_TOKEN and SUPABASE_DB_PASSWORD. RECEIPT_WEBHOOK_SECRET is the
secret that Secret Manager has for receipt-uploaded; RECEIPT_WEBHOOK_URL is found out where it is not given.
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
QUIET = {"DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy_db", description=__doc__)
    parser.add_argument("--env", help="environment, such as staging; not needed beside both URLs")
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
    secrets = {"receipt_webhook_secret": required("RECEIPT_WEBHOOK_SECRET")}
    url = os.environ.get("RECEIPT_WEBHOOK_URL") or (outputs.get("function_uris") or {}).get("receipt-uploaded")
    if url:
        secrets["receipt_webhook_url"] = url
    else:
        print("The functions are not deployed yet: receipts wait for the sweep until this runs once more after that.")
    push = ["db", "push", "--include-seed", "--skip-vault", *(["--dry-run"] if dry_run else [])]
    _supabase(push, target, home, shown=" ".join(push))
    if not dry_run:
        with tempfile.TemporaryDirectory() as folder:
            query = Path(folder) / "secrets.sql"
            write_private(query, _settings(secrets))
            _supabase(["db", "query", "--file", str(query)], target, home, shown=f"set {', '.join(sorted(secrets))}")


def _supabase(command: list[str], target: str, home: Path, *, shown: str) -> None:
    # The address of the database may hold a password, so it is not shown.
    home.mkdir(parents=True, exist_ok=True)
    run(
        [NODE, CLI, *command, "--yes", f"--remote={target}", "--workdir", ROOT],
        environment={**QUIET, "SUPABASE_HOME": str(home)},
        shown=f"supabase {shown}",
    )


def _settings(secrets: Mapping[str, str]) -> str:
    rows = [sql.SQL("({}, {})").format(name, value) for name, value in sorted(secrets.items())]
    return SET_SECRETS.format(secrets=sql.SQL(", ").join(rows)).as_string()


def _project(outputs: dict[str, Any]) -> str:
    if not outputs:
        raise DeliveryError("Say which database: ENV=staging, or SUPABASE_DB_URL.")
    required("SUPABASE_ACCESS_TOKEN")
    required("SUPABASE_DB_PASSWORD")
    return str(outputs["supabase"]["project_ref"])


if __name__ == "__main__":
    sys.exit(main())
