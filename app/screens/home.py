"""Home: what this is, a place to drop a recording, and examples to open with one click."""

import streamlit as st

from app import cache, inputs, uploads
from app.words import plain

st.title("What survives a trip through a codebook?", anchor=False)
st.markdown(cache.text("home"))
if uploads.desk_files("Drop an ECG here", place="home"):
    st.switch_page("screens/ecg.py")
st.subheader("Or open an example", anchor=False)
for column, (name, example) in zip(st.columns(len(cache.examples())), cache.examples().items(), strict=True):
    with column.container(border=True, height="stretch"):
        st.markdown(f"**{plain(example.title)}**")
        st.caption(plain(example.description))
        if st.button("Open", key=f"open.{name}", icon=":material/ecg_heart:", help=f"Open the example “{example.title}”"):
            inputs.open_next(name)
            st.switch_page("screens/ecg.py")
