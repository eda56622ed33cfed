"""Signing and verifying images, with a cosign that records its calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import sign
from tools.commands import DeliveryError

GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "o/r",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SHA": "ab" * 20,
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "1",
}
IMAGES = {name: f"registry/{name}@sha256:{'0' * 64}" for name in ("ocr_service", "mlflow")}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of recorded calls; FAIL makes cosign fail."""
    record = tmp_path / "calls"
    cosign = tmp_path / "cosign"
    cosign.write_text(f'#!/bin/sh\necho "$*" >> {record}\nexit ${{FAIL:-0}}\n')
    cosign.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sign, "OUTPUT", tmp_path)
    monkeypatch.setattr(sign, "RELEASE", tmp_path / "release.json")
    (tmp_path / "release.json").write_text(json.dumps({"release": {"images": IMAGES}}))
    (tmp_path / "sbom").mkdir()
    for name in IMAGES:
        (tmp_path / "sbom" / f"{name}.json").write_text("{}")
    return record


def test_every_image_is_signed_by_digest_with_bill_of_materials_and_provenance(calls: Path) -> None:
    sign.sign()
    lines = calls.read_text().splitlines()
    for image in IMAGES.values():
        assert [line.split()[0] for line in lines if line.endswith(image)] == ["sign", "attest", "attest"]
    stored = json.loads((calls.parent / "provenance.json").read_text())
    assert stored["buildDefinition"]["resolvedDependencies"][0]["digest"] == {"gitCommit": "ab" * 20}


def test_an_image_without_bill_of_materials_is_not_signed(calls: Path) -> None:
    (calls.parent / "sbom" / "ocr_service.json").unlink()
    with pytest.raises(DeliveryError, match="make sbom"):
        sign.sign()
    assert not calls.exists()


@pytest.mark.parametrize("name", GITHUB)
def test_provenance_needs_the_workflow(name: str) -> None:
    with pytest.raises(DeliveryError, match=name):
        sign.provenance({key: value for key, value in GITHUB.items() if key != name})


def test_only_the_deployment_workflow_on_main_is_trusted(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign.verify("image")
    for line in calls.read_text().splitlines():
        assert "https://github.com/o/r/.github/workflows/deploy.yml@refs/heads/main" in line
        assert f"--certificate-oidc-issuer {sign.ISSUER}" in line
    monkeypatch.setenv("FAIL", "1")
    with pytest.raises(DeliveryError):
        sign.verify("image")
