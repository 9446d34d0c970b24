"""Where waves begin and end."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Boundaries(NamedTuple):
    """Wave boundaries of B beats in s from the start of the recording; NaN where there is no answer."""

    p_on: np.ndarray  # (B,) float64
    p_off: np.ndarray
    qrs_on: np.ndarray
    qrs_off: np.ndarray
    t_off: np.ndarray


Delineator = Callable[[np.ndarray, float, np.ndarray], Boundaries]
"""(lead (T,) mV, rate Hz, R-peaks (B,) sample indices) -> Boundaries."""
