"""Load the HACCP data set into the product index: `python -m functions.barcode.haccp`. Resumes an unfinished load."""

from __future__ import annotations

import argparse
import sys

from functions.barcode.connections import Connections
from functions.barcode.haccp.load import Load
from functions.barcode.haccp.wiring import build_bulk_index
from functions.barcode.settings import BarcodeSettings
from functions.core import logs
from functions.core.errors import FunctionError
from functions.core.settings import Settings
from functions.core.supabase import connect


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m functions.barcode.haccp", description=__doc__)
    parser.add_argument("--now", action="store_true", help="load again even if the index is recent")
    options = parser.parse_args()
    logs.configure()
    settings = BarcodeSettings()
    max_age_s = 0 if options.now else settings.haccp_refresh_s
    try:
        with Connections() as connections:
            index = build_bulk_index(settings, connect(Settings()), connections)
            index.refresh(max_age_s=max_age_s, budget_s=float("inf"), progress=_show)
    except FunctionError as error:
        print(f"{error.detail} Run the command again to resume.", file=sys.stderr)
        return 1
    return 0


def _show(load: Load) -> None:
    print(f"page {load.next_page - 1} of {load.pages}, {load.stored} products", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
