"""Sign the pushed images with cosign, attach bills of materials and provenance, and verify images before a promotion.

Keyless: Sigstore issues a certificate of a few minutes for the identity token of the GitHub workflow that runs this, so
there is no key to store. Reads .local/delivery/release.tfvars.json and .local/delivery/sbom.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from tools.build import RELEASE
from tools.commands import OUTPUT, DeliveryError, exit_status, required, run

ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = ".github/workflows/deploy.yml"
BUILD_TYPE = "https://actions.github.io/buildtypes/workflow/v1"


def main() -> int:
    argparse.ArgumentParser(prog="python -m tools.sign", description=__doc__).parse_args()
    return exit_status(sign)


def sign() -> None:
    """Sign every image of the release and attach both attestations. Raises: DeliveryError."""
    images: Mapping[str, str] = json.loads(RELEASE.read_text())["release"]["images"]
    statement = OUTPUT / "provenance.json"
    statement.write_text(json.dumps(provenance(os.environ), indent=1) + "\n")
    for name, image in images.items():
        bom = OUTPUT / "sbom" / f"{name}.json"
        if not bom.is_file():
            raise DeliveryError(f"{bom} is missing; run `make sbom` first.")
        run(["cosign", "sign", "--yes", image])
        run(["cosign", "attest", "--yes", "--type", "cyclonedx", "--predicate", bom, image])
        run(["cosign", "attest", "--yes", "--type", "slsaprovenance1", "--predicate", statement, image])


def provenance(environment: Mapping[str, str]) -> dict[str, Any]:
    """The predicate of SLSA provenance v1: which workflow built which commit. Raises: DeliveryError."""
    server, repository = (_value(environment, name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    source, ref = f"{server}/{repository}", _value(environment, "GITHUB_REF")
    run_id, attempt = (_value(environment, name) for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"))
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"workflow": {"ref": ref, "repository": source, "path": WORKFLOW}},
            "resolvedDependencies": [
                {"uri": f"git+{source}@{ref}", "digest": {"gitCommit": _value(environment, "GITHUB_SHA")}}
            ],
        },
        "runDetails": {
            "builder": {"id": f"{source}/{WORKFLOW}@{ref}"},
            "metadata": {"invocationId": f"{source}/actions/runs/{run_id}/attempts/{attempt}"},
        },
    }


def verify(image: str) -> None:
    """Check that the deployment workflow on main signed an image and its provenance. Raises: DeliveryError."""
    source = f"{required('GITHUB_SERVER_URL')}/{required('GITHUB_REPOSITORY')}"
    signer = ["--certificate-oidc-issuer", ISSUER, "--certificate-identity", f"{source}/{WORKFLOW}@refs/heads/main"]
    run(["cosign", "verify", *signer, image])
    run(["cosign", "verify-attestation", *signer, "--type", "slsaprovenance1", image])


def _value(environment: Mapping[str, str], name: str) -> str:
    if value := environment.get(name):
        return value
    raise DeliveryError(f"{name} is not set. Images are signed by the deployment workflow.")


if __name__ == "__main__":
    sys.exit(main())
