"""About: what this is, what its numbers mean, and where models and data come from."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.tasks.assets import Assets
from pages.shared import app_frame, cache
from pages.shared.format import written

app_frame.within_app()
st.header("About Pruning Playground")
st.markdown((Path(__file__).parents[1] / "assets" / "about.md").read_text(encoding="utf-8"))
with cache.sentences():
    st.subheader("Models that ship")
    figures = {name: entry["figures"]["test"] for name, entry in Assets.open().manifest["models"].items()}
    rows = [
        {
            "Model": info.title,
            "Field": info.domain,
            "Parameters": info.parameters,
            "On test data": f"{info.metric} {written(info.metric, figures[info.name][info.metric.lower()])}",
            "Test examples": figures[info.name]["n"],
            "In short": info.about,
            "Source": info.origin,
        }
        for info in cache.tasks().values()
        if info.shipped
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Test examples": st.column_config.NumberColumn(format="localized"),
        },
    )
    st.subheader("Models that can be fetched")
    others = [
        {"Model": info.title, "Field": info.domain, "Parameters": info.parameters, "In short": info.about}
        for info in cache.tasks().values()
        if not info.shipped
    ]
    parameters = {"Parameters": st.column_config.NumberColumn(format="localized")}
    st.dataframe(pd.DataFrame(others), hide_index=True, column_config=parameters)
    st.caption(next((info.origin for info in cache.tasks().values() if not info.shipped), ""))
