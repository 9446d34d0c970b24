"""Any picture of a digit -> the digit as MNIST shows it: light ink on black, 20 pixels large, centred by mass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vqvae.modalities.digits.recording import SIDE

BOX = 20  # pixels that the longer side of the ink takes (LeCun et al. 1998, section III-A)
MIDDLE = SIDE / 2  # pixel, counted from 0, that MNIST's centres of mass lie on
FAINT = 0.15  # of the darkest ink: noise of the paper
INSIDE = 0.35  # of the darkest ink, from where on a pixel says where the digit is
PAPER, THIN = 0.35, 0.2  # white, that paper has at least where it is in the shade; of a picture, that ink covers at most
CLEAR = 1.5  # times as far as the lightest pixel is from the ground, that the darkest one is at least where that is ink
CONTRAST = 0.04  # of the range of values, at least, between paper and ink


class Normalised(NamedTuple):
    """A digit as the network knows them."""

    image: np.ndarray  # (28, 28) uint8
    said: tuple[str, ...]  # what was changed, in words: "inverted", …


def normalised(picture: np.ndarray, name: str) -> Normalised:
    """picture (rows, columns) of any size, values from 0 to 1, dark or light ink -> the digit.

    A picture of 28 × 28 pixels stays where and as large as it is; the paper is what its border shows.  ValueError for one without ink.
    """
    ink, inverted = found_ink(picture, name)
    said = ("dark ink on a light ground, inverted",) if inverted else ()
    if picture.shape == (SIDE, SIDE):
        return Normalised(_bytes(1 - picture if inverted else picture), said)
    return Normalised(_bytes(centred(ink)), (*said, "scaled to 20 pixels and centred by mass"))


def found_ink(picture: np.ndarray, name: str) -> tuple[np.ndarray, bool]:
    """How much ink there is in every pixel, 0 to 1, and whether the ink is darker than its ground."""
    ground = _ground(picture)
    darker, lighter = ground - float(np.quantile(picture, 0.002)), float(np.quantile(picture, 0.998)) - ground
    inverted = darker > lighter
    most = max(darker, lighter)
    if min(picture.shape) < 2 or most < CONTRAST:
        raise ValueError(f"{name} shows no digit: it is blank, or nearly so")
    ink = np.clip((ground - picture if inverted else picture - ground) / most, 0.0, 1.0)
    return np.clip((ink - FAINT) / (1 - FAINT), 0.0, 1.0), inverted


def on_paper(picture: np.ndarray) -> bool:
    """Whether a picture shows dark, thin strokes on a light ground: as a photograph of writing does, and a scan of a body does not."""
    ground = _ground(picture)
    darker, lighter = ground - float(np.quantile(picture, 0.002)), float(np.quantile(picture, 0.998)) - ground
    ink = float((picture < ground - darker / 2).mean())
    return ground >= PAPER and darker >= max(CONTRAST, CLEAR * lighter) and ink <= THIN


def _ground(picture: np.ndarray) -> float:
    """What the border of a picture shows."""
    return float(np.median(np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])))


def centred(ink: np.ndarray) -> np.ndarray:
    """ink (rows, columns) -> (28, 28): its box 20 pixels large, its centre of mass in the middle, as near as whole pixels come."""
    from PIL import Image

    rows, columns = (np.flatnonzero((ink > INSIDE).any(axis=axis)) for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    scale = BOX / max(cut.shape)
    height, width = (max(1, round(side * scale)) for side in cut.shape)
    small = np.asarray(Image.fromarray(cut).resize((width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC))
    small = np.clip(small, 0.0, 1.0)
    mass = max(float(small.sum()), 1e-6)
    places = [_place(small.sum(axis=axis), mass) for axis in (1, 0)]
    found = np.zeros((SIDE, SIDE), np.float32)
    found[places[0] : places[0] + height, places[1] : places[1] + width] = small
    return found


def _place(profile: np.ndarray, mass: float) -> int:
    """Where a profile begins when its centre of mass is in the middle, and all of it inside."""
    centre = float((np.arange(len(profile)) * profile).sum()) / mass
    return int(np.clip(round(MIDDLE - centre), 0, SIDE - len(profile)))


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
