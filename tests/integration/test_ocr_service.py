"""The OCR service as a process with its real models, over HTTP and on the command line."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr_service import golden
from ocr_service.contract import ReceiptResponse
from ocr_service.errors import OcrError
from ocr_service.settings import Settings
from tests.support import memory
from tests.support.large_images import ACCEPTED, PHONE, REFUSED, encoded
from tests.support.pdfs import pdf_of_images
from tests.support.small_photo import ONE_FOOD, small

MODELS = Settings().models_dir
GOLDEN = (MODELS / "golden" / "receipt.png").read_bytes()
EXPECTED = json.loads((MODELS / "golden" / "expected.json").read_text(encoding="utf-8"))
RECEIPT, EXPECTED_ITEM = ONE_FOOD, EXPECTED | {"total": None, "items": EXPECTED["items"][:1]}
"""A part of the same receipt, for tests of anything else than reading."""
MAX_BYTES = 3_000_000


SERVE = shlex.split(os.environ.get("OCR_SERVE", "")) or [sys.executable, "-m", "ocr_service", "serve"]
"""Command that starts the server. `make test-container` sets one that starts it from the image."""


class Service:
    """A running server; `log` has the JSON objects that it logged."""

    def __init__(self, group: memory.Cgroup | None = None, **environment: str) -> None:
        self.log: list[dict] = []
        self.process = subprocess.Popen(
            SERVE,
            env=os.environ | {"OCR_PORT": "0"} | environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        if group:
            group.add(self.process.pid)
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))
            if match := re.search(r"running on (http://\S+)", self.log[-1]["message"]):
                self.url = match[1]
                break
        else:
            self.process.wait()
            self.process.stderr.close()
            raise AssertionError(self.log)
        self._follower = threading.Thread(target=self._follow)
        self._follower.start()

    def _follow(self) -> None:
        assert self.process.stderr is not None
        self.log += [json.loads(line) for line in self.process.stderr]

    def read(self, data: bytes, **headers: str) -> httpx.Response:
        return httpx.post(f"{self.url}/v1/receipts", content=data, headers=headers, timeout=60)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self._follower.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture(scope="module")
def group() -> Iterator[memory.Cgroup | None]:
    """The control group of the service, if this process may make one and the service is not in a container."""
    with memory.cgroup() as group:
        yield None if "OCR_SERVE" in os.environ else group


@pytest.fixture(scope="module")
def service(group: memory.Cgroup | None) -> Iterator[Service]:
    threads = str(Settings.model_fields["threads"].default)
    running = Service(OCR_QUEUE_LENGTH="1", OCR_MAX_BYTES=str(MAX_BYTES), OCR_THREADS=threads, group=group)
    yield running
    running.stop()


def every_error(base: type[OcrError]) -> Iterator[type[OcrError]]:
    for error in base.__subclasses__():
        yield error
        yield from every_error(error)


def png(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def receipt_image(data: bytes = GOLDEN) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("L")


def summary(answer: httpx.Response) -> dict:
    assert answer.status_code == 200, answer.text
    return golden.summary(ReceiptResponse.model_validate_json(answer.content))


def test_reads_a_receipt(service: Service) -> None:
    answer = service.read(GOLDEN, **{"X-Request-Id": "abc-123"})
    assert summary(answer) == EXPECTED
    assert answer.headers["x-request-id"] == "abc-123"
    body = answer.json()
    assert body["request_id"] == "abc-123"
    assert body["receipt"]["totals_match"] is True
    assert body["warnings"] == []
    assert [item["category"]["code"] for item in body["items"]] == ["dairy", "vegetable", "non_food"]
    assert [item["kind"] for item in body["items"]] == ["food", "food", "non_food"]
    assert body["items"][0]["expires_on"] > "2025-03-14"
    assert body["items"][2]["expires_on"] is None
    models = {"paper", "detection", "recognition", "language", "category"}
    assert set(body["model_versions"]) == {*models, "precision"}
    assert body["model_versions"]["precision"] in ("float32", "bfloat16")


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_photos_read_the_same(service: Service, degrees: int) -> None:
    upright = receipt_image(small("PNG"))
    answer = service.read(png(upright.rotate(degrees, expand=True, fillcolor=255)))
    assert summary(answer) == EXPECTED
    assert answer.json()["warnings"] == ["turned"]
    box = answer.json()["items"][0]["box"]
    assert box[2] <= upright.width + 2


def test_a_pdf_is_read_as_its_pages(service: Service) -> None:
    """The lower part of the receipt is on the second page."""
    whole = receipt_image().convert("RGB")
    middle = _gap(whole)
    parts = [whole.crop((0, 0, whole.width, middle)), whole.crop((0, middle, whole.width, whole.height))]
    response = service.read(pdf_of_images(parts, dpi=100))
    actual = summary(response)
    assert [item[2] for item in actual["items"]] == [item[2] for item in EXPECTED["items"]]
    assert actual["total"] == EXPECTED["total"]
    assert response.json()["lines"][-1]["box"][3] > 3 * middle, "in pixels at 300 dots per inch"


def _gap(image: Image.Image) -> int:
    """A row of the lower half without ink."""
    pixels = np.asarray(image.convert("L"))
    return next(y for y in range(len(pixels) // 2, len(pixels)) if pixels[y - 3 : y + 3].min() > 200)


def test_tilted_photo_on_a_dark_table(service: Service) -> None:
    table = Image.new("L", (1600, 1600), 60)
    paper = receipt_image().rotate(6, expand=True, fillcolor=60, resample=Image.Resampling.BICUBIC)
    table.paste(paper, (700, 500))
    actual = summary(service.read(png(table, "JPEG")))
    assert [item[2] for item in actual["items"]] == [item[2] for item in EXPECTED["items"]]
    assert actual["total"] == EXPECTED["total"]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "bad_request"),
        (b"hello, this is text", 415, "unsupported_image"),
        (b"%PDF-1.7 ...", 422, "broken_image"),
        (GOLDEN[:3000], 422, "broken_image"),
        (b"\xff\xd8\xff\xe0" + bytes(500), 422, "broken_image"),
        (png(Image.new("RGB", (800, 600), "white"), "JPEG"), 422, "no_text"),
        (png(Image.new("L", (9000, 9000))), 413, "too_large"),
        (png(Image.new("L", (8, 8))), 422, "no_text"),
        (b"\xff\xd8\xff" + bytes(MAX_BYTES), 413, "too_large"),
    ],
    ids=["empty", "text", "pdf", "cut off", "header only", "blank", "pixels", "tiny", "bytes"],
)
def test_invalid_images_get_a_clear_error(service: Service, data: bytes, status: int, code: str) -> None:
    answer = service.read(data)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["retryable"] is False
    assert set(problem) == {"type", "title", "status", "detail", "code", "retryable", "request_id"}


@pytest.mark.parametrize(("size", "gap"), [(18, 70), (13, 0)], ids=["figures", "lines"])
def test_a_photo_full_of_text_holds_up_no_others(service: Service, size: int, gap: int) -> None:
    """Less than a megabyte that would take minutes to read: thousands of figures, or hundreds of long lines."""
    image = Image.new("L", (1080, 5_500), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for y in range(0, image.height, size + 4):
        for x in range(0, image.width, gap or image.width):
            text = f"{(7 * x + 11 * y) % 1000:03}" if gap else f"{y}abcdefgh2345" * 15
            draw.text((x, y), text, font=font, fill=0)
    answer = service.read(png(image))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "more text" in answer.json()["detail"]


def test_an_endless_body_is_refused(service: Service) -> None:
    def endless() -> Iterator[bytes]:
        yield b"\xff\xd8\xff"
        for _ in range(MAX_BYTES // 65536 + 2):
            yield bytes(65536)

    answer = httpx.post(f"{service.url}/v1/receipts", content=endless(), timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nothing", 404, "not_found"), ("GET", "/v1/receipts", 405, "method_not_allowed")],
)
def test_unknown_paths_and_methods(service: Service, method: str, path: str, status: int, code: str) -> None:
    answer = httpx.request(method, f"{service.url}{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_malformed_request_id_is_replaced(service: Service) -> None:
    answer = service.read(b"text", **{"X-Request-Id": "two words {}"})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_a_request_is_rejected_when_the_queue_is_full(service: Service) -> None:
    together = threading.Barrier(6)

    def send(_: int) -> httpx.Response:
        together.wait()
        return service.read(GOLDEN)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    busy = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {200, 503}
    for answer in busy:
        assert answer.headers["retry-after"] == "5"
        assert (answer.json()["code"], answer.json()["retryable"]) == ("busy", True)


def test_an_urgent_photo_finds_a_place_in_a_full_queue(service: Service) -> None:
    together = threading.Barrier(7)

    def send(urgency: int) -> tuple[int, int]:
        together.wait()
        return urgency, service.read(GOLDEN, Priority=f"u={urgency}").status_code

    with ThreadPoolExecutor(7) as pool:
        answers = list(pool.map(send, [7, 7, 7, 7, 7, 7, 0]))
    assert (0, 200) in answers
    assert (7, 503) in answers


def test_a_disconnected_client_releases_its_place(service: Service) -> None:
    host, port = service.url.removeprefix("http://").split(":")
    for sent in (RECEIPT[:100], RECEIPT):
        with socket.create_connection((host, int(port))) as client:
            head = f"POST /v1/receipts HTTP/1.1\r\nHost: x\r\nContent-Length: {len(RECEIPT)}\r\n\r\n"
            client.sendall(head.encode() + sent)
    # Both places are free once the engine is done, so this request succeeds.
    answer = service.read(RECEIPT)
    while answer.status_code == 503:
        answer = service.read(RECEIPT)
    assert summary(answer) == EXPECTED_ITEM
    assert "ocr_in_flight 0.0" in httpx.get(f"{service.url}/metrics").text


def address(service: Service) -> tuple[str, int]:
    host, port = service.url.removeprefix("http://").split(":")
    return host, int(port)


def raw(service: Service, *pieces: bytes) -> bytes:
    """Everything that the service sends to a client that sends these bytes, until it closes the connection."""
    with socket.create_connection(address(service), timeout=60) as client:
        for piece in pieces:
            client.sendall(piece)
        answer = b""
        while data := client.recv(65536):
            answer += data
        return answer


CHUNKED = b"POST /v1/receipts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        CHUNKED + b"zz\r\n",
        CHUNKED + b"-1\r\nx\r\n",
        CHUNKED + b"5\r\nhello!!\r\n",
        CHUNKED + b"3\r\nabc\r\n\xff\r\n",
        CHUNKED + b"3\r\nabc\r\n" + b"0" * 70_000,
        CHUNKED.replace(b"chunked", b"gzip, chunked") + b"0\r\n\r\n",
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: x\r\n\r\n"),
        b"POST /v1/receipts HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/receipts HTTP/1.1\r\nHost : x\r\n\r\n",
        b"\x16\x03\x01\x00\xa5 a TLS handshake\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 66_000,
    ],
)
def test_malformed_http_is_a_bad_request_without_a_traceback(service: Service, request_bytes: bytes) -> None:
    start = len(service.log)
    head, _, body = raw(service, request_bytes).partition(b"\r\n\r\n")
    assert int(head.split()[1]) in (400, 501)
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad_request"
    assert httpx.get(f"{service.url}/healthz").status_code == 200
    assert not [line for line in service.log[start:] if "exception" in line or line["severity"] == "ERROR"]


def test_slow_senders_hold_no_place_in_the_queue(service: Service) -> None:
    """Of headers and of bodies, of which some bytes have arrived, or all but one."""
    head = f"POST /v1/receipts HTTP/1.1\r\nHost: x\r\nContent-Length: {len(RECEIPT)}\r\n\r\n".encode()
    starts = [b"", b"POST", head[:-1], head, head + RECEIPT[:-1]] * 8
    with ExitStack() as stack:
        for start in starts:
            client = stack.enter_context(socket.create_connection(address(service), timeout=60))
            client.sendall(start)
        for _ in range(3):
            assert summary(service.read(RECEIPT)) == EXPECTED_ITEM
        assert "ocr_in_flight 0.0" in httpx.get(f"{service.url}/metrics").text


def test_headers_and_bodies_have_a_time_limit() -> None:
    impatient = Service(OCR_HEADERS_TIMEOUT_S="0.3", OCR_BODY_TIMEOUT_S="0.3")
    try:
        head = b"POST /v1/receipts HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
        second = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /healthz HTTP/1.1\r\nHost:"
        for start in (b"", b"GET /healthz HT", head[:-2], head, head + b"12345678", second):
            answers = raw(impatient, start).split(b"HTTP/1.1 ")[1:]
            assert [answer[:3] for answer in answers] == ([b"200"] if start is second else []) + [b"408"]
            assert json.loads(answers[-1].partition(b"\r\n\r\n")[2])["code"] == "slow_client"
        # A connection without a request under way may stay open.
        with httpx.Client(base_url=impatient.url) as client:
            assert client.get("/healthz").status_code == 200
    finally:
        impatient.stop()


def test_the_body_that_takes_longest_is_given_up_for_a_new_one() -> None:
    crowded = Service(OCR_RECEIVING="2")
    head = f"POST /v1/receipts HTTP/1.1\r\nHost: x\r\nContent-Length: {len(RECEIPT)}\r\n\r\n".encode()
    try:
        with ExitStack() as stack:
            senders = []
            for _ in range(3):
                client = stack.enter_context(socket.create_connection(address(crowded), timeout=60))
                client.sendall(head + RECEIPT[:-1])
                senders.append(client)
                # Its turn to arrive has come once the service has answered a later request.
                assert httpx.get(f"{crowded.url}/healthz").status_code == 200
            assert senders[0].recv(65536).startswith(b"HTTP/1.1 408")
            assert summary(crowded.read(RECEIPT)) == EXPECTED_ITEM
            assert senders[1].recv(65536).startswith(b"HTTP/1.1 408")
            senders[2].sendall(RECEIPT[-1:])
            assert senders[2].recv(65536).startswith(b"HTTP/1.1 200")
    finally:
        crowded.stop()


def test_the_description_of_the_api_lists_every_problem(service: Service) -> None:
    paths = httpx.get(f"{service.url}/openapi.json").json()["paths"]
    reading = paths["/v1/receipts"]["post"]["responses"]
    codes = {
        code
        for status, response in reading.items()
        if status != "200"
        for code in response["content"]["application/problem+json"]["schema"]["properties"]["code"]["enum"]
    }
    # Of the rest, a client that has disconnected sees no response, and only readiness is not ready.
    assert codes == {error.code for error in every_error(OcrError)} - {"client_gone", "not_ready"}
    for path in paths.values():
        for operation in path.values():
            responses = operation["responses"]
            assert {"200", "500"} < set(responses)
            for status, response in responses.items():
                assert set(response["content"]) <= {"application/problem+json"} or status == "200"
    assert set(paths["/metrics"]["get"]["responses"]["200"]["content"]) == {"text/plain"}


def test_probes_and_metrics(service: Service) -> None:
    assert httpx.get(f"{service.url}/healthz").json() == {"status": "ok"}
    versions = service.read(RECEIPT).json()["model_versions"]
    ready = httpx.get(f"{service.url}/readyz").json()
    service.read(b"not an image")
    assert ready == {"status": "ready", "model_versions": versions}
    metrics = httpx.get(f"{service.url}/metrics").text
    assert re.search(r'ocr_requests_total\{path="/v1/receipts",status="200"\} [1-9]', metrics)
    assert 'ocr_errors_total{code="unsupported_image",path="/v1/receipts"}' in metrics
    category = versions["category"]
    assert re.search(rf'ocr_items_total{{uncertain="false",version="{category}"}} [1-9]', metrics)
    assert re.search(rf'ocr_item_confidence_count{{version="{category}"}} [1-9]', metrics)
    assert re.search(r'ocr_stage_seconds_count\{stage="recognise"\} [1-9]', metrics)
    assert re.search(r'ocr_model_info\{model="recognition",version="[^"]+"\} 1.0', metrics)
    assert "ocr_queue_depth 0.0" in metrics


@pytest.fixture(scope="module")
def large() -> bytes:
    """A photo of the size that most have."""
    return png(receipt_image().resize((2048, 2208)), "JPEG")


@pytest.fixture(scope="module")
def grown(service: Service, large: bytes) -> None:
    """The engines' caches are as large as photos make them."""
    for _ in range(2):
        assert service.read(large).status_code == 200


