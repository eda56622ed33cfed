"""Memory of decoding the largest images of each kind, and those that take too much."""

from __future__ import annotations

from collections.abc import Callable

from ocr_service.errors import OcrError
from ocr_service.settings import Settings
from ocr_service.vision.image_decoder import ImageDecoder
from ocr_service.vision.photo import DecodingLimits
from tests.support.large_images import ACCEPTED, REFUSED, growth


def measure_images(progress: Callable[[str], None]) -> list[str]:
    """A Markdown table of the peak of both processes beyond their resting state, as the kernel recorded it."""
    defaults = Settings()
    decoder = ImageDecoder(
        DecodingLimits(
            max_pixels=defaults.max_pixels,
            working_side=defaults.working_side,
            tall_pixels=defaults.tall_pixels,
            memory=defaults.decode_bytes,
            cpu_seconds=defaults.decode_cpu_s,
            seconds=defaults.read_timeout_s,
        )
    )
    lines = ["| image | megapixels | file, kB | result | MiB |", "|---|---:|---:|---|---:|"]
    for kind, make in {**ACCEPTED, **{f"{kind}, too large": make for kind, make in REFUSED.items()}}.items():
        progress(kind)
        data = make()
        outcome, taken = growth(decoder, data)
        refused = isinstance(outcome, OcrError)
        size = "" if refused else f"{outcome.size[0] * outcome.size[1] / 1e6:.1f}"
        result = f"{outcome.status} `{outcome.code}`" if refused else "decoded"
        lines.append(f"| {kind} | {size} | {len(data) / 1000:.0f} | {result} | {max(0, taken) / 2**20:.0f} |")
    decoder.close()
    return lines
