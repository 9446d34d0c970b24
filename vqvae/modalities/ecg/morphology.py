"""The shape of a synthetic beat: bumps of the heart's electrical vector with exact beginnings and ends.

As in the dynamical model of McSharry et al. 2003 (doi 10.1109/TBME.2003.808805) a beat is a sum of bumps.  There they are Gaussians, which
have no end; here each is a raised cosine that rises from exactly zero to one and falls back to exactly zero.  A wave begins where the first
of its bumps leaves zero and ends where the last one returns to it, so that the boundaries are true by construction.

Bumps move a vector in the frame of Frank (x to the left, y down, z to the back), and Dower's matrix (1980, Clin Cardiol 3:87) turns it into
the eight independent leads; the other four follow from Einthoven's and Goldberger's equations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")

DOWER = np.array(  # rows: I, II, V1, V2, V3, V4, V5, V6
    [
        [0.632, -0.235, 0.059], [0.235, 1.066, -0.132], [-0.515, 0.157, -0.917], [0.044, 0.164, -1.387],
        [0.882, 0.098, -1.277], [1.213, 0.127, -0.601], [1.125, 0.127, -0.086], [0.831, 0.076, 0.230],
    ]
)  # fmt: skip
"""(8, 3): the independent leads from the heart vector."""

LIMB = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [-0.5, -0.5], [1.0, -0.5], [-0.5, 1.0]])
"""(6, 2): I, II, III, aVR, aVL, aVF from I and II."""


def from_independent(leads: tuple[str, ...]) -> np.ndarray:
    """(C, 8): how `leads` follow from the independent ones; ValueError for a name that is not one of `LEADS`."""
    unknown = [lead for lead in leads if lead not in LEADS]
    if unknown or not leads:
        asked = ", ".join(map(repr, unknown)) or "none"
        raise ValueError(f"synthetic leads must be chosen from {', '.join(LEADS)}; got {asked}")
    whole = np.zeros((12, 8))
    whole[:6, :2], whole[6:, 2:] = LIMB, np.eye(6)
    return whole[[LEADS.index(lead) for lead in leads]]


class Bump(NamedTuple):
    """One raised cosine of the heart vector; times in s, of a T wave as a share of the time from QRS end to T end."""

    wave: str  # "p", "qrs" or "t"
    begin: float
    peak: float
    end: float
    vector: tuple[float, float, float]  # mV at the peak


NORMAL = (
    Bump("p", 0.000, 0.042, 0.084, (0.050, 0.100, -0.040)),  # right atrium
    Bump("p", 0.026, 0.062, 0.104, (0.060, 0.060, 0.030)),  # left atrium
    Bump("qrs", 0.000, 0.016, 0.034, (-0.16, -0.06, -0.32)),  # septum
    Bump("qrs", 0.012, 0.038, 0.064, (1.25, 0.92, 0.20)),  # free walls
    Bump("qrs", 0.034, 0.054, 0.078, (0.05, -0.20, 0.72)),  # lateral and posterior wall
    Bump("qrs", 0.056, 0.070, 0.092, (-0.16, -0.18, 0.16)),  # base
    Bump("t", 0.20, 0.70, 1.0, (0.30, 0.22, -0.16)),
)
"""P counts from its onset, QRS from its onset; T from 0 at the end of the QRS to 1 at its own end."""

VENTRICULAR = (
    Bump("qrs", 0.000, 0.022, 0.060, (-0.02, 0.12, -0.24)),
    Bump("qrs", 0.008, 0.060, 0.112, (0.45, 1.10, 0.50)),
    Bump("qrs", 0.052, 0.104, 0.156, (0.40, 1.00, 0.75)),
    Bump("t", 0.02, 0.56, 1.0, (-0.16, -0.42, -0.34)),
)
"""A beat from the outflow tract of the right ventricle: wide, no P, T against the QRS."""


def qrs_length(bumps: tuple[Bump, ...]) -> float:
    """Length of the QRS complex in s."""
    return max(bump.end for bump in bumps if bump.wave == "qrs")


def p_length(bumps: tuple[Bump, ...]) -> float:
    """Length of the P wave in s; 0 when there is none."""
    return max((bump.end for bump in bumps if bump.wave == "p"), default=0.0)


def r_peak(bumps: tuple[Bump, ...]) -> float:
    """Time of the largest deflection of lead II in s from the QRS onset."""
    t = np.arange(0.0, qrs_length(bumps), 1e-4)
    lead = sum(profile(t, bump.begin, bump.peak, bump.end) * float(np.dot(DOWER[1], bump.vector)) for bump in bumps if bump.wave == "qrs")
    return float(t[np.abs(lead).argmax()])


def profile(t: np.ndarray, begin: np.ndarray | float, peak: np.ndarray | float, end: np.ndarray | float) -> np.ndarray:
    """The bump at the times `t`: 0 outside `begin`…`end`, 1 at `peak`, with a continuous slope."""
    rise, fall = (t - begin) / (peak - np.asarray(begin)), (end - t) / (end - np.asarray(peak))
    return np.sin(0.5 * np.pi * np.clip(np.minimum(rise, fall), 0.0, 1.0)) ** 2
