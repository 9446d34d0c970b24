"""What happens at the terminal while work goes on: a progress line, and being asked to stop."""

from __future__ import annotations

import signal
import sys
import time


class Stopped:
    """Whether the program has been asked to stop (Ctrl-C or SIGTERM), so that work can end in order; asked twice, it ends at once."""

    asked = False

    def __enter__(self) -> Stopped:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _ask(self, *_: object) -> None:
        self.asked = True
        self.__exit__()

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Told:
    """A progress line on standard error, redrawn at most four times a second; silent where nobody watches."""

    def __enter__(self) -> Told:
        self._start, self._shown = time.monotonic(), 0.0
        return self

    def __call__(self, doing: str, share: float) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or now - self._shown < 0.25:
            return
        self._shown = now
        left = (now - self._start) * (1 - share) / share if share > 0 else float("nan")
        bar = "#" * round(30 * share)
        print(f"\r[{bar:<30}] {100 * share:3.0f} %  {left:5.0f} s left  {doing:<40}", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r" + " " * 96 + "\r", end="", file=sys.stderr, flush=True)
