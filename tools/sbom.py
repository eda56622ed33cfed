"""Write a software bill of materials (CycloneDX JSON) per deployable: locked packages with hashes, and models.

With --registry and --tag it includes the system packages of the image. The output is reproducible.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.commands import OUTPUT, ROOT, DeliveryError, exit_status, output_of, version

CYCLONEDX = "cyclonedx-bom==7.5.0"
LOCKS = {
    "functions": ("functions/requirements.txt",),
    "ocr_service": ("ocr_service/requirements.txt",),
    "model_export": ("model_export/requirements.txt", "functions/requirements.txt"),
    "retrain_reading": ("model_export/requirements.txt", "model_export/retrain/reading/requirements.txt"),
    "mlflow": ("infra/mlflow/requirements.txt",),
    "label_studio": ("local/label_studio/requirements.txt",),
}
"""The lock files that each deployable installs, which agree on the packages that several have."""
MODELS = ROOT / "ocr_service" / "models" / "manifest.json"
WITH_MODELS = ("ocr_service", "model_export", "retrain_reading")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.sbom", description=__doc__)
    parser.add_argument("--folder", type=Path, default=OUTPUT / "sbom", help="default: .local/delivery/sbom")
    parser.add_argument("--registry", help="include system packages of the images in this registry; requires --tag")
    parser.add_argument("--tag", help="tag of those images")
    options = parser.parse_args()
    return exit_status(lambda: write(options.folder, options.registry, options.tag))


def write(folder: Path, registry: str | None, tag: str | None) -> None:
    """Write {folder}/{deployable}.json. Raises: DeliveryError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, locks in LOCKS.items():
        bom = packages(locks[0])
        known = {each["purl"] for each in bom["components"]}
        for lock in locks[1:]:
            more = [each for each in packages(lock)["components"] if each["purl"] not in known]
            # References are of lines in the lock file.
            bom["components"] += [each | {"bom-ref": each["purl"]} for each in more]
        bom["metadata"]["component"] = component(name)
        if name in WITH_MODELS:
            bom["components"] += models()
        if registry and tag and name != "functions":
            bom["components"] += system_packages(f"{registry}/{name}:{tag}")
        file = folder / f"{name}.json"
        file.write_text(json.dumps(bom, indent=1, ensure_ascii=False) + "\n")
        print(f"{file}: {len(bom['components'])} components")


def packages(lock: str) -> dict[str, Any]:
    """The bill of materials of a lock file. Raises: DeliveryError."""
    tool = [sys.executable, "-m", "uv", "tool", "run", "--from", CYCLONEDX, "cyclonedx-py"]
    output = output_of([*tool, "requirements", "--output-reproducible", "--output-format", "JSON", ROOT / lock])
    return dict(json.loads(output))


def component(name: str) -> dict[str, Any]:
    """The deployable itself, with the version of the product."""
    return {"type": "application", "name": name, "version": version(), "bom-ref": name}


def models() -> Iterator[dict[str, Any]]:
    """Components for the model files, with hashes, licence and origin."""
    for name, model in json.loads(MODELS.read_text())["models"].items():
        for file, sha256 in model["files"].items():
            yield {
                "type": "machine-learning-model",
                "bom-ref": f"model:{file}",
                "name": f"{name}: {file}",
                "version": model["version"],
                "hashes": [{"alg": "SHA-256", "content": sha256}],
                "licenses": [{"license": {"name": model["licence"]}}],
                "description": f"From {model['origin']}",
            }


def system_packages(image: str) -> Iterator[dict[str, Any]]:
    """Components for the Debian packages of an image. Raises: DeliveryError."""
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${Version} ${Architecture}\n"]
    command = [sys.executable, "-m", "tools.run_container", image, "--", *query]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise DeliveryError(f"The packages in {image} could not be listed.")
    for line in process.stdout.splitlines():
        name, version, architecture = line.split()
        purl = f"pkg:deb/debian/{name}@{version}?arch={architecture}"
        yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    sys.exit(main())
