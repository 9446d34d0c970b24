"""Whether an image can be a slice of a brain at all: what is none is scored like one, and its scores must not be taken for a brain's."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.scores_slices import BRAIN, shares
from vqvae.modalities.wording import share

FRAME = 0.05  # of a side: how wide the border of a slice is that a head leaves dark
BRIGHT = 0.5  # of the border: brighter than background.  T1 slices of 170 people: none of it; photographs and texts: 0.5 to 1


def doubt(original: Volume) -> str:
    """Why an image is hardly a T1 slice of a brain, and what its scores are worth then; empty when nothing speaks against it.

    Signs are colour, which was turned to grey, and a border that is not dark.
    """
    bright, brain = _lit(original)
    signs = ["it was in colour, which MRI is not, and was turned to grey"] if original.source.colour else []
    if bright > BRIGHT:
        signs.append(f"{share(100 * bright)} of its border is bright, where a head has dark background around it")
    if not signs:
        return ""
    counted = f"are then of {share(100 * brain)} of its pixels, all that are not dark, and mean little"
    return f"This does not look like a T1 brain slice: {', and '.join(signs)}. Scores named “brain”, edges and tissue volumes {counted}."


def _lit(original: Volume) -> tuple[float, float]:
    """The shares of the border, and of all pixels, that are brighter than background."""
    width, height, slices = original.voxels.shape
    left, below = (max(1, round(FRAME * side)) for side in (width, height))
    frame = np.ones((width, height), bool)
    frame[left : width - left, below : height - below] = False
    border = whole = 0
    for place in range(slices):  # one at a time: bounds memory
        lit = shares(original, original.window, place, place + 1)[0] > BRAIN
        border, whole = border + int(lit[frame].sum()), whole + int(lit.sum())
    return border / (slices * int(frame.sum())), whole / original.voxels.size
