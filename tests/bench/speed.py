"""Time, CPU time and memory of the OCR service beside other readers, in turns on the same photos.

Seconds differ between machines and hours; ratios to another reader in the same run do not.
"""

from __future__ import annotations

import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from readers import OurService, Reader, our_service

from ocr_service.category.classifier import CategoryClassifier
from ocr_service.reader import ReceiptReader
from ocr_service.settings import Settings
from ocr_service.vision import models
from ocr_service.vision.inference import Array

Progress = Callable[[str], None]


@dataclass
class Times:
    """Wall and CPU seconds of each reading of one photo."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, reader: Reader, photo: Path) -> None:
        """Read the photo once more."""
        cpu, start = _cpu_s(reader), time.perf_counter()
        reader.lines(photo)
        self.wall.append(time.perf_counter() - start)
        self.cpu.append(_cpu_s(reader) - cpu)

    def medians(self) -> tuple[float, float]:
        """p50 of wall and CPU seconds."""
        return statistics.median(self.wall), statistics.median(self.cpu)


def measure_against_peers(
    service: OurService, peers: Sequence[Reader], photos: Sequence[Path], rounds: int, progress: Progress
) -> list[str]:
    """A Markdown table of p50 for each photo and reader. Peers read the first photo only; ratios refer to theirs."""
    times = {(reader.name, photo): Times() for reader in (service, *peers) for photo in photos}
    for photo in photos:
        service.read(photo)
    for number in range(1, rounds + 1):
        for photo in photos:
            times[service.name, photo].add(service, photo)
        for peer in peers if number <= max(2, rounds // 4) else []:  # they take many times as long
            times[peer.name, photos[0]].add(peer, photos[0])
        progress(f"round {number} of {rounds}")
    references = {peer.name: times[peer.name, photos[0]].medians() for peer in peers}
    lines = ["| reader | photo | lines | p50 s | CPU s | ", "|---|---|---:|---:|---:|"]
    for name in references:
        lines[0] += f"of {name}: time | CPU | "
        lines[1] += "---:|---:|"
    for (name, photo), measured in times.items():
        if not measured.wall:
            continue
        wall, cpu = measured.medians()
        ratios = "".join(f" {wall / other[0]:.3f} | {cpu / other[1]:.3f} |" for other in references.values())
        count = len(service.lines(photo)) if name == service.name else ""
        lines.append(f"| {name} | {photo.name} | {count} | {wall:.2f} | {cpu:.2f} |{ratios}")
    return lines


def measure_overhead(photo: Path, rounds: int) -> str:
    """How much longer a whole reading takes than the same model calls one after the other, in turns in this process."""
    calls: list[Callable[[], object]] = []
    load, categorise = models.load_session, CategoryClassifier.probabilities

    class RecordedSession:
        def __init__(self, *arguments: Any) -> None:
            self.session = load(*arguments)
            self.release = self.session.release

        def __call__(self, x: Array) -> Array:
            calls.append(lambda: self.session(x))
            return self.session(x)

    def recorded(classifier: CategoryClassifier, texts: Sequence[str]) -> np.ndarray:
        calls.append(lambda: categorise(classifier, texts))
        return categorise(classifier, texts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "load_session", RecordedSession)
        patch.setattr(CategoryClassifier, "probabilities", recorded)
        reader = ReceiptReader(Settings(), lambda: datetime.now(UTC))
        data, ratios = photo.read_bytes(), []
        for _ in range(rounds + 1):
            calls.clear()
            whole = _seconds(lambda: reader.read(data, "bench"))
            bare = _seconds(lambda: [call() for call in calls])
            ratios.append(whole / bare)
        reader.close()
    return f"Whole reading over its model calls alone, p50: {statistics.median(ratios[1:]):.2f}"


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure_function_start(rounds: int = 5) -> str:
    """From process start until the module of the functions is imported."""
    walls = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import functions.main"], check=True)
        walls.append(time.perf_counter() - start)
    return f"Functions, process start to imported, p50: {statistics.median(walls):.2f} s"


def compare_revisions(revision: str, photos: Sequence[Path], rounds: int, logs: Path, progress: Progress) -> list[str]:
    """This version and another one in turns, with the packages that are installed now."""
    with (
        _checkout(revision, logs / "revision") as folder,
        our_service(logs / "ocr_service.log") as present,
        our_service(logs / "ocr_service_other.log", folder=folder, name=revision) as other,
    ):
        lines = ["| photo | version | p50 s | CPU s | ready after s | resident MiB |", "|---|---|---:|---:|---:|---:|"]
        for photo in photos:
            times = {service.name: Times() for service in (present, other)}
            for number in range(rounds + 1):
                for service in (present, other) if number % 2 else (other, present):
                    (times[service.name] if number else Times()).add(service, photo)  # the first warms up
            progress(photo.name)
            for service in (present, other):
                wall, cpu = times[service.name].medians()
                lines.append(
                    f"| {photo.name} | {service.name} | {wall:.2f} | {cpu:.2f} | {service.ready_after_s:.1f} "
                    f"| {service.resident_mib():.0f} |"
                )
        return lines


def profile(service: OurService, photos: Sequence[Path], rounds: int, output: Path) -> None:
    """Write a flame graph (SVG) of the service while it reads."""
    for photo in photos:
        service.read(photo)
    command = [Path(sys.executable).parent / "py-spy", "record", "--pid", str(service.pid), "--native"]
    recorder = subprocess.Popen([*map(str, command), "--output", str(output), "--format", "flamegraph"])
    for _ in range(rounds):
        for photo in photos:
            service.read(photo)
    recorder.send_signal(2)  # it writes its file when it is interrupted
    recorder.wait(60)
    title = r'(<text id="title"[^>]*>)[^<]*'  # otherwise the command with its paths
    graph = re.sub(title, r"\1The OCR service while it reads receipts", output.read_text(encoding="utf-8"))
    output.write_text(graph, encoding="utf-8")


@contextmanager
def _checkout(revision: str, folder: Path) -> Iterator[Path]:
    """A work tree of another revision."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "worktree", "prune"], check=True)
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", folder, revision], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", folder], check=True)


def _cpu_s(reader: Reader) -> float:
    """CPU seconds that a reader has used so far: its process and those that this or that one started."""
    if isinstance(reader, OurService):
        process = psutil.Process(reader.pid)
        return sum(
            each.user + each.system + each.children_user + each.children_system
            for each in (one.cpu_times() for one in (process, *process.children(recursive=True)))
        )
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
