"""One reading at a time, a bounded queue, and what happens to those who cannot wait."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ocr_service.api.reading_queue import ReadingQueue
from ocr_service.contract import Receipt, ReceiptResponse
from ocr_service.errors import Busy, ClientGone, NoText, TimedOut
from ocr_service.metrics import Metrics

ANSWER = ReceiptResponse(
    request_id="1",
    receipt=Receipt(
        store=None, purchased_at=None, total=None, subtotal=None, tax=None, discount_total=0, totals_match=None
    ),
    items=[],
    lines=[],
    model_versions={},
    timings_ms={},
    warnings=[],
)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def make(executor: ThreadPoolExecutor, waiting: int = 1) -> ReadingQueue:
    return ReadingQueue(executor, waiting=waiting, retry_after_seconds=7, metrics=Metrics())


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    return


def blocked(until: threading.Event) -> Callable[[], ReceiptResponse]:
    def job() -> ReceiptResponse:
        until.wait()
        return ANSWER

    return job


async def free_place(queue: ReadingQueue) -> None:
    """Returns when a place can be taken; the loop runs meanwhile."""
    while True:
        try:
            queue.enter().release()
        except Busy:
            await asyncio.sleep(0)
        else:
            return


def test_the_result_comes_back_and_the_place_is_free_again(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue = make(executor, waiting=0)
        for _ in range(3):
            answer = await queue.run(queue.enter(), lambda: ANSWER, gone=never(), timeout_seconds=30)
            assert answer is ANSWER
            await free_place(queue)

    asyncio.run(scenario())


def test_errors_of_the_reading_come_back(executor: ThreadPoolExecutor) -> None:
    def job() -> ReceiptResponse:
        raise NoText("nothing")

    async def scenario() -> None:
        queue = make(executor, waiting=0)
        with pytest.raises(NoText):
            await queue.run(queue.enter(), job, gone=never(), timeout_seconds=30)
        await free_place(queue)

    asyncio.run(scenario())


def test_no_more_than_the_places(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue = make(executor, waiting=2)
        places = [queue.enter() for _ in range(3)]
        with pytest.raises(Busy) as refused:
            queue.enter()
        assert refused.value.retry_after_seconds == 7
        places[0].release()
        places[0].release()  # giving back twice frees one place only
        queue.enter()
        with pytest.raises(Busy):
            queue.enter()

    asyncio.run(scenario())


def test_a_reading_that_takes_too_long_keeps_its_place_until_it_ends(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue, end = make(executor, waiting=0), threading.Event()
        with pytest.raises(TimedOut):
            await queue.run(queue.enter(), blocked(end), gone=never(), timeout_seconds=0.01)
        with pytest.raises(Busy):
            queue.enter()
        end.set()
        await free_place(queue)

    asyncio.run(scenario())


def test_a_client_that_left_is_never_read(executor: ThreadPoolExecutor) -> None:
    read: list[str] = []

    def job() -> ReceiptResponse:
        read.append("read")
        return ANSWER

    async def scenario() -> None:
        queue, end = make(executor), threading.Event()
        first = asyncio.create_task(queue.run(queue.enter(), blocked(end), gone=never(), timeout_seconds=30))
        await asyncio.sleep(0)
        with pytest.raises(ClientGone):
            await queue.run(queue.enter(), job, gone=at_once(), timeout_seconds=30)
        await free_place(queue)
        end.set()
        assert await first is ANSWER

    asyncio.run(scenario())
    assert read == []
