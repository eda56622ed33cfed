"""The release manifest: champion, challenger and previous champions of one kind of model."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ocr_service.releases.errors import BadManifest, BadSignature

Kind = Literal["category", "recogniser"]
"""What is released: the model that predicts categories, and the one that reads lines."""
MAX_MANIFEST_BYTES = 256 * 1024
MAX_FILE_BYTES = 256 * 1024 * 1024
_PEM = re.compile("-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


class Part(BaseModel):
    """Base of every part: immutable. Unknown fields are ignored so that newer publishers can add some."""

    model_config = ConfigDict(frozen=True)


class Tensor(Part):
    """An input or output of the ONNX graph; null in its shape stands for a variable size."""

    name: str
    type: str
    shape: tuple[int | None, ...]


class File(Part):
    """Digest and length of a file."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(gt=0, le=MAX_FILE_BYTES)]


class Release(Part):
    """One version of the model; its files are in the store under `{kind}/{version}/`."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    files: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z]+$")], File], Field(min_length=1)]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the whole release; releases with equal digests are the same."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Manifest(Part):
    """The whole document. `previous`: former champions, latest first."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    model: Kind = "category"
    released_at: AwareDatetime
    champion: Release
    challenger: Release | None = None
    previous: tuple[Release, ...] = ()


def read(data: bytes, public_keys: Sequence[Ed25519PublicKey] = (), kind: Kind = "category") -> Manifest:
    """Parse a manifest. If keys are given, one must verify its signature. Raises BadManifest, BadSignature."""
    try:
        document = json.loads(data)
        manifest = Manifest.model_validate(document)
    except ValidationError as error:
        fields = [".".join(map(str, each["loc"])) for each in error.errors(include_input=False)]
        raise BadManifest(f"not a release manifest: {', '.join(fields[:5])}") from error
    except (ValueError, RecursionError) as error:
        raise BadManifest("not JSON") from error
    if manifest.model != kind:
        raise BadManifest(f"of the model {manifest.model}, not {kind}")
    if public_keys:
        _verify(document, public_keys)
    return manifest


def signed_bytes(document: Mapping[str, Any]) -> bytes:
    """The signed bytes: the document without its signature, as UTF-8 JSON with sorted keys and no spaces."""
    unsigned = {key: value for key, value in document.items() if key != "signature"}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def load_public_keys(text: str) -> list[Ed25519PublicKey]:
    """The Ed25519 keys in PEM text; several during key rotation. Raises ValueError without a valid one."""
    keys = [load_pem_public_key(pem.encode()) for pem in _PEM.findall(text)]
    if not keys or not all(isinstance(key, Ed25519PublicKey) for key in keys):
        raise ValueError("expected Ed25519 public keys in PEM")
    return [key for key in keys if isinstance(key, Ed25519PublicKey)]


def _verify(document: Mapping[str, Any], public_keys: Sequence[Ed25519PublicKey]) -> None:
    try:
        signature = base64.b64decode(document.get("signature") or "", validate=True)
    except (TypeError, ValueError) as error:
        raise BadSignature("the signature is not base64") from error
    for key in public_keys:
        try:
            return key.verify(signature, signed_bytes(document))
        except InvalidSignature:
            continue
    raise BadSignature("the manifest is not signed with a trusted key")
