"""The store as the publisher uses it: files are written once, the manifest is replaced atomically."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from model_export.release.errors import NotTrusted, StoreError, VersionTaken
from ocr_service.files import write_atomically
from ocr_service.releases import manifest
from ocr_service.releases.errors import BadManifest, BadSignature, Missing, Refused
from ocr_service.releases.manifest import MAX_FILE_BYTES, MAX_MANIFEST_BYTES, Kind, Manifest
from ocr_service.releases.store import ReleaseStore


class PublishingStore(ReleaseStore):
    """A writable store. One publisher at a time."""

    def __init__(self, uri: str, signing_key: str | None = None, kind: Kind = "category") -> None:
        """`signing_key`: Ed25519 private key in PEM; None leaves manifests unsigned. Raises ValueError."""
        super().__init__(uri, kind)
        self._key = _private_key(signing_key) if signing_key else None

    def manifest(self, *, trusted: bool = True) -> Manifest | None:
        """The current manifest; None before the first release.

        trusted: it must be signed with our key, or unsigned if we have no key. Raises NotTrusted, StoreError.
        """
        keys = [self._key.public_key()] if self._key and trusted else []
        try:
            data = self.read(self.manifest_file, MAX_MANIFEST_BYTES)
            current = manifest.read(data, keys, self.kind)
        except Missing:
            return None
        except BadManifest as error:
            raise NotTrusted(f"{self.uri}/{self.manifest_file} cannot be read: {error}") from error
        except BadSignature as error:
            raise NotTrusted(f"{error}; check it with `show`, then `sign` it") from error
        except Refused as error:
            raise StoreError(str(error)) from error
        # Services that have the public key would refuse a manifest that is written back without a signature.
        if trusted and not self._key and json.loads(data).get("signature"):
            raise NotTrusted(f"{self.uri}/{self.manifest_file} is signed; set RELEASE_SIGNING_KEY")
        return current

    def write_manifest(self, document: Manifest) -> None:
        """Replace the manifest, and sign it if we have a key. Raises StoreError."""
        fields: dict[str, Any] = document.model_dump(mode="json", by_alias=True)
        if self._key:
            fields["signature"] = b64encode(self._key.sign(manifest.signed_bytes(fields))).decode()
        self._write(self.manifest_file, json.dumps(fields, ensure_ascii=False, indent=1).encode() + b"\n")

    def add(self, name: str, data: bytes) -> None:
        """Write a file that does not exist. Raises VersionTaken if it exists with other content, StoreError."""
        try:
            stored = self.read(name, MAX_FILE_BYTES)
        except Missing:
            self._write(name, data)
        except Refused as error:
            raise StoreError(str(error)) from error
        else:
            if stored != data:
                raise VersionTaken(f"{self.uri}/{name} exists and differs; publish under another version")

    def _write(self, name: str, data: bytes) -> None:
        try:
            files, root = self._opened
            path = f"{root}/{name}"
            if isinstance(files, LocalFileSystem):
                write_atomically(Path(path), data)
            else:
                files.pipe_file(path, data)  # an object of a bucket appears whole or not at all
        except Exception as error:  # every kind of store has its own exceptions, without a common base
            raise StoreError(f"{self.uri}/{name} cannot be written: {type(error).__name__}: {error}") from error


def _private_key(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("expected an Ed25519 private key in PEM")
    return key
