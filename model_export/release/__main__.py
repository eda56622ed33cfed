"""Command line: release a category model, go back to an earlier one, show what is released.

RELEASE_URI says where (file:///folder or gs://bucket/folder). With RELEASE_SIGNING_KEY, an Ed25519 private key in PEM,
the manifest is signed; services that have the public key then follow nothing else.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from model_export.release.errors import ReleaseError
from model_export.release.publish import publish, rollback, sign, withdraw
from model_export.release.store import PublishingStore
from ocr_service.releases.manifest import Manifest
from ocr_service.settings import Settings


def make_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m model_export.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", default=os.environ.get("RELEASE_URI"), help="instead of RELEASE_URI")
    commands = parser.add_subparsers(dest="command", required=True)
    publishing = commands.add_parser("publish", help="release a model folder; services follow within their poll time")
    publishing.add_argument(
        "folder", type=Path, nargs="?", default=Settings().models_dir / "category", help="(default: the packaged model)"
    )
    publishing.add_argument("--version", help="name of the release (default: the one in the model)")
    publishing.add_argument(
        "--role", choices=("champion", "challenger"), default="champion",
        help="champion: answers; challenger: only predicts beside it (%(default)s)",
    )  # fmt: skip
    going_back = commands.add_parser("rollback", help="make an earlier champion the champion again")
    going_back.add_argument("--to", metavar="VERSION", help="which one (default: the one before)")
    commands.add_parser("withdraw", help="end shadow mode: no challenger any more")
    commands.add_parser("sign", help="sign the present manifest: first signature, or another key")
    commands.add_parser("show", help="print what is released, whoever signed it")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0, 1 if it could not be done, 2 if it was not understood."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if not arguments.store:
        parser.error("set RELEASE_URI or pass --store")
    signing_key = os.environ.get("RELEASE_SIGNING_KEY")
    if arguments.command == "sign" and not signing_key:
        parser.error("set RELEASE_SIGNING_KEY")
    try:
        _run(arguments, PublishingStore(arguments.store, signing_key))
    except (ReleaseError, ValueError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


def _run(arguments: argparse.Namespace, store: PublishingStore) -> None:
    if arguments.command == "publish":
        print(f"{arguments.role} {publish(store, arguments.folder, arguments.version, arguments.role)}")
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
        print("nothing is released")
        return
    print(f"released    {manifest.released_at.isoformat()}")
    releases = [("champion", manifest.champion), ("challenger", manifest.challenger)]
    for role, release in [*releases, *(("before", release) for release in manifest.previous)]:
        if release:
            size = sum(file.bytes for file in release.files.values())
            print(f"{role:11} {release.version}  {size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
