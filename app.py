"""Start here: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

st.set_page_config("Pruning Playground", "✂️", layout="wide")
st.html(Path(__file__).parent / "assets" / "app.css")
st.session_state["within app"] = True
st.navigation(
    {
        "Experiment": [
            st.Page("pages/explore.py", title="Explore", icon=":material/tune:", default=True),
            st.Page("pages/fine_tune.py", title="Fine-tune", icon=":material/healing:"),
        ],
        "More": [st.Page("pages/about.py", title="About", icon=":material/info:")],
    }
).run()
