"""The HTTP API."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ocr_service import golden, tracing
from ocr_service.api import categories, lines, problems
from ocr_service.api.bodies import BodyReceiver
from ocr_service.api.reading_queue import ReadingQueue, urgency_of
from ocr_service.contract import CategoriesRequest, CategoriesResponse, LineRequest, LineResponse, ReceiptResponse
from ocr_service.errors import (
    BadRequest,
    BrokenImage,
    Busy,
    ForeignReceipt,
    InternalError,
    NotAReceipt,
    NoText,
    NotReady,
    OcrError,
    SeveralReceipts,
    TimedOut,
    TooLarge,
    UnsupportedImage,
)
from ocr_service.logs import begin_request, current_request_id
from ocr_service.metrics import Metrics
from ocr_service.reader import ReceiptReader
from ocr_service.releases.wiring import following
from ocr_service.settings import Settings
from ocr_service.vision.photo import MEDIA_TYPES

log = logging.getLogger(__name__)

CATEGORIES_MAX_BYTES = 512 * 1024
"""100 names of 300 characters, each escaped as in `\\ud83c\\udf4e`, have 360 kB."""
READING_ERRORS = (
    BadRequest,
    TooLarge,
    UnsupportedImage,
    BrokenImage,
    NoText,
    NotAReceipt,
    ForeignReceipt,
    SeveralReceipts,
    Busy,
    TimedOut,
)


def create_app(settings: Settings, load: Callable[[], ReceiptReader]) -> FastAPI:
    """The application. `load` creates the reader; it runs on the engine's thread before the port opens."""
    metrics = Metrics()
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
    queue = ReadingQueue(
        executor,
        waiting=settings.queue_length,
        queue_timeout_s=settings.queue_timeout_s,
        read_timeout_s=settings.read_timeout_s,
        retry_after_seconds=settings.busy_retry_after_s,
        metrics=metrics,
    )
    receiver = BodyReceiver(timeout_s=settings.body_timeout_s, concurrency=settings.receiving)
    app = FastAPI(
        title="Jangbogi OCR",
        version="1",
        lifespan=_lifespan(executor, load, settings, metrics),
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(RequestScope, metrics=metrics)
    app.add_exception_handler(OcrError, problems.from_error)
    app.add_exception_handler(HTTPException, problems.from_http)
    app.add_exception_handler(RequestValidationError, problems.from_http)

    @app.post(
        "/v1/receipts",
        responses=problems.responses(*READING_ERRORS),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    kind: {"schema": {"type": "string", "format": "binary"}}
                    for kind in (*MEDIA_TYPES, "application/octet-stream")
                },
            }
        },
    )
    async def read_receipt(request: Request) -> ReceiptResponse:
        """Read the receipt in the image that is the body, whatever its Content-Type."""
        urgency = urgency_of(request.headers.get("priority", ""))
        queue.check(urgency)
        data = await receiver.receive(request, settings.max_bytes)
        reader: ReceiptReader = app.state.reader
        request_id = current_request_id()
        response = await queue.run(
            lambda: reader.read(data, request_id),
            urgency=urgency,
            client_disconnected=_disconnected(request),
        )
        metrics.timed(response.timings_ms)
        tracing.stages(response.timings_ms)
        return response

    @app.post(
        "/v1/lines",
        responses=problems.responses(BadRequest, TooLarge, UnsupportedImage, BrokenImage, NoText, Busy, TimedOut),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": LineRequest.model_json_schema()}},
            }
        },
    )
    async def cut_line(request: Request) -> LineResponse:
        """Cut the line with a name out of a photo, for a user who agreed to it."""
        queue.check()
        body = await receiver.receive(request, lines.largest_body(settings.max_bytes))
        wanted = lines.parse_request(body, settings.max_bytes)
        del body
        reader: ReceiptReader = app.state.reader
        return await queue.run(
            lambda: reader.line(wanted.image, wanted.name, wanted.box),
            client_disconnected=_disconnected(request),
        )

    @app.post(
        "/v1/categories",
        responses=problems.responses(BadRequest, TooLarge),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": CategoriesRequest.model_json_schema()}},
            }
        },
    )
    async def categorise(request: Request) -> CategoriesResponse:
        """Categorise product names. Does not wait for photos."""
        names = categories.parse_request(await receiver.receive(request, CATEGORIES_MAX_BYTES)).names
        reader: ReceiptReader = app.state.reader
        return categories.to_response(await run_in_threadpool(reader.categorise, names))

    @app.get("/healthz", responses=problems.responses())
    async def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "ok"}

    @app.get("/readyz", responses=problems.responses(NotReady))
    async def readyz() -> dict[str, str | dict[str, str]]:
        """The models are loaded and the golden receipt is read correctly; the versions of the models in use."""
        if app.state.differences is None:
            raise NotReady("The golden receipt is being read.")
        if app.state.differences:
            raise NotReady(f"The golden receipt is read incorrectly: {', '.join(app.state.differences)}.")
        return {"status": "ready", "model_versions": app.state.reader.model_versions}

    @app.get("/metrics", response_class=PlainTextResponse, responses=problems.responses())
    async def prometheus() -> PlainTextResponse:
        """Prometheus exposition."""
        return PlainTextResponse(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return app


def _lifespan(
    executor: ThreadPoolExecutor, load: Callable[[], ReceiptReader], settings: Settings, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        reader = app.state.reader = await loop.run_in_executor(executor, load)
        app.state.differences = None
        metrics.loaded(reader.model_versions)
        reader.categories.listen(metrics.predicted)

        async def check_golden() -> None:
            """Read the golden receipt while the port is open already; photos that arrive wait behind it."""
            golden_folder = settings.models_dir / "golden"
            try:
                differences = await loop.run_in_executor(executor, golden.check, reader.read, golden_folder)
                await loop.run_in_executor(executor, reader.release)
                app.state.differences = differences
            except Exception as error:
                log.error("the golden receipt cannot be read", extra={"error": type(error).__name__})
                app.state.differences = [type(error).__name__]
            log.info(
                "ready" if not app.state.differences else "the golden receipt is read incorrectly",
                extra={
                    "seconds": round(time.perf_counter() - started, 2),
                    "models": reader.model_versions,
                    "golden_differences": app.state.differences,
                },
            )

        async with following(settings, reader, executor, metrics):
            check = asyncio.create_task(check_golden())
            yield
            await check
        await loop.run_in_executor(executor, reader.close)
        executor.shutdown(wait=True, cancel_futures=True)

    return lifespan


async def _disconnected(request: Request) -> None:
    """Completes when the client disconnects."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class RequestScope:
    """Middleware: request id, log line and metrics of every request, and the response to unexpected exceptions."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = begin_request(
            headers.get(b"x-request-id", b"").decode("latin-1"), headers.get(b"x-receipt-id", b"").decode("latin-1")
        )
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with tracing.serve(scope["method"], headers) as span:
            try:
                await self._app(scope, receive, send_with_id)
            except Exception:
                log.exception("unexpected error")
                if not status:
                    error = InternalError("The request failed unexpectedly.")
                    response = await problems.from_error(Request(scope), error)
                    await response(scope, receive, send_with_id)
            self._finish(scope, status, started)
            span.set_attribute("http.response.status_code", status)

    def _finish(self, scope: Scope, status: int, started: float) -> None:
        """Count and log a request that has been answered."""
        route = scope.get("route")
        path = getattr(route, "path", "other")
        self._metrics.requests.labels(path, str(status)).inc()
        code = scope.get(problems.SCOPE_KEY)
        if code:
            self._metrics.errors.labels(path, code).inc()
        level = logging.DEBUG if path in ("/healthz", "/readyz", "/metrics") else logging.INFO
        log.log(
            level,
            "request",
            extra={
                "method": scope["method"],
                "path": path,
                "status": status,
                "milliseconds": round(1000 * (time.perf_counter() - started), 1),
                **({"code": code} if code else {}),
            },
        )
