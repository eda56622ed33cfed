"""No image takes more memory or time than allowed, or harms other images. All memory is measured, by the kernel."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pillow_heif
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ocr_service.errors import BadRequest, BrokenImage, InternalError, NoText, OcrError, TooLarge, UnsupportedImage
from ocr_service.settings import Settings
from ocr_service.vision.image_decoder import ImageDecoder
from ocr_service.vision.photo import DecodingLimits, Photo
from tests.attack.hostile_formats import KINDS, TAKES_LONG, truncated
from tests.support.large_images import ACCEPTED, HOSTILE, REFUSED, encoded, growth, jpeg_of_many_scans, png
from tests.support.waiting import wait_until

MIB = 2**20
BUDGET = 400 * MIB
"""What any image may add to the memory of the resting service."""
SLOW = jpeg_of_many_scans((2000, 2000), 2000)
"""Takes many seconds."""


def limits(memory: int, cpu_seconds: int = 10, seconds: float = 120) -> DecodingLimits:
    defaults = Settings()
    return DecodingLimits(
        max_pixels=defaults.max_pixels,
        working_side=defaults.working_side,
        tall_pixels=defaults.tall_pixels,
        memory=memory,
        cpu_seconds=cpu_seconds,
        seconds=seconds,
    )


@pytest.fixture(scope="module")
def decoder() -> Iterator[ImageDecoder]:
    """With the default limits, but enough time for a busy machine."""
    yield from started(limits(Settings().decode_bytes, cpu_seconds=120))


def started(limited: DecodingLimits) -> Iterator[ImageDecoder]:
    running = ImageDecoder(limited)
    yield running
    running.close()


@pytest.fixture
def dot() -> bytes:
    return encoded(Image.new("RGB", (64, 64), "white"), "PNG")


@pytest.mark.parametrize("kind", ACCEPTED)
def test_the_largest_images_stay_within_the_budget(kind: str, decoder: ImageDecoder) -> None:
    outcome, taken = growth(decoder, ACCEPTED[kind]())
    assert isinstance(outcome, Photo), outcome
    assert outcome.size[0] * outcome.size[1] > 20_000_000
    assert 0 < taken <= BUDGET


@pytest.mark.parametrize("kind", REFUSED)
def test_images_that_need_more_are_refused(kind: str, decoder: ImageDecoder) -> None:
    outcome, taken = growth(decoder, REFUSED[kind]())
    assert isinstance(outcome, TooLarge)
    assert taken <= BUDGET


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_stay_within_the_budget(kind: str, decoder: ImageDecoder, dot: bytes) -> None:
    outcome, taken = growth(decoder, HOSTILE[kind]())
    assert isinstance(outcome, Photo | BrokenImage | NoText | TooLarge), outcome
    assert taken <= BUDGET
    assert decoder.decode(dot).pixels.min() == 255


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - TAKES_LONG))
def test_what_formats_allow_stays_within_the_budget(kind: str, decoder: ImageDecoder) -> None:
    """The slow kinds are part of `make attack`."""
    data = KINDS[kind][1]()
    assert len(data) <= Settings().max_bytes
    outcome, taken = growth(decoder, data)
    assert isinstance(outcome, Photo | BrokenImage | NoText | TooLarge | UnsupportedImage), outcome
    assert taken <= BUDGET


def test_an_image_that_is_cut_off_is_damaged_wherever_it_ends(decoder: ImageDecoder) -> None:
    for name, data in truncated(10):
        outcome, _ = growth(decoder, data)
        assert isinstance(outcome, BrokenImage | UnsupportedImage), name


@pytest.fixture(scope="module")
def tight() -> Iterator[ImageDecoder]:
    """With so little memory that images of some megapixels exceed it."""
    yield from started(limits(64 * MIB, cpu_seconds=120))


def heic(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=10, enc_params={"preset": "ultrafast"})
    return buffer.getvalue()


MODES: dict[str, list[str]] = {
    "JPEG": ["L", "RGB", "CMYK"],
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "WEBP": ["RGB", "RGBA"],
    "HEIF": ["L", "RGB", "RGBA"],
}
OPTIONS: dict[str, st.SearchStrategy[dict[str, object]]] = {
    "JPEG": st.fixed_dictionaries({"progressive": st.booleans(), "subsampling": st.sampled_from([0, 1, 2])}),
    "PNG": st.fixed_dictionaries({"compress_level": st.just(1)}),
    "WEBP": st.fixed_dictionaries({"lossless": st.booleans(), "save_all": st.booleans(), "method": st.just(0)}),
    "HEIF": st.just({}),
}


@settings(max_examples=25)
@given(data=st.data())
def test_an_image_is_decoded_or_too_large(tight: ImageDecoder, data: st.DataObject) -> None:
    """Of any format, mode and size: lack of memory never looks like damage."""
    kind = data.draw(st.sampled_from(sorted(MODES)))
    mode = data.draw(st.sampled_from(MODES[kind]))
    longest = 1200 if kind == "HEIF" else 4000
    size = (data.draw(st.integers(16, longest)), data.draw(st.integers(16, longest)))
    image = Image.radial_gradient("L").resize(size).convert(mode)
    content = heic(image) if kind == "HEIF" else encoded(image, kind, **data.draw(OPTIONS[kind]))
    outcome, taken = growth(tight, content)
    assert isinstance(outcome, Photo | TooLarge), outcome
    assert isinstance(outcome, TooLarge) or outcome.size == size
    # The result is copied once, and the encoded image is in both processes.
    assert taken <= (64 + 3 * 9.5 + 2) * MIB + len(content)


@pytest.mark.parametrize(("number", "error"), [(signal.SIGKILL, InternalError), (signal.SIGSEGV, BrokenImage)])
def test_a_crash_concerns_one_image(decoder: ImageDecoder, dot: bytes, number: int, error: type[OcrError]) -> None:
    with ThreadPoolExecutor(1) as executor:
        outcome = executor.submit(decoder.decode, SLOW)
        wait_until(forks)
        forks()[0].send_signal(number)
        with pytest.raises(error):
            outcome.result()
    assert decoder.decode(dot).size == (64, 64)


def servers() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "image_process" in " ".join(each.cmdline())]


def forks() -> list[psutil.Process]:
    return [fork for each in servers() for fork in each.children()]


def test_the_process_is_started_again(decoder: ImageDecoder, dot: bytes) -> None:
    for each in servers():
        each.kill()
    assert decoder.decode(dot).size == (64, 64)


def test_decoding_takes_a_limited_time(dot: bytes) -> None:
    for decoder in started(limits(Settings().decode_bytes, cpu_seconds=1)):
        with pytest.raises(TooLarge, match="too long"):
            decoder.decode(SLOW)
        assert decoder.decode(dot).size == (64, 64)


def test_a_hanging_decoder_is_ended(dot: bytes) -> None:
    """Not even waiting helps: wall-clock time is limited too."""
    for decoder in started(limits(Settings().decode_bytes, cpu_seconds=60, seconds=0.5)):
        with pytest.raises(InternalError):
            decoder.decode(SLOW)


def test_images_are_decoded_one_at_a_time(decoder: ImageDecoder) -> None:
    sizes = [(100 + number, 200) for number in range(12)]
    images = [encoded(Image.new("RGB", size, (size[0], 0, 0)), "PNG") for size in sizes]
    most, done = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.is_set():
            with suppress(psutil.NoSuchProcess):
                most = max(most, len(forks()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(4) as executor:
        photos = list(executor.map(decoder.decode, images))
    done.set()
    watcher.join()
    assert [photo.size for photo in photos] == sizes
    assert [int(photo.pixels[0, 0, 2]) for photo in photos] == [size[0] for size in sizes]
    assert most <= 1


def test_nothing_remains_open(decoder: ImageDecoder, dot: bytes) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    decoder.decode(dot)
    before = descriptors()
    for data in [dot, b"", b"text", dot[:60], png((30_000, 30_000))] * 3:
        with suppress(BadRequest, UnsupportedImage, BrokenImage, TooLarge):
            decoder.decode(data)
    assert descriptors() == before


def test_errors_arrive_as_they_were_raised(decoder: ImageDecoder) -> None:
    with pytest.raises(UnsupportedImage, match="The body is neither a JPEG, PNG, WebP or HEIC image nor a PDF"):
        decoder.decode(b"just text")
    with pytest.raises(TooLarge, match="7100 x 7100"):
        decoder.decode(png((7100, 7100)))


STARTER = """
import os, psutil
from ocr_service.vision.image_decoder import ImageDecoder
from ocr_service.vision.photo import DecodingLimits
decoder = ImageDecoder(DecodingLimits(10**6, 1000, 10**6, 2**28, 10, 60))
print(*[each.pid for each in psutil.Process().children()], flush=True)
{ending}
"""


@pytest.mark.parametrize("ending", ["decoder.close()", "del decoder", "", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_the_process_ends_with_its_parent(ending: str) -> None:
    output = subprocess.run(
        [sys.executable, "-c", STARTER.format(ending=ending)], capture_output=True, text=True
    ).stdout
    wait_until(lambda: not psutil.pid_exists(int(output)))
