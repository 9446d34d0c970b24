"""What a reader takes home from a comparison: the evidence, and the command that makes it again."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app import cache, contests, uploads
from app.choices_compare import Choice, size_words
from app.contests import Evidence
from app.tasks import again, job
from app.views import compare
from vqvae.bundle import Source, command
from vqvae.contest.entries import Contest
from vqvae.contest.results import Result

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from streamlit.delta_generator import DeltaGenerator

ASKED, ENCLOSED = "compare.bundle", "compare.enclosed"


def section(choice: Choice, results: Sequence[Result], figures: Mapping[str, Callable[[], go.Figure]]) -> None:
    """The evidence bundle, made on request; `figures` draw its pictures."""
    contest = contests.arena(choice)
    if contest is None:
        return
    st.subheader("Take it with you", anchor=False)
    source = _source(choice)
    if source is None:
        st.caption("The files of this recording are too large to be kept for a bundle: the command below makes it from them.")
        source = Source("FILE")
    else:
        _bundle(choice, contest, results, source, figures)
    own = "" if choice.source in cache.examples(choice.kind) else f" {source.argument} is your own file."
    st.caption(f"The same from the command line.{own}")
    words = command(Source(source.argument, rate=source.rate), contests.asked(choice, contest), "evidence.zip")
    st.code(shlex.join(words), language=None, wrap_lines=True)


def _source(choice: Choice) -> Source | None:
    """Where the recording came from; None when its files are not at hand."""
    if choice.source in cache.examples(choice.kind):
        return Source(f"example:{choice.source}")
    files = uploads.unpacked(choice.source)
    return Source(files.main, files.files, st.session_state.get(ENCLOSED, True), files.rate) if files else None


def _bundle(
    choice: Choice, contest: Contest, results: Sequence[Result], source: Source, figures: Mapping[str, Callable[[], go.Figure]]
) -> None:
    st.caption(cache.text("compare_bundle"))
    row = st.container(horizontal=True, vertical_alignment="center")
    about = (choice, tuple(result.codec for result in results), source.enclosed)
    ready = st.session_state.get(ASKED) == about
    if not ready:
        label, icon = "Prepare the evidence", ":material/inventory_2:"
        row.button(label, on_click=_ask, args=(about,), icon=icon, key="compare.prepare")
    work = None
    if ready:
        from plotly.offline import get_plotlyjs

        drawn = {name: _page(draw) for name, draw in figures.items()} | {"plotly.min.js": lambda: get_plotlyjs().encode()}
        order = sorted(results, key=lambda result: choice.codecs.index(result.codec))
        work = job("bundle", about, True, lambda: contests.start_bundle(choice, contest, order, source, drawn))
    if work and work.complete:
        _download(row, work.found[0], contest.reference.name)
    if source.files:
        help_ = "With the recording inside, the bundle is complete; without it, it names the files by their sha256."
        row.toggle("Enclose the recording itself", key=ENCLOSED, value=True, help=help_, persist_state="session")
    if work and work.complete:
        _listing(work.found[0])
    elif work:
        compare.watch("bundle", work)


def _ask(about: tuple[object, ...]) -> None:
    st.session_state[ASKED] = about
    again("bundle")


def _page(draw: Callable[[], go.Figure]) -> Callable[[], bytes]:
    """A picture as a page of its own, in colours for white paper; all pages of a folder share one script."""

    def made() -> bytes:
        figure = draw().update_layout(paper_bgcolor="white", template="plotly_white")
        return bytes(figure.to_html(include_plotlyjs="directory", div_id="picture").encode())

    return made


def _download(row: DeltaGenerator, evidence: Evidence, name: str) -> None:
    label = f"Evidence ({size_words(len(evidence.packed))})"
    row.download_button(
        label, evidence.packed, f"{name}-comparison.zip", "application/zip", on_click="ignore", icon=":material/download:", type="primary"
    )


def _listing(evidence: Evidence) -> None:
    with st.expander(f"What is in it: {len(evidence.sizes)} files"):
        table = pd.DataFrame({"File": evidence.sizes.keys(), "Bytes": evidence.sizes.values()})
        st.dataframe(table, hide_index=True, alt="Files of the bundle")
