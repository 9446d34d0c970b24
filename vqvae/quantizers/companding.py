"""Numbers on a scale that is linear near zero and logarithmic above, as what is heard of a length is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Bend(NamedTuple):
    """Such a scale."""

    knee: float  # up to here it is linear
    unit: float  # 1 on the scale, below the knee
    ratio: float  # logarithm of the ratio that is 1 on the scale, above it

    def bent(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers -> where they are on the scale; negative ones are linear too."""
        knee = self.knee / self.unit
        return np.where(numbers < self.knee, numbers / self.unit, knee + np.log(np.maximum(numbers, self.knee) / self.knee) / self.ratio)

    def straight(self, places: np.ndarray) -> np.ndarray:
        """Undo `bent`."""
        knee = self.knee / self.unit
        return np.where(places < knee, places * self.unit, self.knee * np.exp((np.maximum(places, knee) - knee) * self.ratio))
