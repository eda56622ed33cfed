"""Every knob of the service, read once from `OCR_…` environment variables."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

Engine = Literal["openvino", "onnxruntime", "paddle"]


class Settings(BaseSettings):
    """Immutable; pass it in, never read the environment elsewhere."""

    model_config = SettingsConfigDict(env_prefix="OCR_", frozen=True, extra="ignore", populate_by_name=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8090,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("OCR_PORT", "PORT"),
        description="Port to listen on; `PORT` works too, as container platforms set it.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info")

    models_dir: Path = Field(
        default=Path(__file__).parent / "models", description="Folder with manifest.json and the model folders."
    )
    detection_dir: Path | None = Field(
        default=None, description="A text detection model of your own instead of the packaged one."
    )
    recognition_dir: Path | None = Field(
        default=None, description="A recognition model of your own instead of the packaged one."
    )
    detection_engine: Engine = Field(default="openvino", description="What runs text detection.")
    recognition_engine: Engine = Field(default="onnxruntime", description="What runs text recognition.")
    threads: PositiveInt = Field(default=2, description="Threads of each inference session.")
    recognition_batch: PositiveInt = Field(default=6, description="Text crops per inference call.")

    max_bytes: PositiveInt = Field(default=10 * 1024 * 1024, description="Largest accepted body.")
    max_pixels: PositiveInt = Field(default=50_000_000, description="Largest accepted image, width x height.")
    working_side: PositiveInt = Field(
        default=3072, description="Photos are scaled down to this longest side (pixels) while decoding."
    )
    detection_pixels: PositiveInt = Field(
        default=1_300_000, description="Text detection sees at most this many pixels at a time."
    )

    queue_length: int = Field(default=4, ge=0, description="Requests that may wait while one is read.")
    busy_retry_after_seconds: PositiveInt = Field(default=5, description="Retry-After of a 503.")
    body_timeout_seconds: PositiveFloat = Field(default=20, description="Time a client has to send its body.")
    read_timeout_seconds: PositiveFloat = Field(default=60, description="Longest wait for a result.")
    shutdown_seconds: PositiveInt = Field(default=30, description="Time open requests get on shutdown.")

    time_zone: str = Field(default="Asia/Seoul", description="Where receipts are printed.")

    release_uri: str | None = Field(
        default=None,
        description="Where category models are released (file:// or gs://); unset, the packaged one stays.",
    )
    release_poll_s: PositiveFloat = Field(default=15, description="Seconds between looks at the release manifest.")
    release_public_key: str | None = Field(
        default=None, description="Ed25519 public key in PEM, or several; set, only signed releases are followed."
    )
    release_cache_dir: Path = Field(
        default_factory=lambda: Path.home() / ".cache" / "jangbogi" / "releases",
        description="Keeps the last good release for a start without the store.",
    )
