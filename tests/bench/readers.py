"""The readers to compare: ours over HTTP, stock RapidOCR, and Tesseract, each in its default configuration."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil
import requests
from PIL import Image, ImageOps

from local.processes.service import Service, answers, free_port

ROOT = Path(__file__).resolve().parents[2]


class Reader(Protocol):
    """Reads a photo into lines of text, top to bottom."""

    name: str

    def lines(self, photo: Path) -> list[str]: ...


@dataclass
class OurService:
    """The OCR service in its own process."""

    url: str
    pid: int
    ready_after_s: float
    name: str = "Jangbogi"

    def read(self, photo: Path) -> dict[str, Any]:
        """The response, contract v1. Raises: requests.HTTPError."""
        answer = requests.post(
            f"{self.url}/v1/receipts", photo.read_bytes(), headers={"Content-Type": "image/jpeg"}, timeout=120
        )
        answer.raise_for_status()
        return dict(answer.json())

    def lines(self, photo: Path) -> list[str]:
        try:
            return [line["text"] for line in self.read(photo)["lines"]]
        except requests.HTTPError:
            return []

    def resident_mib(self) -> float:
        """Memory of the process and its children, MiB."""
        process = psutil.Process(self.pid)
        return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 2**20


@contextmanager
def our_service(log: Path, folder: Path = ROOT, name: str = OurService.name) -> Iterator[OurService]:
    """Start the service with the sources in a folder, and stop it at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    service = Service(
        "OCR service",
        [sys.executable, "-m", "ocr_service", "serve"],
        {"OCR_HOST": "127.0.0.1", "OCR_PORT": str(port), "PYTHONPATH": str(folder)},
        log,
        answers(f"{url}/readyz"),
        folder=folder,
    )
    start = time.monotonic()
    service.start()
    try:
        service.wait()
        assert service.process is not None
        yield OurService(url, service.process.pid, time.monotonic() - start, name)
    finally:
        service.stop()


class StockRapidOCR:
    """RapidOCR 3 by default: PP-OCRv6 small, which does not read Hangul."""

    name = "RapidOCR (stock)"

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine = RapidOCR()

    def lines(self, photo: Path) -> list[str]:
        return list(self._engine(str(photo)).txts or ())


class Tesseract:
    """Tesseract with Korean and English, one column of text of variable sizes (page segmentation mode 4)."""

    name = "Tesseract (kor+eng)"

    def lines(self, photo: Path) -> list[str]:
        import pytesseract

        with Image.open(photo) as image:
            text = pytesseract.image_to_string(ImageOps.exif_transpose(image), lang="kor+eng", config="--psm 4")
        return [line for line in text.splitlines() if line.strip()]


def has_tesseract() -> bool:
    """Whether the program and its Korean data, a separate package, are installed."""
    if not shutil.which("tesseract"):
        return False
    import pytesseract

    return {"kor", "eng"} <= set(pytesseract.get_languages())
