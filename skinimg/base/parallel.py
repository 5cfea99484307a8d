"""Independent pieces of one photo's work side by side, on as many threads as OpenCV has been given.

numpy, OpenCV and the compressors let go of the interpreter while they compute. Each piece is computed as it would be
alone, so the number of threads changes nothing but the time; with one worker per core each has one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import cv2

T = TypeVar("T")
R = TypeVar("R")


def each(do: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """`[do(item) for item in items]`; the first error that one raises reaches the caller."""
    work = list(items)
    threads = min(cv2.getNumThreads(), len(work))
    if threads < 2:
        return [do(item) for item in work]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(do, work))


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """What each of several calls returns, in their order."""
    return each(lambda job: job(), jobs)


@contextmanager
def behind() -> Iterator[Callable[..., None]]:
    """`later(do, *arguments)` for work whose result nobody waits for, done on one more thread while the block goes on.

    All of it is done when the block has ended; the first error that one raised reaches the caller then. With a single
    thread each piece is done at once.
    """
    if cv2.getNumThreads() < 2:
        yield lambda do, *arguments: do(*arguments)
        return
    with ThreadPoolExecutor(1) as pool:
        handed: list[Future[None]] = []
        yield lambda do, *arguments: handed.append(pool.submit(do, *arguments))
    for piece in handed:
        piece.result()
