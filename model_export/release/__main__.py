"""Command line: publish a model, roll back to an earlier one, show the published releases.

RELEASE_URI is the store (file:///folder or gs://bucket/folder). RELEASE_SIGNING_KEY, an Ed25519 private key in PEM,
signs the manifest; services that have the public key then accept no other manifest.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from model_export.release.errors import ReleaseError
from model_export.release.kinds import MODELS
from model_export.release.publish import publish, rollback, sign, withdraw
from model_export.release.store import PublishingStore
from ocr_service.releases.manifest import Kind, Manifest


def make_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m model_export.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", default=os.environ.get("RELEASE_URI"), help="instead of RELEASE_URI")
    parser.add_argument("--model", choices=get_args(Kind), default="category", help="kind of model (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    publishing = commands.add_parser(
        "publish", help="publish a model folder; services follow within their poll interval"
    )
    publishing.add_argument("folder", type=Path, nargs="?", help="(default: the packaged model)")
    publishing.add_argument("--version", help="name of the release (default: the version in the model)")
    publishing.add_argument(
        "--role", choices=("champion", "challenger"), default="champion",
        help="champion: is served; challenger: runs in shadow mode (%(default)s)",
    )  # fmt: skip
    rolling_back = commands.add_parser("rollback", help="make an earlier champion the champion again")
    rolling_back.add_argument("--to", metavar="VERSION", help="(default: the previous champion)")
    commands.add_parser("withdraw", help="end shadow mode: remove the challenger")
    commands.add_parser("sign", help="sign the current manifest: first signature, or a new key")
    commands.add_parser("show", help="print the published releases, without checking the signature")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Exit status: 0, 1 if the command failed, 2 if the command line is invalid."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if not arguments.store:
        parser.error("set RELEASE_URI or pass --store")
    signing_key = os.environ.get("RELEASE_SIGNING_KEY")
    if arguments.command == "sign" and not signing_key:
        parser.error("set RELEASE_SIGNING_KEY")
    try:
        _run(arguments, PublishingStore(arguments.store, signing_key, arguments.model))
    except (ReleaseError, ValueError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


def _run(arguments: argparse.Namespace, store: PublishingStore) -> None:
    if arguments.command == "publish":
        folder = arguments.folder or MODELS[store.kind].packaged
        print(f"{arguments.role} {publish(store, folder, arguments.version, arguments.role)}")
    elif arguments.command == "rollback":
        print(f"champion {rollback(store, arguments.to)}")
    elif arguments.command == "withdraw":
        withdraw(store)
    elif arguments.command == "sign":
        sign(store)
    else:
        _show(store.manifest(trusted=False))


def _show(manifest: Manifest | None) -> None:
    if manifest is None:
        print("no release is published")
        return
    print(f"released    {manifest.released_at.isoformat()}")
    releases = [("champion", manifest.champion), ("challenger", manifest.challenger)]
    for role, release in [*releases, *(("previous", release) for release in manifest.previous)]:
        if release:
            size = sum(file.bytes for file in release.files.values())
            print(f"{role:11} {release.version}  {size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
