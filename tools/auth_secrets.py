"""Set the secrets of a project's Auth settings: mail server, CAPTCHA, sign-in with Kakao, Apple and Google.

They are read from environment variables and sent to Supabase, never to Terraform, whose state would keep them. Only the
variables that are set are sent, so one secret can be changed alone. Idempotent.
"""

from __future__ import annotations

import argparse
import os
import sys

import requests

from tools import terraform
from tools.commands import DeliveryError, exit_status, required

API = "https://api.supabase.com"
TIMEOUT_S = 30
FIELDS = {
    "SMTP_PASSWORD": "smtp_pass",
    "CAPTCHA_SECRET": "security_captcha_secret",
    "KAKAO_CLIENT_SECRET": "external_kakao_secret",
    "APPLE_CLIENT_SECRET": "external_apple_secret",
    "GOOGLE_CLIENT_SECRET": "external_google_secret",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.auth_secrets", description=__doc__, epilog=f"Variables: {', '.join(FIELDS)}."
    )
    parser.add_argument("--env", help="environment, such as staging; replaces --project")
    parser.add_argument("--project", metavar="REF", help="reference of the Supabase project")
    parser.add_argument("--api", default=API, help=argparse.SUPPRESS)
    options = parser.parse_args()
    return exit_status(lambda: set_secrets(_project(options), options.api))


def set_secrets(project: str, api: str = API) -> None:
    """Send the secrets of the environment to the project and print their names. Raises: DeliveryError."""
    token = required("SUPABASE_ACCESS_TOKEN")
    values = {field: os.environ[name] for name, field in FIELDS.items() if os.environ.get(name)}
    if not values:
        raise DeliveryError(f"Set at least one of {', '.join(FIELDS)}.")
    try:
        response = requests.patch(
            f"{api}/v1/projects/{project}/config/auth",
            json=values,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
        )
    except requests.RequestException as error:
        raise DeliveryError(f"Supabase is unreachable ({type(error).__name__}).") from error
    if not response.ok:
        # The response to a refused change may repeat the change, so it is not printed.
        raise DeliveryError(f"Supabase refused the change (HTTP {response.status_code}).")
    print(f"set {', '.join(sorted(values))}")


def _project(options: argparse.Namespace) -> str:
    if options.project:
        return str(options.project)
    if not options.env:
        raise DeliveryError("Name the project: --env or --project.")
    terraform.init(options.env)
    return str(terraform.outputs()["supabase"]["project_ref"])


if __name__ == "__main__":
    sys.exit(main())
