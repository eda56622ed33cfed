"""One job at a time, a bounded queue, and clients that time out or disconnect."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ocr_service.api.reading_queue import ReadingQueue
from ocr_service.contract import Receipt, ReceiptResponse
from ocr_service.errors import Busy, ClientDisconnected, NoText, TimedOut
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


def make(
    executor: ThreadPoolExecutor, waiting: int = 1, *, queue_timeout_s: float = 30, read_timeout_s: float = 30
) -> ReadingQueue:
    return ReadingQueue(
        executor,
        waiting=waiting,
        queue_timeout_s=queue_timeout_s,
        read_timeout_s=read_timeout_s,
        retry_after_seconds=7,
        metrics=Metrics(),
    )


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    return


def blocked(until: threading.Event) -> Callable[[], ReceiptResponse]:
    def job() -> ReceiptResponse:
        until.wait()
        return ANSWER

    return job


async def free_slot(queue: ReadingQueue) -> None:
    """Return when a slot can be reserved; the loop runs meanwhile."""
    while True:
        try:
            queue.reserve().release()
        except Busy:
            await asyncio.sleep(0)
        else:
            return


def test_a_result_is_returned_and_its_slot_released(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue = make(executor, waiting=0)
        for _ in range(3):
            answer = await queue.run(queue.reserve(), lambda: ANSWER, client_disconnected=never())
            assert answer is ANSWER
            await free_slot(queue)

    asyncio.run(scenario())


def test_errors_of_a_job_are_raised(executor: ThreadPoolExecutor) -> None:
    def job() -> ReceiptResponse:
        raise NoText("nothing")

    async def scenario() -> None:
        queue = make(executor, waiting=0)
        with pytest.raises(NoText):
            await queue.run(queue.reserve(), job, client_disconnected=never())
        await free_slot(queue)

    asyncio.run(scenario())


def test_no_more_jobs_than_slots(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue = make(executor, waiting=2)
        slots = [queue.reserve() for _ in range(3)]
        with pytest.raises(Busy) as refused:
            queue.reserve()
        assert refused.value.retry_after_seconds == 7
        slots[0].release()
        slots[0].release()  # releasing twice frees one slot only
        queue.reserve()
        with pytest.raises(Busy):
            queue.reserve()

    asyncio.run(scenario())


def test_a_job_that_times_out_keeps_its_slot_until_it_ends(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue, end = make(executor, waiting=0, read_timeout_s=0.01), threading.Event()
        with pytest.raises(TimedOut):
            await queue.run(queue.reserve(), blocked(end), client_disconnected=never())
        with pytest.raises(Busy):
            queue.reserve()
        end.set()
        await free_slot(queue)

    asyncio.run(scenario())


def test_the_job_of_a_disconnected_client_is_cancelled(executor: ThreadPoolExecutor) -> None:
    read: list[str] = []

    def job() -> ReceiptResponse:
        read.append("read")
        return ANSWER

    async def scenario() -> None:
        queue, end = make(executor), threading.Event()
        first = asyncio.create_task(queue.run(queue.reserve(), blocked(end), client_disconnected=never()))
        await asyncio.sleep(0)
        with pytest.raises(ClientDisconnected):
            await queue.run(queue.reserve(), job, client_disconnected=at_once())
        await free_slot(queue)
        end.set()
        assert await first is ANSWER

    asyncio.run(scenario())
    assert read == []


def test_a_photo_whose_turn_does_not_come_was_not_the_cause(executor: ThreadPoolExecutor) -> None:
    """It is busy, not timed out: only the photo that is being read is charged. It is never read afterwards."""
    read: list[str] = []

    def job() -> ReceiptResponse:
        read.append("read")
        return ANSWER

    async def scenario() -> None:
        queue, end = make(executor, queue_timeout_s=0.01), threading.Event()
        first = asyncio.create_task(queue.run(queue.reserve(), blocked(end), client_disconnected=never()))
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await queue.run(queue.reserve(), job, client_disconnected=never())
        assert refused.value.retry_after_seconds == 7
        await free_slot(queue)
        end.set()
        assert await first is ANSWER

    asyncio.run(scenario())
    assert read == []


def test_waiting_does_not_count_as_reading(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue, first_end, second_end = make(executor), threading.Event(), threading.Event()
        first = asyncio.create_task(queue.run(queue.reserve(), blocked(first_end), client_disconnected=never()))
        second = asyncio.create_task(queue.run(queue.reserve(), blocked(second_end), client_disconnected=never()))
        await asyncio.sleep(0)
        first_end.set()
        assert await first is ANSWER
        second_end.set()
        assert await second is ANSWER

    asyncio.run(scenario())


def test_check_tells_that_the_queue_is_full_without_taking_a_slot(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue = make(executor, waiting=0)
        for _ in range(3):
            queue.check()
        queue.reserve()
        with pytest.raises(Busy):
            queue.check()

    asyncio.run(scenario())
