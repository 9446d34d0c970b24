"""What the trained codecs of a comparison were trained on, and what that means for it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import trained
from app.words import plain
from vqvae import codecs
from vqvae.contest.fairness import warnings
from vqvae.contest.results import Result


def fairness(results: Sequence[Result], recording: str) -> None:
    """What is unfair about comparing these codecs on this recording, and what the trained ones were trained on."""
    places = codecs.trained(result.codec for result in results)
    said = [plain(sentence) for sentence in warnings(places, recording)]
    if said:
        st.warning(said[0] if len(said) == 1 else "\n".join(f"- {sentence}" for sentence in said), icon=":material/balance:")
    if not places:
        return
    with st.expander("What the trained codecs were trained on"):
        st.dataframe(
            pd.DataFrame(trained.table(places)),
            hide_index=True,
            alt="Trained codecs with their preprocessing and their split",
            column_config={
                "codec": "Codec",
                "kind": st.column_config.TextColumn("Kind", help="What the checkpoint is, as its configuration says."),
                "preprocessing": st.column_config.TextColumn("Preprocessing", help="What is done to a recording before it is coded."),
                "training": st.column_config.TextColumn("Trained on", help="Records whose samples moved the weights."),
                "validation": st.column_config.TextColumn("Chosen on", help="Other patients' records, which chose the best weights."),
                "weights": st.column_config.TextColumn("Weights", help="The first twelve digits of the sha256 of the weights."),
            },
        )
