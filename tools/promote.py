"""Promote a release: copy the images and the functions' archive that another environment runs, by digest.

The other environment must have deployed the commit that is checked out, and its smoke test must have passed. Nothing is
built, so what was tested is what will run. In a workflow, each image must carry the deployment workflow's signature.
Writes the same file as `make build`.
"""

from __future__ import annotations

import argparse
import os
import sys

from tools import deployments, sign, terraform
from tools.build import RELEASE
from tools.commands import DeliveryError, exit_status, output_of, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.promote", description=__doc__)
    parser.add_argument(
        "--from-sources", required=True, metavar="BUCKET", help="sources bucket of the other environment"
    )
    parser.add_argument("--env", help="environment to promote to; replaces --registry and --sources")
    parser.add_argument("--registry", help="registry to copy images to: HOST/PROJECT/REPOSITORY")
    parser.add_argument("--sources", help="bucket to copy the functions' archive to")
    parser.add_argument("--commit", help="commit to promote (default: the one that is checked out)")
    options = parser.parse_args()
    return exit_status(lambda: promote(options))


def promote(options: argparse.Namespace) -> None:
    """Copy the release and write its file. Raises: DeliveryError."""
    if options.env:
        terraform.init(options.env)
        outputs = terraform.outputs()
        options.registry, options.sources = outputs["registry"], outputs["sources_bucket"]
    if not options.registry or not options.sources:
        raise DeliveryError("Name the environment to promote to: ENV, or REGISTRY and SOURCES.")
    commit = options.commit or output_of(["git", "rev-parse", "HEAD"])
    verified = deployments.verified(options.from_sources, commit)
    release = verified.release
    images = {
        name: _copy(image, f"{options.registry}/{name}", verified.commit) for name, image in release["images"].items()
    }
    archive = release["functions_source"]
    run(
        ["gcloud", "storage", "cp", "--no-clobber", f"gs://{options.from_sources}/{archive}",
         f"gs://{options.sources}/{archive}"]
    )  # fmt: skip
    deployments.Release(verified.commit, {"images": images, "functions_source": archive}).write(RELEASE)
    print(RELEASE)


def _copy(image: str, target: str, tag: str) -> str:
    """Copy an image with its digest. Returns its name in the new registry."""
    digest = image.partition("@")[2]
    if not digest.startswith("sha256:"):
        raise DeliveryError(f"{image} is not named by its digest.")
    if os.environ.get("GITHUB_ACTIONS"):
        sign.verify(image)
    run(["skopeo", "copy", "--preserve-digests", f"docker://{image}", f"docker://{target}:{tag}"])
    return f"{target}@{digest}"


if __name__ == "__main__":
    sys.exit(main())
