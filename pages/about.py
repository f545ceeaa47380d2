"""About: what this is, what its numbers mean, and where models and data come from."""

from pathlib import Path

import pandas as pd
import streamlit as st

from pages.parts import border

border.within_app()
st.header("About Pruning Playground")
st.markdown((Path(__file__).parents[1] / "assets" / "about.md").read_text(encoding="utf-8"))
with border.sentences():
    st.subheader("Models that ship")
    rows = [
        {
            "Model": info.title,
            "Parameters": info.parameters,
            f"{info.metric} on test data": 100 * border.shipped_figures()[info.name]["test"]["accuracy"],
            "Test examples": border.shipped_figures()[info.name]["test"]["n"],
            "In short": info.about,
            "Source": info.source,
        }
        for info in border.tasks().values()
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Test examples": st.column_config.NumberColumn(format="localized"),
            "Accuracy on test data": st.column_config.NumberColumn(format="%.2f %%"),
        },
    )
