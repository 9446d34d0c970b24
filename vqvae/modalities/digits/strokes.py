"""Digits drawn by a pen that moves along curves: known shapes, no data needed."""

from __future__ import annotations

import numpy as np

from vqvae.modalities.digits.normalising import centred

Points = tuple[tuple[float, float], ...]

DIGITS: tuple[tuple[Points, ...], ...] = (  # of each digit its strokes: points (x, y) in a box of 1 × 1, y downwards, joined by a curve
    (((0.5, 0.0), (0.15, 0.2), (0.1, 0.6), (0.4, 1.0), (0.8, 0.8), (0.9, 0.4), (0.75, 0.1), (0.5, 0.0)),),
    (((0.3, 0.2), (0.55, 0.0), (0.52, 0.5), (0.5, 1.0)),),
    (((0.15, 0.25), (0.4, 0.0), (0.8, 0.15), (0.75, 0.45), (0.4, 0.75), (0.1, 0.98)), ((0.1, 0.98), (0.5, 0.93), (0.95, 0.97))),
    (((0.15, 0.1), (0.55, 0.0), (0.8, 0.2), (0.45, 0.45)), ((0.45, 0.45), (0.85, 0.6), (0.8, 0.9), (0.45, 1.0), (0.1, 0.88))),
    (((0.35, 0.0), (0.15, 0.5)), ((0.15, 0.5), (0.5, 0.53), (0.95, 0.5)), ((0.75, 0.05), (0.72, 0.5), (0.68, 1.0))),
    (((0.85, 0.02), (0.25, 0.03)), ((0.25, 0.03), (0.2, 0.42)), ((0.2, 0.42), (0.6, 0.38), (0.85, 0.65), (0.6, 0.97), (0.12, 0.9))),
    (((0.7, 0.0), (0.35, 0.3), (0.15, 0.7), (0.4, 1.0), (0.75, 0.85), (0.7, 0.6), (0.4, 0.55), (0.18, 0.75)),),
    (((0.1, 0.05), (0.5, 0.06), (0.9, 0.02)), ((0.9, 0.02), (0.6, 0.5), (0.42, 1.0))),
    (((0.5, 0.45), (0.2, 0.25), (0.5, 0.0), (0.8, 0.22), (0.5, 0.45), (0.15, 0.75), (0.5, 1.0), (0.85, 0.75), (0.5, 0.45)),),
    (((0.8, 0.25), (0.5, 0.0), (0.2, 0.22), (0.45, 0.48), (0.8, 0.25)), ((0.8, 0.25), (0.78, 0.6), (0.6, 1.0))),
)
SHAPES: tuple[tuple[Points, ...], ...] = (  # what nobody taught a network of digits
    (((0.0, 1.0), (0.25, 0.5), (0.5, 0.0)), ((0.5, 0.0), (0.75, 0.5), (1.0, 1.0)), ((0.2, 0.62), (0.8, 0.62))),  # A
    (((0.1, 0.0), (0.1, 1.0)), ((0.9, 0.0), (0.9, 1.0)), ((0.1, 0.5), (0.9, 0.5))),  # H
    (((0.5, 1.0), (0.0, 0.4), (0.2, 0.05), (0.5, 0.25)), ((0.5, 0.25), (0.8, 0.05), (1.0, 0.4), (0.5, 1.0))),  # heart
    (((0.0, 0.0), (1.0, 1.0)), ((1.0, 0.0), (0.0, 1.0))),  # cross
    (((0.5, 0.5), (0.6, 0.4), (0.7, 0.55), (0.5, 0.75), (0.25, 0.5), (0.5, 0.15), (0.95, 0.45), (0.6, 1.0), (0.1, 0.8)),),  # spiral
    (((0.0, 0.0), (1.0, 0.0)), ((1.0, 0.0), (1.0, 1.0)), ((1.0, 1.0), (0.0, 1.0)), ((0.0, 1.0), (0.0, 0.0))),  # square
)
_FINE = 112  # pixels along both sides of what the pen draws on
_ALONG = 24  # places between two points


def drawn(strokes: tuple[Points, ...], random: np.random.Generator) -> np.ndarray:
    """Strokes by an unsteady hand: (28, 28) ink from 0 to 1, with a slant, a width and trembling of its own."""
    slant, width = random.normal(0.0, 0.12), random.uniform(0.045, 0.07)
    y, x = np.mgrid[0:_FINE, 0:_FINE] / _FINE
    ink = np.zeros((_FINE, _FINE))
    for stroke in strokes:
        points = np.array(stroke) + random.normal(0.0, 0.015, (len(stroke), 2))
        points[:, 0] += slant * (0.5 - points[:, 1])
        for place in 0.22 + 0.56 * _curve(points):
            distance = np.hypot(x - place[0], y - place[1])
            np.maximum(ink, np.clip(1.5 - distance / (0.8 * width), 0.0, 1.0), out=ink)
    return centred(ink)


def _curve(points: np.ndarray) -> np.ndarray:
    """A curve through points (P, 2): Catmull-Rom, ends doubled; two points make a straight line."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0.0, 1.0, _ALONG)[:, None]
    found = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        found.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(found)
