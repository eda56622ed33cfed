"""The training batches of both models. Seed and number decide what is in a batch; processes and resumes do not."""

import random
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Protocol

from torch.utils.data import DataLoader, Dataset


class Source(Protocol):
    """Draws batches in pools. It is copied to other processes, so it loads fonts in its first `pool`."""

    pool_size: int
    """Batches per pool."""

    def pool(self, seed: int) -> list[Any]:
        """`pool_size` batches, the same for the same seed."""


class _Pools(Dataset):  # type: ignore[misc]
    def __init__(self, source: Source, seed: int) -> None:
        self._source, self._seed = source, seed

    def __getitem__(self, number: int) -> list[Any]:
        return self._source.pool(random.Random(f"{self._seed}/{number}").getrandbits(48))


def stream(source: Source, seed: int, first: int, end: int, workers: int) -> Iterator[Any]:
    """The batches from number `first` up to `end`. workers: processes that draw; 0 draws in this one."""
    size = source.pool_size
    loader = DataLoader(
        _Pools(source, seed),
        batch_size=None,
        sampler=range(first // size, -(-end // size)),
        num_workers=workers,
        prefetch_factor=2 if workers else None,
        # A forked worker would hang in OpenCV's threads.
        multiprocessing_context="spawn" if workers else None,
    )
    return islice(chain.from_iterable(loader), first % size, first % size + end - first)
