"""One job at a time, a bounded queue, and clients that time out or disconnect."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.api.reading_queue import ReadingQueue, urgency_of
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


async def until_idle(queue: ReadingQueue) -> None:
    """Return when a job would find a place; the loop runs meanwhile."""
    while True:
        try:
            queue.check()
        except Busy:
            await asyncio.sleep(0)
        else:
            return


def test_a_result_is_returned_and_its_place_is_free_again(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue = make(executor, waiting=0)
        for _ in range(3):
            answer = await queue.run(lambda: ANSWER, client_disconnected=never())
            assert answer is ANSWER
            await until_idle(queue)

    asyncio.run(scenario())


def test_errors_of_a_job_are_raised(executor: ThreadPoolExecutor) -> None:
    def job() -> ReceiptResponse:
        raise NoText("nothing")

    async def scenario() -> None:
        queue = make(executor, waiting=0)
        with pytest.raises(NoText):
            await queue.run(job, client_disconnected=never())
        await until_idle(queue)

    asyncio.run(scenario())


def test_no_more_jobs_than_places(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue, end = make(executor, waiting=2), threading.Event()
        jobs = [asyncio.create_task(queue.run(blocked(end), client_disconnected=never())) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await queue.run(lambda: ANSWER, client_disconnected=never())
        assert refused.value.retry_after_seconds == 7
        jobs[2].cancel()
        await asyncio.wait({jobs[2]})
        fourth = asyncio.create_task(queue.run(blocked(end), client_disconnected=never()))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            queue.check()
        end.set()
        assert await asyncio.gather(*jobs[:2], fourth) == [ANSWER] * 3

    asyncio.run(scenario())


def test_the_most_urgent_job_runs_first_and_displaces_the_last(executor: ThreadPoolExecutor) -> None:
    order: list[str] = []

    def job(name: str) -> Callable[[], ReceiptResponse]:
        def run() -> ReceiptResponse:
            order.append(name)
            return ANSWER

        return run

    async def scenario() -> None:
        queue, end = make(executor, waiting=3), threading.Event()
        running = asyncio.create_task(queue.run(blocked(end), urgency=7, client_disconnected=never()))
        await asyncio.sleep(0)
        tasks = {}
        for name, urgency in [("second", 2), ("last", 3), ("third", 2), ("first", 0)]:
            tasks[name] = asyncio.create_task(queue.run(job(name), urgency=urgency, client_disconnected=never()))
            await asyncio.sleep(0)
        with pytest.raises(Busy):
            await tasks.pop("last")
        with pytest.raises(Busy):  # no job that waits is less urgent
            await queue.run(job("late"), urgency=2, client_disconnected=never())
        end.set()
        await asyncio.gather(running, *tasks.values())

    asyncio.run(scenario())
    assert order == ["first", "second", "third"]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=12), st.integers(0, 6))
def test_jobs_run_by_urgency_and_then_by_age(urgencies: list[int], waiting: int) -> None:
    """Those that run are the most urgent ones, in the order of urgency and arrival; all others are told to wait."""
    order: list[int] = []

    async def scenario(queue: ReadingQueue) -> list[int]:
        end = threading.Event()
        running = asyncio.create_task(queue.run(blocked(end), client_disconnected=never()))
        await asyncio.sleep(0)
        jobs = []
        for number, urgency in enumerate(urgencies):
            job = partial(order.append, number)
            jobs.append(asyncio.create_task(queue.run(job, urgency=urgency, client_disconnected=never())))
            await asyncio.sleep(0)
        end.set()
        outcomes = await asyncio.gather(*jobs, return_exceptions=True)
        await running
        return [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Busy)]

    with ThreadPoolExecutor(1) as executor:
        refused = asyncio.run(scenario(make(executor, waiting)))
    best = sorted(range(len(urgencies)), key=lambda number: (urgencies[number], number))[:waiting]
    assert order == best
    assert sorted(order + refused) == list(range(len(urgencies)))


@pytest.mark.parametrize(
    ("header", "urgency"),
    [
        ("", 3),
        ("u=0", 0),
        ("u=7, i", 7),
        ("i, u=5", 5),
        ("u=8", 3),
        ("u=-1", 3),
        ("u=1;x=2", 1),
        ("mu=1", 3),
        ("u=1, u=2", 2),
    ],
)
def test_urgency_is_that_of_the_priority_header(header: str, urgency: int) -> None:
    assert urgency_of(header) == urgency


def test_a_job_that_times_out_keeps_its_place_until_it_ends(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue, end = make(executor, waiting=0, read_timeout_s=0.01), threading.Event()
        with pytest.raises(TimedOut):
            await queue.run(blocked(end), client_disconnected=never())
        with pytest.raises(Busy):
            queue.check()
        end.set()
        await until_idle(queue)

    asyncio.run(scenario())


def test_the_job_of_a_disconnected_client_is_cancelled(executor: ThreadPoolExecutor) -> None:
    read: list[str] = []

    def job() -> ReceiptResponse:
        read.append("read")
        return ANSWER

    async def scenario() -> None:
        queue, end = make(executor), threading.Event()
        first = asyncio.create_task(queue.run(blocked(end), client_disconnected=never()))
        await asyncio.sleep(0)
        with pytest.raises(ClientDisconnected):
            await queue.run(job, client_disconnected=at_once())
        await until_idle(queue)
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
        first = asyncio.create_task(queue.run(blocked(end), client_disconnected=never()))
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await queue.run(job, client_disconnected=never())
        assert refused.value.retry_after_seconds == 7
        await until_idle(queue)
        end.set()
        assert await first is ANSWER

    asyncio.run(scenario())
    assert read == []


def test_waiting_does_not_count_as_reading(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue, first_end, second_end = make(executor), threading.Event(), threading.Event()
        first = asyncio.create_task(queue.run(blocked(first_end), client_disconnected=never()))
        second = asyncio.create_task(queue.run(blocked(second_end), client_disconnected=never()))
        await asyncio.sleep(0)
        first_end.set()
        assert await first is ANSWER
        second_end.set()
        assert await second is ANSWER

    asyncio.run(scenario())


def test_check_tells_that_the_queue_is_full_without_taking_a_place(executor: ThreadPoolExecutor) -> None:
    async def scenario() -> None:
        queue, end = make(executor, waiting=0), threading.Event()
        for _ in range(3):
            queue.check()
        job = asyncio.create_task(queue.run(blocked(end), client_disconnected=never()))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            queue.check()
        end.set()
        assert await job is ANSWER

    asyncio.run(scenario())
