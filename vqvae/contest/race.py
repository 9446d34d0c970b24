"""Several pieces of work at once: answers as they come, progress in the caller's own thread, and an end when the caller wants one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
Told = Callable[[str, str, float], None]
"""Hears whose work, what is being done, and how much of it is done, 0 to 1; may raise to stop everything."""
Doing = Callable[[str, float], None]
"""The same within one piece of work."""
WORKERS = 2


class Stopped(Exception):
    """Raised within work that nobody waits for any more."""


class _News(NamedTuple):
    name: str
    doing: str
    share: float


class Found(NamedTuple, Generic[T]):
    """One answer."""

    name: str  # whose
    answer: T


def race(work: Mapping[str, Callable[[Doing], Iterable[T]]], told: Told | None = None, workers: int = WORKERS) -> Iterator[Found[T]]:
    """Run all of `work` on `workers` threads, in its order; yields every answer as it comes.

    What a piece of work raises is raised here, and so is what `told` raises; then, and when the caller stops asking, the work that is
    left is not begun and that which runs is stopped at its next sign of progress, which only Ctrl-C does not wait for.
    """
    news: SimpleQueue[_News | Found[T] | Future[None]] = SimpleQueue()
    stop = Event()

    def run(name: str) -> None:
        def doing(what: str, share: float) -> None:
            if stop.is_set():
                raise Stopped
            news.put(_News(name, what, share))

        for answer in work[name](doing):
            news.put(Found(name, answer))

    pool, wait = ThreadPoolExecutor(workers), True
    try:
        futures = [pool.submit(run, name) for name in work]
        for future in futures:
            future.add_done_callback(news.put)
        left = len(futures)
        while left:
            event = news.get()
            if isinstance(event, Future):
                left -= 1
                event.result()
            elif isinstance(event, Found):
                yield event
            elif told:
                told(*event)
    except KeyboardInterrupt:
        wait = False
        raise
    finally:
        stop.set()
        pool.shutdown(wait, cancel_futures=True)
