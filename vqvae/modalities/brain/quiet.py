"""Readers that are kept from telling the terminal or a log what stands in a file, such as whose it is."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("nibabel", "nibabel.global", "pydicom", "PIL")
_NOTHING = logging.CRITICAL + 1


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings and no log entries by those who read files, as they quote them."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(_NOTHING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
