"""Measures the budgets, next to other OCR readers on the same photos in the same run.

    make bench                       the generated photos of the tests
    make bench PHOTOS=folder         your own, with a labels.json beside them

Prints Markdown, ready for docs/quality.md.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from barcode import measure_barcode_alone
from database import measure_hot_calls
from doubt import measure_doubt
from images import measure_images
from PIL import Image
from pipeline import measure_pipeline
from readers import OurService, Reader, StockRapidOCR, Tesseract, has_tesseract, our_service
from scoring import Score
from speed import compare_revisions, measure_against_peers, measure_function_start, measure_overhead, profile

from model_export.text_models.folders import FONTS
from model_export.text_models.synthesis.pages import page_renderer
from model_export.text_models.synthesis.single_lines import VALIDATION_SEED
from ocr_service.category.classifier import CategoryClassifier

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "receipts"
LOGS = ROOT / ".local" / "bench"
SOAK_STEP = 50
"""Receipts between two memory measurements."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def progress(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def measure_service(service: OurService, photo: Path, rounds: int) -> list[str]:
    """Time of each stage, reading one photo repeatedly."""
    service.read(photo)
    stages: dict[str, list[float]] = {}
    walls = []
    for _ in range(rounds):
        start = time.perf_counter()
        answer = service.read(photo)
        walls.append(time.perf_counter() - start)
        for stage, milliseconds in answer["timings_ms"].items():
            stages.setdefault(stage, []).append(milliseconds)
    lines = [
        f"`{photo.name}`, {len(answer['lines'])} text lines, {rounds} readings, warm:",
        "",
        "| stage | p50 ms | p95 ms |",
        "|---|---:|---:|",
    ]
    lines += [f"| {name} | {statistics.median(t):.0f} | {percentile(t, 0.95):.0f} |" for name, t in stages.items()]
    return [
        *lines,
        f"| **whole request** | **{statistics.median(walls) * 1000:.0f}** | **{percentile(walls, 0.95) * 1000:.0f}** |",
        "",
        f"Process start to ready: {service.ready_after_s:.1f} s. "
        f"Resident memory after {rounds + 1} receipts: {service.resident_mib():.0f} MiB.",
    ]


def soak_service(service: OurService, photos: Sequence[Path], receipts: int) -> list[str]:
    """Memory over many receipts of different sizes, which grow caches."""
    lines = ["", "| receipts of all sizes read | resident MiB |", "|---:|---:|"]
    for number in range(1, receipts + 1):
        service.read(photos[number % len(photos)])
        if number % SOAK_STEP == 0:
            lines.append(f"| {number} | {service.resident_mib():.0f} |")
            progress(f"{number} of {receipts} receipts read")
    return lines


def draw_receipts(folder: Path, count: int) -> None:
    """Draw receipts in typefaces and with products that were kept out of training, with the printed texts as labels.

    Raises FontMissingError.
    """
    source = page_renderer(FONTS, VALIDATION_SEED, held_out=True)
    folder.mkdir(parents=True, exist_ok=True)
    labels = []
    for number in range(count):
        page, image = source.page(), f"{number}.jpg"
        Image.fromarray(page.image[..., ::-1]).save(folder / image, quality=90)
        names = [{"name": text, "amount": None} for text in page.texts if len(re.findall("[가-힣]", text)) > 1]
        numbers = [text for text in page.texts if re.fullmatch(r"\d{1,3}(,\d{3})+", text)]
        amounts = [{"name": "", "amount": int(number.replace(",", ""))} for number in numbers]
        labels.append({"image": image, "items": names + amounts})
    (folder / "labels.json").write_text(json.dumps({"receipts": labels}, ensure_ascii=False), encoding="utf-8")


def compare_readers(
    readers: Sequence[Reader], service: OurService, photos: Path, *, as_receipt: bool = True
) -> list[str]:
    """Scores of all readers on the labelled photos of a folder. as_receipt: also ours on items, dates and totals."""
    labels = json.loads((photos / "labels.json").read_text(encoding="utf-8"))["receipts"]
    lines = [
        f"{len(labels)} photos, {sum(len(each['items']) for each in labels)} items:",
        "",
        "| reader | s per photo (p50) | item names exact | character error of names | amounts |",
        "|---|---:|---:|---:|---:|",
    ]
    for reader in readers:
        progress(f"{reader.name} on {len(labels)} photos")
        score, times = Score(), []
        for label in labels:
            start = time.perf_counter()
            read = reader.lines(photos / label["image"])
            times.append(time.perf_counter() - start)
            score.add_lines(label, read)
        lines.append(
            f"| {reader.name} | {statistics.median(times):.2f} | {score.name_exact:.0%} "
            f"| {score.character_error:.1%} | {score.amount:.0%} |"
        )
    if not as_receipt:
        return lines
    structured = Score()
    for label in labels:
        try:
            structured.add_receipt(label, service.read(photos / label["image"]))
        except OSError:
            structured.add_receipt(label, {"items": [], "receipt": {"purchased_at": None, "total": None}})
    return [
        *lines,
        "",
        f"As a receipt (only Jangbogi gives one): items with amount and quantity right and at most 15 % of the name "
        f"wrong, F1 {structured.item_f1:.2f}; date and total right {structured.field:.0%}.",
    ]


