"""The pieces that piano rolls are put together from.  `x` and `y` name the axes as plotly does: "x", "x2"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqvae.modalities.looks import STATUS, clock
from vqvae.modalities.piano.recording import Notes, Pedal
from vqvae.modalities.piano.roll import BLACK_KEYS, SHADES, View
from vqvae.modalities.piano.scores_notes import pitch_name

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LEFT, RIGHT, TOP, BOTTOM = 72, 84, 34, 30  # margins in pixels, the same in every figure so that their times stand above each other
KEY_HEIGHT, ROLL_HEIGHTS = 5.2, (170, 255)  # pixels
PEDAL_HEIGHT, SPACE = 30, 14
KEYBOARD = 20  # pixels wide
MOST_BARS = 1500  # notes that are drawn one by one; more of them are a picture
MOST_MARKS = 500  # of one kind
MOST_PEDAL = 4000  # points
COLUMNS = 1200
GRID = "rgba(128, 134, 142, 0.28)"
ROWS = "rgba(128, 134, 142, 0.13)"  # behind the black keys
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)  # s between written times


def no_background() -> dict[str, Any]:
    return {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


def time_axis(start: float, stop: float) -> dict[str, Any]:
    """Written times between two moments, as on a clock."""
    step = next((step for step in STEPS if (stop - start) / step <= 11), STEPS[-1])
    ticks = np.arange(np.ceil(start / step - 1e-9), np.floor(stop / step + 1e-9) + 1) * step + 0.0
    names = [clock(tick) + (f"{tick % 1:.1f}"[1:] if step < 1 else "") for tick in ticks]
    return {"range": [start, stop], "tickvals": ticks, "ticktext": names, "gridcolor": GRID, "zeroline": False, "hoverformat": ".3f"}


def key_axis(keys: tuple[int, int]) -> dict[str, Any]:
    """Every C has its name."""
    octaves = np.arange(-(-keys[0] // 12) * 12, keys[1] + 1, 12)
    names = [pitch_name(int(key)) for key in octaves]
    return {
        "range": [keys[0] - 0.5, keys[1] + 0.5],
        "tickvals": octaves,
        "ticktext": names,
        "showgrid": False,
        "zeroline": False,
        "automargin": False,
        "ticklabelstandoff": KEYBOARD + 3,
    }


def draw_keys(picture: go.Figure, keys: tuple[int, int], view: View, y: str) -> None:
    """A keyboard at the left edge, and rows behind the black keys."""
    numbers = np.arange(keys[0], keys[1] + 1)
    black = numbers[np.isin(numbers % 12, BLACK_KEYS)]
    behind = " ".join(f"M 0,{key - 0.5} H 1 V {key + 0.5} H 0 Z" for key in black)
    where = {"type": "path", "yref": y, "layer": "below"}
    if len(black):
        picture.add_shape(**where, path=behind, xref="x domain", fillcolor=ROWS, line={"width": 0})
    ivory, ebony = ("#f7f4ec", "#26292e") if not view.dark else ("#d9d6cd", "#15171a")
    board = {"type": "path", "yref": y, "xref": "x domain", "xsizemode": "pixel", "xanchor": 0, "layer": "above"}
    edge, left, tooth = {"color": "rgba(60, 64, 70, 0.6)", "width": 0.8}, -KEYBOARD - 1, -0.4 * KEYBOARD
    picture.add_shape(**board, path=f"M {left},{keys[0] - 0.5} H -1 V {keys[1] + 0.5} H {left} Z", fillcolor=ivory, line=edge)
    strokes = [f"M {left},{key - 0.5} H -1" for key in numbers if key % 12 in (0, 5)] + [f"M {left},{key} H -1" for key in black]
    if strokes:
        picture.add_shape(**board, path=" ".join(strokes), line=edge)
    if len(black):
        teeth = " ".join(f"M {left},{key - 0.45} H {tooth} V {key + 0.45} H {left} Z" for key in black)
        picture.add_shape(**board, path=teeth, fillcolor=ebony, line={"width": 0})


def draw_notes(
    picture: go.Figure, notes: Notes, ends: np.ndarray, which: np.ndarray, values: np.ndarray, said: list[str], view: View, y: str
) -> None:
    """The notes `which` as bars coloured by `values`; how long they sound on in the pedal is paler."""
    shading = SHADES[view.shade]
    chosen, stops = notes.where(which), ends[which]
    common = {"orientation": "h", "y": chosen.pitch, "yaxis": y, "showlegend": False}
    colours = {"color": values, "colorscale": view.scale, "cmin": shading.low, "cmax": shading.high}
    if view.sounding:
        on = np.maximum(stops - chosen.end, 0)
        picture.add_bar(
            **common,
            base=chosen.end,
            x=on,
            width=0.5,
            marker=colours | {"opacity": 0.32, "line": {"width": 0}},
            hoverinfo="skip",
            name="pedal",
        )
    picture.add_bar(
        **common,
        base=chosen.onset,
        x=chosen.duration,
        width=0.86,
        marker=colours | {"line": {"width": 0.6, "color": view.ink.shade}},
        hovertext=said,
        hoverinfo="text",
        name="notes",
    )


def draw_many(picture: go.Figure, louds: np.ndarray, lowest: int, colours: list[str], view: View, y: str, name: str = "notes") -> None:
    """More notes than can be told apart: the picture `louds` of `loudest` over the window, its lowest key at the bottom."""
    step = view.seconds / louds.shape[1]
    scale = [[0.0, "rgba(0,0,0,0)"]] + [[0.004 + 0.996 * i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]
    where = {"x0": view.start + step / 2, "dx": step, "y0": lowest, "dy": 1, "yaxis": y, "zmin": 0, "zmax": 127}
    picture.add_heatmap(z=louds, **where, colorscale=scale, showscale=False, hoverinfo="skip", name=name)


def plain_notes(picture: go.Figure, notes: Notes, said: list[str], name: str, colour: str, width: float, y: str = "y") -> None:
    """Notes as bars of one colour, `width` keys high."""
    picture.add_bar(
        orientation="h",
        base=notes.onset,
        x=notes.duration,
        y=notes.pitch,
        yaxis=y,
        width=width,
        marker={"color": colour, "line": {"width": 0}},
        name=name,
        hovertext=said,
        hoverinfo="text",
    )


def mark_notes(picture: go.Figure, table: pd.DataFrame, times: np.ndarray, statuses: tuple[str, ...], view: View, y: str) -> None:
    """A symbol at the onset of every note that was moved, lost or added; `times` (R,) in s says where each row of `table` stands."""
    named = {trace.name for trace in picture.data}
    inside = table.assign(at=times)[(times >= view.start) & (times <= view.stop)]
    for status in statuses:
        some = inside[inside["status"] == status]
        if some.empty:
            continue
        some = some.iloc[:: -(-len(some) // MOST_MARKS)]
        symbol, colour = STATUS[status][1], STATUS[status][2 + view.dark]
        picture.add_scatter(
            x=some["at"].to_numpy(),
            y=some["pitch"].to_numpy(),
            yaxis=y,
            mode="markers",
            name=status,
            legendgroup=status,
            showlegend=status not in named,
            hovertext=describe(some),
            hoverinfo="text",
            marker={"symbol": symbol, "size": 7, "color": colour, "line": {"width": 1.4, "color": colour}},
        )


def describe(table: pd.DataFrame) -> list[str]:
    """What the pointer reads of each note."""
    columns = ("name", "time", "status", "velocity", "duration", "onset_error_ms", "duration_log_ratio", "velocity_error")
    said = []
    for name, time, status, velocity, duration, onset, longer, louder in zip(*(table[column] for column in columns), strict=True):
        note = f"<b>{name}</b> at {time:.3f} s, {status}<br>velocity {velocity}, {duration:.3f} s"
        if np.isfinite(onset):
            note += f"<br>{abs(onset):.1f} ms {'late' if onset > 0 else 'early'}, {2**longer:.2f} × as long, {louder:+.0f} velocity"
        said.append(note)
    return said


def draw_pedal(picture: go.Figure, pedal: Pedal, view: View, y: str) -> None:
    """How far down the sustain pedal is; notes sound on from 64."""
    first = max(0, int(np.searchsorted(pedal.time, view.start, "right")) - 1)
    last = int(np.searchsorted(pedal.time, view.stop, "right"))
    times, values = pedal.time[first:last], pedal.value[first:last]
    if len(times) > MOST_PEDAL:
        kept = np.arange(0, len(times), -(-len(times) // MOST_PEDAL))
        times, values = times[kept], values[kept]
    ends = np.append(values, values[-1:])
    picture.add_scatter(
        x=np.append(np.maximum(times, view.start), view.stop)[: len(ends)],
        y=ends,
        yaxis=y,
        mode="lines",
        line={"color": view.ink.under, "width": 1, "shape": "hv"},
        fill="tozeroy",
        fillcolor=view.ink.shade,
        name="sustain pedal",
        showlegend=False,
        hovertemplate="sustain pedal %{y} of 127<extra></extra>",
    )


def draw_boundaries(picture: go.Figure, boundaries: np.ndarray, view: View) -> None:
    """Thin lines where a code ends and the next begins, through all panels."""
    inside = boundaries[(boundaries >= view.start) & (boundaries <= view.stop)]
    if len(inside):
        path = " ".join(f"M {time:.4f},0 V 1" for time in inside.tolist())
        line = {"color": view.ink.reconstruction, "width": 0.6}
        picture.add_shape(type="path", path=path, xref="x", yref="paper", line=line, opacity=0.45, layer="below")
