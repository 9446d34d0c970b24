"""The app: which pages there are, and the desk that stands beside all of them."""

import sys
from pathlib import Path

import streamlit as st

sys.path[:0] = [root for root in [str(Path(__file__).resolve().parents[1])] if root not in sys.path]

from app import cache, inputs, panels, uploads  # noqa: E402

st.set_page_config(page_title="VQ-VAE Explorer", page_icon=str(Path(__file__).parent / "components" / "icon.svg"), layout="wide")
st.html(Path(__file__).parent / "components" / "layout.css")

home = st.Page("screens/home.py", title="Home", icon=":material/home:", default=True)
ecg = st.Page("screens/ecg.py", title="ECG", icon=":material/ecg_heart:", url_path="ecg")
compare = st.Page("screens/compare.py", title="Compare", icon=":material/leaderboard:", url_path="compare")
page = st.navigation([home, ecg, compare], position="top")

if not cache.checkpoint_names():
    st.error(cache.text("no_checkpoint"), icon=":material/error:")
    st.stop()
inputs.open_address()
with st.sidebar:
    arrived = page is not home and uploads.desk_files()
    inputs.desk_choices(recording_only=page is compare)
if arrived:
    st.switch_page(page)
page.run()
panels.foot()
