"""Build the container images, and push them where a deployment takes them from."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from tools import engines
from tools.commands import OUTPUT, ROOT, exit_status, output_of

DOCKERFILES = {
    "ocr_service": ROOT / "ocr_service" / "Dockerfile",
    "model_export": ROOT / "model_export" / "Dockerfile",
    "mlflow": ROOT / "tools" / "mlflow.Dockerfile",
}
BASE_IMAGE = Path(__file__).with_name("base_image")
IMAGES = OUTPUT / "images.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__)
    parser.add_argument("image", nargs="*", choices=[[], *DOCKERFILES], help="which ones (default: all)", default=[])
    parser.add_argument("--registry", default="localhost/jangbogi", help="prefix of the images' names")
    parser.add_argument("--tag", help="default: the commit that is checked out")
    parser.add_argument("--push", action="store_true", help=f"push, and write names by digest to {IMAGES.name}")
    parser.add_argument("--engine", choices=["docker", "buildah"], default="", help="default: the one that works here")
    parser.add_argument(
        "--base-image",
        default=os.environ.get("BASE_IMAGE") or BASE_IMAGE.read_text().strip(),
        help="Python 3.11 with venv, by digest (default: BASE_IMAGE, else tools/base_image)",
    )
    options = parser.parse_args()
    return exit_status(lambda: build(options))


def build(options: argparse.Namespace) -> None:
    """Do what the command line says. Raises: DeliveryError."""
    engine = engines.choose(options.engine)
    tag = options.tag or output_of(["git", "rev-parse", "--short=12", "HEAD"])
    OUTPUT.mkdir(parents=True, exist_ok=True)
    pushed = {}
    for image in options.image or DOCKERFILES:
        name = f"{options.registry}/{image}:{tag}"
        engine.build(DOCKERFILES[image], name, options.base_image)
        if options.push:
            pushed[image] = engine.push(name)
        print(pushed.get(image, name), flush=True)
    if options.push:
        IMAGES.write_text(json.dumps(pushed, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
