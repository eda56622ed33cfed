"""Settings of an environment for the GitHub workflows, as the value of one repository variable. It holds no secrets.

`pack` prints it for `gh variable set`: service accounts, registry, bucket, and the environment's two input files, which
are not committed. `unpack` restores those files from the variable SETTINGS.
"""

from __future__ import annotations

import argparse
import json
import sys

from tools import terraform
from tools.commands import DeliveryError, exit_status, required

FILES = ("tfvars", "backend.hcl")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.github_settings", description=__doc__)
    parser.add_argument("verb", choices=["pack", "unpack"])
    parser.add_argument("--env", required=True, help="environment, such as staging")
    options = parser.parse_args()
    return exit_status(lambda: {"pack": pack, "unpack": unpack}[options.verb](options.env))


def pack(environment: str) -> None:
    """Print the settings. Raises: DeliveryError."""
    terraform.init(environment)
    outputs = terraform.outputs()
    if not outputs.get("delivery"):
        raise DeliveryError(f"{environment} does not trust a repository yet: set `delivery` in its .tfvars and apply.")
    settings = {
        "provider": outputs["delivery"]["provider"],
        "accounts": outputs["delivery"]["service_accounts"],
        "registry": outputs["registry"],
        "sources": outputs["sources_bucket"],
        "files": {kind: terraform.file(environment, kind).read_text() for kind in FILES},
    }
    print(json.dumps(settings, indent=2))


def unpack(environment: str) -> None:
    """Write the environment's input files. Raises: DeliveryError."""
    for kind, text in json.loads(required("SETTINGS"))["files"].items():
        terraform.file(environment, kind).write_text(text)


if __name__ == "__main__":
    sys.exit(main())
