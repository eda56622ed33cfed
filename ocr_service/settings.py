"""The settings of the service, read once from `OCR_…` environment variables."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

Engine = Literal["openvino", "onnxruntime", "paddle"]
Precision = Literal["float32", "bfloat16"]


class Settings(BaseSettings):
    """Immutable. Passed as an argument; the environment is read nowhere else."""

    model_config = SettingsConfigDict(env_prefix="OCR_", frozen=True, extra="ignore", populate_by_name=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8090,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("OCR_PORT", "PORT"),
        description="Port to listen on; `PORT`, which container platforms set, works too.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe level that is logged."
    )

    traces_exporter: Literal["none", "console", "otlp", "google"] = Field(
        default="none", description="console: standard error; otlp: a collector or Jaeger; google: Cloud Trace."
    )
    traces_endpoint: str = Field(
        default="http://127.0.0.1:4318/v1/traces", description="Where the exporter `otlp` sends spans, over HTTP."
    )
    traces_sample: float = Field(
        default=1.0, ge=0, le=1, description="Share of the traces recorded of calls that come without a trace."
    )
    traces_project: str = Field(default="", description="Google Cloud project of the traces; log lines name it.")

    models_dir: Path = Field(
        default=Path(__file__).parent / "models", description="Folder with manifest.json and the model folders."
    )
    detection_dir: Path | None = Field(
        default=None, description="Folder of a custom text detection model that replaces the packaged one."
    )
    recognition_dir: Path | None = Field(
        default=None, description="Folder of a custom recognition model that replaces the packaged one."
    )
    detection_engine: Engine = Field(default="openvino", description="Inference engine of text detection.")
    recognition_engine: Engine = Field(default="openvino", description="Inference engine of text recognition.")
    precision: Literal["auto", "float32"] = Field(
        default="auto", description="auto: OpenVINO computes in bfloat16 where the processor has units for it."
    )
    threads: PositiveInt = Field(default=2, description="Threads per inference session.")
    recognition_batch: PositiveInt = Field(default=6, description="Text crops per inference call.")

    max_bytes: PositiveInt = Field(default=10 * 1024 * 1024, description="Largest accepted body, bytes.")
    max_pixels: PositiveInt = Field(default=50_000_000, description="Largest accepted image, width x height in pixels.")
    decode_bytes: PositiveInt = Field(
        default=380 * 1024 * 1024,
        description="Memory that decoding an image may take, bytes; images that take more get 413.",
    )
    decode_cpu_s: PositiveInt = Field(
        default=10, description="CPU time that decoding an image may take, seconds; images that take more get 413."
    )
    working_side: PositiveInt = Field(
        default=3072, description="Longest side in pixels to which photos are scaled down while decoding."
    )
    tall_pixels: PositiveInt = Field(
        default=12_000_000, description="Pixel limit for very tall photos, in place of `working_side`."
    )
    detection_pixels: PositiveInt = Field(
        default=1_300_000, description="Largest image, in pixels, on which text detection runs."
    )

    queue_length: int = Field(default=4, ge=0, description="Requests that may wait while a photo is read.")
    busy_retry_after_s: PositiveInt = Field(default=5, description="Retry-After of 503 responses, seconds.")
    headers_timeout_s: PositiveFloat = Field(default=10, description="Time limit for receiving headers, seconds.")
    body_timeout_s: PositiveFloat = Field(default=20, description="Time limit for receiving a body, seconds.")
    receiving: PositiveInt = Field(
        default=16, description="Bodies received at a time; one more displaces the one that has been arriving longest."
    )
    queue_timeout_s: PositiveFloat = Field(
        default=12, description="How long a photo waits for others before it is refused as busy, seconds."
    )
    read_timeout_s: PositiveFloat = Field(
        default=30, description="Time limit for reading a photo, without the time in the queue, seconds."
    )
    shutdown_s: PositiveInt = Field(default=30, description="Time limit for open requests on shutdown, seconds.")

    time_zone: str = Field(default="Asia/Seoul", description="Time zone of the receipts; decides which day is today.")

    release_uri: str | None = Field(
        default=None,
        description="Store of model releases (file:// or gs://); unset: the packaged models are used.",
    )
    release_poll_s: PositiveFloat = Field(default=15, description="Seconds between polls of the release manifest.")
    release_public_key: str | None = Field(
        default=None,
        description="One or more Ed25519 public keys in PEM; if set, releases must be signed with one of them.",
    )
    release_cache_dir: Path = Field(
        default_factory=lambda: Path.home() / ".cache" / "jangbogi" / "releases",
        description="Cache of the last good release, used if the store is unavailable at start.",
    )
