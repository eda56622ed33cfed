"""Build the container images and the functions' archive, and push them to an environment's registry and bucket.

A push writes .local/delivery/release.tfvars.json, which names every part by the hash of its content.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tools import engines, functions_archive, terraform
from tools.commands import OUTPUT, ROOT, DeliveryError, exit_status, output_of, run
from tools.deployments import Release

DOCKERFILES = {
    "ocr_service": ROOT / "ocr_service" / "Dockerfile",
    "model_export": ROOT / "model_export" / "Dockerfile",
    "retrain_reading": ROOT / "model_export" / "text_models" / "Dockerfile",
    "mlflow": ROOT / "infra" / "mlflow" / "Dockerfile",
    "label_studio": ROOT / "infra" / "label_studio" / "Dockerfile",
}
BASE = Path(__file__).with_name("Dockerfile.base")
LOCAL = "localhost/jangbogi"
RELEASE = OUTPUT / "release.tfvars.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__)
    parser.add_argument("image", nargs="*", metavar="IMAGE", help=f"{', '.join(DOCKERFILES)} (default: all)")
    parser.add_argument("--tag", help="image tag (default: the current commit)")
    parser.add_argument("--env", help="push to the registry and bucket of this environment")
    parser.add_argument("--registry", help="push images to this registry: HOST/PROJECT/REPOSITORY; requires --sources")
    parser.add_argument("--sources", help="push the functions' archive to this bucket")
    parser.add_argument(
        "--engine",
        choices=["docker", "buildah"],
        default="",
        help="default: docker if its daemon answers, else buildah",
    )
    parser.add_argument(
        "--base-image",
        default=os.environ.get("BASE_IMAGE") or shipped_base(),
        help="image with Python 3.13 and venv, by digest (default: $BASE_IMAGE, else that of tools/Dockerfile.base)",
    )
    parser.add_argument("--paddle", action="store_true", help="add native Paddle to the OCR service: 700 MB")
    options = parser.parse_args()
    return exit_status(lambda: build(options))


def build(options: argparse.Namespace) -> None:
    """Build and push as requested. Raises: DeliveryError."""
    if unknown := set(options.image) - set(DOCKERFILES):
        raise DeliveryError(f"Unknown images: {', '.join(sorted(unknown))}.")
    if options.env:
        terraform.init(options.env)
        outputs = terraform.outputs()
        options.registry, options.sources = outputs["registry"], outputs["sources_bucket"]
    if bool(options.registry) != bool(options.sources) or (options.registry and options.image):
        raise DeliveryError("To push, build all images, and set ENV or both REGISTRY and SOURCES.")
    engine = engines.choose(options.engine)
    tag = options.tag or output_of(["git", "rev-parse", "--short=12", "HEAD"])
    images = {}
    for image in options.image or DOCKERFILES:
        name = f"{options.registry or LOCAL}/{image}:{tag}"
        engine.build(DOCKERFILES[image], name, arguments(image, options.base_image, options.paddle))
        images[image] = engine.push(name) if options.registry else name
        print(images[image], flush=True)
    archive = functions_archive.write()
    print(archive, flush=True)
    if options.registry:
        source = f"functions/{archive.name}"
        run(["gcloud", "storage", "cp", "--no-clobber", archive, f"gs://{options.sources}/{source}"])
        commit = output_of(["git", "rev-parse", "--short=12", "HEAD"])
        Release(commit, {"images": images, "functions_source": source}).write(RELEASE)


def shipped_base() -> str:
    """The base that is shipped, by digest, with its registry, which buildah does not guess."""
    return "docker.io/library/" + BASE.read_text(encoding="utf-8").partition("\nFROM ")[2].strip()


def arguments(image: str, base_image: str, paddle: bool = False) -> dict[str, str]:
    """Build arguments of an image, by name; paddle: the OCR service gets native Paddle. Raises: DeliveryError."""
    if image == "ocr_service":
        return {"BASE_IMAGE": base_image, "PADDLE": str(int(paddle))}
    if image not in ("model_export", "retrain_reading"):
        return {"BASE_IMAGE": base_image}
    # The same name that training in a clone records; a dirty tree is marked as such.
    return {"BASE_IMAGE": base_image, "CODE_VERSION": output_of(["git", "describe", "--always", "--dirty"])}


if __name__ == "__main__":
    sys.exit(main())
