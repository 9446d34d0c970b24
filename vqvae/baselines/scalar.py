"""Numbers <-> integers with one step, which is what quality means: quality = -log2(step), so one more halves the step."""

from __future__ import annotations

import numpy as np

MAX_CODE = 2**19 - 1  # magnitude of a code: coders write differences of codes as well, and those up to 2 ** 20 - 1
THRESHOLD = 0.7  # steps below which a coefficient becomes 0; chosen on training recordings at compression ratios 8 to 64
ONE = 1.05  # where magnitude 1, which stands for 0.7 to 1.5 steps, comes back
ROUNDING = 0.5  # the threshold of plain rounding
BOUND = 30  # of a quality, far beyond any that is offered


def step_of(quality: float) -> float:
    """The step at a quality, in standard deviations of the lead; ValueError for a quality that none can have."""
    if not abs(quality) <= BOUND:
        raise ValueError(f"quality {quality:g} is not in {-BOUND}…{BOUND}: it is -log2 of a step in standard deviations")
    return float(2.0**-quality)


def require_shape(codes: np.ndarray, shape: tuple[int, ...]) -> None:
    """ValueError unless codes are (N, *shape), which is what a recording of the size asked for has."""
    if codes.shape[1:] != shape:
        expected = f"(rows, {', '.join(map(str, shape))})"
        raise ValueError(f"codes of shape {codes.shape} do not fit the recording's size and quality: expected {expected}")


def quantise(numbers: np.ndarray, step: float, threshold: float = ROUNDING) -> np.ndarray:
    """Numbers -> int32 codes of the same shape: the nearest multiple of the step, 0 below `threshold` steps; at most ±MAX_CODE.

    The error, once `dequantise`d, is at most max(threshold, 0.55) steps, or 0.5 steps with plain rounding.
    """
    steps = np.rint(numbers / step)
    if threshold > ROUNDING:
        steps[np.abs(numbers) < threshold * step] = 0
    return np.clip(steps, -MAX_CODE, MAX_CODE).astype(np.int32)


def dequantise(codes: np.ndarray, step: float, one: float = 1.0) -> np.ndarray:
    """Codes -> float32 numbers; magnitude 1 comes back as `one` steps."""
    numbers = codes.astype(np.float32)
    if one != 1:
        numbers[codes == 1], numbers[codes == -1] = one, -one
    numbers *= step
    return numbers
