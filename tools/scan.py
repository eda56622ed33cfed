"""Scan every lock file of the repository for known vulnerabilities with osv-scanner.

The database of vulnerabilities is a service on the internet. Without the program or the service the scan is skipped,
and the reason is printed.
"""

from __future__ import annotations

import shutil
import socket
import sys

from tools.commands import exit_status, run

DATABASE = ("api.osv.dev", 443)


def main() -> int:
    if reason := obstacle():
        print(f"skipped: {reason}")
        return 0
    return exit_status(lambda: run(["osv-scanner", "scan", "source", "--recursive", "."]))


def obstacle() -> str:
    """Why the scan is not possible here; empty if it is."""
    if shutil.which("osv-scanner") is None:
        return "osv-scanner is not installed (https://google.github.io/osv-scanner/)"
    try:
        socket.create_connection(DATABASE, timeout=5).close()
    except OSError as error:
        return f"{DATABASE[0]} cannot be reached ({error})"
    return ""


if __name__ == "__main__":
    sys.exit(main())