def measure_classifier() -> list[str]:
    """Time per item, alone and in a batch as in receipts."""
    classifier = CategoryClassifier.load(ROOT / "ocr_service" / "models" / "category")
    names = [f"풀무원)국산콩두부 {number}g" for number in range(30)]
    classifier.predict(names)
    one = [_timed(lambda: classifier.predict(names[:1])) for _ in range(200)]
    batch = [_timed(lambda: classifier.predict(names)) / len(names) for _ in range(50)]
    return [
        f"One item alone: {statistics.median(one) * 1e6:.0f} µs; in a batch of 30: "
        f"{statistics.median(batch) * 1e6:.0f} µs an item."
    ]


def _timed(call: Any) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, action="append", help="folder of photos with labels.json")
    parser.add_argument("--rounds", type=int, default=20, help="readings of the speed photo (default 20)")
    parser.add_argument("--soak", type=int, default=0, help="also read this many receipts and report memory")
    parser.add_argument("--burst", type=int, default=100, help="concurrent uploads in the pipeline part (0: skip it)")
    parser.add_argument("--drawn", type=int, default=0, help="also compare readers on this many drawn receipts")
    parser.add_argument("--images", action="store_true", help="only measure the memory of decoding the largest images")
    parser.add_argument("--doubt", action="store_true", help="only measure doubt on PHOTOS, leaving one store out")
    parser.add_argument("--against", metavar="REV", help="only compare the OCR service with another revision, in turns")
    parser.add_argument(
        "--database", type=int, metavar="USERS", help="only measure database calls on the rows of this many users"
    )
    parser.add_argument("--barcodes", action="store_true", help="only measure barcode lookups, on a local stack")
    parser.add_argument("--profile", type=Path, metavar="SVG", help="only write a flame graph of the OCR service")
    options = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    photos = [FIXTURES / "long.jpg", FIXTURES / "convenience.jpg"]
    if options.against:
        print("\n".join(compare_revisions(options.against, photos, options.rounds, LOGS, progress)))
        return
    if options.profile:
        with our_service(LOGS / "ocr_service.log") as service:
            profile(service, photos, options.rounds, options.profile)
        return
    if options.barcodes:
        print("\n".join(measure_barcode_alone(LOGS / "stack", progress)))
        return
    if options.database:
        print("\n".join(measure_hot_calls(options.database)))
        return
    if options.doubt:
        for folder in options.photos or [FIXTURES]:
            print("\n".join(measure_doubt(folder, progress)))
        return
    if options.images:
        print("\n".join(measure_images(progress)))
        return

    print("## Speed and memory of the OCR service\n")
    with our_service(LOGS / "ocr_service.log") as service:
        print("\n".join(measure_service(service, FIXTURES / "long.jpg", options.rounds)), flush=True)
        if options.soak:
            print("\n".join(soak_service(service, sorted(FIXTURES.glob("*.jpg")), options.soak)), flush=True)
        readers: list[Reader] = [service, StockRapidOCR()]
        if has_tesseract():
            readers.append(Tesseract())
        else:
            print("Skipped Tesseract: its Korean data is not installed (Debian: tesseract-ocr-kor).\n")
        print()
        print("\n".join(measure_against_peers(service, readers[1:], photos, options.rounds, progress)), flush=True)
        print(f"\n{measure_overhead(photos[0], options.rounds)}\n\n{measure_function_start()}", flush=True)
        print("\n## Comparison with other readers\n")
        for folder in [FIXTURES, *(options.photos or [])]:
            print("\n".join(compare_readers(readers, service, folder)), end="\n\n", flush=True)
        if options.drawn:
            draw_receipts(LOGS / "drawn", options.drawn)
            print("\n".join(compare_readers(readers, service, LOGS / "drawn", as_receipt=False)), end="\n\n")
    print("## Classifier\n")
    print("\n".join(measure_classifier()), flush=True)
    if options.burst:
        print("\n## Upload to reviewed items\n")
        print("\n".join(measure_pipeline(LOGS / "stack", FIXTURES / "convenience.jpg", options.burst, progress)))


if __name__ == "__main__":
    main()
