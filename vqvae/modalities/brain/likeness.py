"""Whether an image can be a slice of a brain at all: what is none is scored like one, and its scores must not be taken for a brain's."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.brain.recording import Volume
from vqvae.modalities.brain.scores_slices import BRAIN, shares
from vqvae.modalities.brain.verdict import doubted, verdict
from vqvae.modalities.protocol import Report
from vqvae.modalities.wording import Verdict, share

FRAME = 0.05  # of a side: how wide the border of a slice is that a head leaves dark
BRIGHT = 0.5  # of the border: brighter than background.  T1 slices of 170 people: none of it; photographs and texts: 0.5 to 1
EVEN = 0.5  # of neighbours in the brain: more are exactly equal only in maps of labels.  T1 slices: below 0.1; a parcellation: 0.88


class _Signs(NamedTuple):
    """What tells a head from something else, each from 0 to 1."""

    border: float  # of the border that is brighter than background
    brain: float  # the same of all pixels
    even: float  # of pairs of neighbours, both brighter than background, that are equal


def judged(original: Volume, report: Report) -> Verdict:
    """The verdict on what became of an image: of the brain in it, unless it is doubtful that there is one."""
    strange = doubt(original)
    return doubted(report, strange) if strange else verdict(report)


def doubt(original: Volume) -> str:
    """Why an image is hardly a T1 slice of a brain, and what its scores are worth then; empty when nothing speaks against it.

    Signs are colour, which was turned to grey, a border that is not dark, and areas of one intensity, as a map of labels has.
    """
    bright, brain, even = _signs(original)
    signs = ["it was in colour, which MRI is not, and was turned to grey"] if original.source.colour else []
    if bright > BRIGHT:
        signs.append(f"{share(100 * bright)} of its border is bright, where a head has dark background around it")
    if even > EVEN:
        signs.append(f"{share(100 * even)} of neighbouring pixels are exactly equal, as in a map of labels, which are no intensities")
    if not signs:
        return ""
    counted = f"are then of {share(100 * brain)} of its pixels, all that are not dark, and mean little"
    return f"This does not look like a T1 brain slice: {', and '.join(signs)}. Scores named “brain”, edges and tissue volumes {counted}."


def _signs(original: Volume) -> _Signs:
    """Counted over all slices."""
    width, height, slices = original.voxels.shape
    left, below = (max(1, round(FRAME * side)) for side in (width, height))
    frame = np.ones((width, height), bool)
    frame[left : width - left, below : height - below] = False
    border = whole = pairs = equal = 0
    for place in range(slices):  # one at a time: bounds memory
        values = shares(original, original.window, place, place + 1)[0]
        lit = values > BRAIN
        for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
            both = lit[one] & lit[other]
            pairs, equal = pairs + int(both.sum()), equal + int((both & (values[one] == values[other])).sum())
        border, whole = border + int(lit[frame].sum()), whole + int(lit.sum())
    return _Signs(border / (slices * int(frame.sum())), whole / original.voxels.size, equal / max(1, pairs))
