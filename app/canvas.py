"""The canvas in the browser: what a reader has drawn on it, as an image."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

FOLDER = Path(__file__).parent / "components" / "canvas"
DRAWING = "drawing"  # what the canvas tells: {"pixels": base64 of bytes, "side"}
LARGEST = 512  # pixels along a side that are taken


@st.cache_resource
def _component() -> Callable[..., Any]:
    html, css, js = ((FOLDER / f"canvas.{suffix}").read_text(encoding="utf-8") for suffix in ("html", "css", "js"))
    return st.components.v2.component("vqvae.canvas", html=html, css=css, js=js)


def show(key: str, tell: Callable[[], None]) -> None:
    """The canvas; `tell` is called after every stroke, and `drawn(key)` is what stands on it then."""
    _component()(key=key, on_drawing_change=tell)


def drawn(key: str) -> np.ndarray | None:
    """The drawing (side, side) from 0 to 1; None where there is none, or what came is no drawing."""
    state: Mapping[str, Any] = st.session_state.get(key) or {}
    return _pixels(state.get(DRAWING))


def _pixels(told: Any) -> np.ndarray | None:
    if not isinstance(told, Mapping) or not isinstance(told.get("side"), int) or not 2 <= told["side"] <= LARGEST:
        return None
    try:
        data = base64.b64decode(str(told.get("pixels", "")), validate=True)
    except binascii.Error:
        return None
    side = told["side"]
    return np.frombuffer(data, np.uint8).reshape(side, side) / 255 if len(data) == side * side else None