def test_memory_stays_bounded(service: Service, grown: None, large: bytes) -> None:
    def resident() -> float:
        metrics = httpx.get(f"{service.url}/metrics").text
        return float(re.search(r"^process_resident_memory_bytes (\S+)", metrics, re.MULTILINE)[1])

    before = resident()
    for _ in range(2):
        assert service.read(large).status_code == 200
    assert resident() < min(1.1 * before, 1.5 * 2**30)


def receipt_on_a_table() -> bytes:
    """A JPEG of the receipt, as a phone of 48 megapixels photographs it."""
    table = Image.new("RGB", PHONE, (70, 60, 50))
    paper = receipt_image().convert("RGB")
    height = 5600
    paper = paper.resize((paper.width * height // paper.height, height))
    table.paste(paper, ((table.width - paper.width) // 2, 200))
    return encoded(table, "JPEG", quality=85)


# All formats are tested with the decoder; these are the refusal, and what leaves the most to the rest of the service.
LARGE: dict[str, tuple[Callable[[], bytes], int, str | None]] = {
    "WebP of 2 kB": (REFUSED["WebP, lossless, RGBA"], 413, "too_large"),
    "PNG": (ACCEPTED["PNG, RGBA, 16 bits, interlaced"], 422, "no_text"),
    "HEIC of ten bits": (ACCEPTED["HEIC, 10 bits"], 422, "no_text"),
    "HEIC of a phone": (ACCEPTED["HEIC of a phone"], 200, None),
    "JPEG of a phone": (receipt_on_a_table, 200, None),
}


@pytest.mark.parametrize("kind", LARGE)
def test_the_largest_images_fit_a_memory_limit(
    service: Service, grown: None, group: memory.Cgroup | None, kind: str
) -> None:
    """The kernel would kill a process that needs more; where it cannot be asked to, the response is checked alone."""
    make, status, code = LARGE[kind]
    with group.growth(400 * 2**20) if group else nullcontext(lambda: 1) as growth:
        answer = service.read(make())
        assert (answer.status_code, answer.json().get("code")) == (status, code)
        assert 0 < growth() <= 400 * 2**20
    if status == 200:
        assert [item["amount"] for item in answer.json()["items"]] == [item[2] for item in EXPECTED["items"]]
        assert answer.json()["receipt"]["total"] == EXPECTED["total"]
    assert summary(service.read(GOLDEN)) == EXPECTED


def test_shutdown_finishes_open_requests_and_logs_contain_no_item_names(service: Service, large: bytes) -> None:
    service.read(RECEIPT, **{"X-Request-Id": "look-for-me"})
    receipt_id = "0b5f8b0e-6c1c-4c8e-9a57-3f1d9f0a1c55"
    service.read(b"text", **{"X-Request-Id": "look-for-me-too", "X-Receipt-Id": receipt_id})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(service.read, large)
        while "ocr_in_flight 1.0" not in httpx.get(f"{service.url}/metrics").text:
            pass
        service.stop()
        assert answer.result().status_code == 200
    assert service.process.returncode in (0, -signal.SIGTERM)
    requests = {line["request_id"]: line for line in service.log if line["message"] == "request"}
    assert requests["look-for-me"]["status"] == 200
    refused = requests["look-for-me-too"]
    assert (refused["status"], refused["code"], refused["receipt_id"]) == (415, "unsupported_image", receipt_id)
    assert "receipt_id" not in requests["look-for-me"]
    everything = json.dumps(service.log, ensure_ascii=False)
    secrets = [EXPECTED["store"], "서울우유", "콩나물", "크린랩", "8801115114154"]
    assert not [secret for secret in secrets if secret in everything]


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ocr_service", *arguments],
        input=stdin,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


OFFLINE = """
import socket, sys
from ocr_service.settings import Settings
def refuse(*_, **__): raise SystemExit("reached for the network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from ocr_service.__main__ import main
status = main(sys.argv[1:])
assert ("paddle" in sys.modules) is (Settings().recognition_engine == "paddle")
sys.exit(status)
"""
"""Runs the command line; any connection ends the process. Paddle is loaded only if it is configured."""


def test_command_line_reads_offline_and_all_engines_read_the_same(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(GOLDEN)
    bad.write_bytes(b"nothing")
    texts = []
    for detection, recognition in (("openvino", "onnxruntime"), ("onnxruntime", "openvino"), ("openvino", "paddle")):
        done = subprocess.run(
            [sys.executable, "-c", OFFLINE, "read", str(good), str(bad), str(tmp_path / "missing.png")],
            env=os.environ
            | {"OCR_DETECTION_ENGINE": detection, "OCR_RECOGNITION_ENGINE": recognition, "OCR_PRECISION": "float32"},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 1, done.stderr
        first, second, third = (json.loads(line) for line in done.stdout.splitlines())
        texts.append([line.text for line in ReceiptResponse.model_validate(first).lines])
        assert first["receipt"]["total"] == EXPECTED["total"]
        assert (second["code"], third["code"]) == ("unsupported_image", "bad_request")
    assert texts[0] == texts[1] == texts[2]


def test_command_line_classifies_in_order() -> None:
    done = run("classify", stdin="서울우유 1L\n크린백\n소금 1kg\n")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [row[0] for row in rows] == ["dairy", "non_food", "seasoning"]
    assert rows[0][2] == "fridge"
    assert int(rows[0][3]) > 0
    assert rows[1][2:] == ["", ""]
    assert all(0 < float(row[1]) <= 1 for row in rows)
    assert {len(row) for row in rows} == {4}


def test_command_line_marks_uncertain_names_on_request() -> None:
    plain, marked = (run("classify", *options, stdin="서울우유 1L\nqzxj\n") for options in ((), ("--uncertain",)))
    columns = zip(plain.stdout.splitlines(), ("sure", "uncertain"), strict=True)
    assert marked.stdout.splitlines() == [f"{row}\t{mark}" for row, mark in columns]


def test_a_changed_model_file_prevents_the_start(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    weights = models / "detection" / "inference.onnx"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    done = run("serve", OCR_MODELS_DIR=str(models), OCR_PORT="0")
    assert done.returncode != 0
    assert "detection/inference.onnx differs from the manifest" in done.stderr
