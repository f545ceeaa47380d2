"""About: what this is, what its numbers mean, and where models and data come from."""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.tasks.assets import Assets
from pages.shared import cache
from pages.shared.app_frame import require_app_frame
from pages.shared.errors import show_errors
from pages.shared.format import format_value

LOCALIZED = st.column_config.NumberColumn(format="localized")


def shipped_models() -> pd.DataFrame:
    """List the models that ship, with their figures on test data."""
    figures = {name: entry["figures"]["test"] for name, entry in Assets.open().manifest["models"].items()}
    return pd.DataFrame(
        {
            "Model": info.title,
            "Field": info.domain,
            "Parameters": info.parameters,
            "On test data": f"{info.metric} {format_value(info.metric, figures[info.name][info.metric.lower()])}",
            "Test examples": figures[info.name]["n"],
            "In short": info.about,
            "Source": info.origin,
        }
        for info in cache.tasks().values()
        if info.shipped
    )


def models_to_fetch() -> pd.DataFrame:
    """List the models that do not ship."""
    return pd.DataFrame(
        {"Model": info.title, "Field": info.domain, "Parameters": info.parameters, "In short": info.about}
        for info in cache.tasks().values()
        if not info.shipped
    )


require_app_frame()
st.header("About Pruning Playground")
st.markdown((Path(__file__).parents[1] / "assets" / "about.md").read_text(encoding="utf-8"))
with show_errors():
    st.subheader("Models that ship")
    columns = {"Parameters": LOCALIZED, "Test examples": LOCALIZED}
    st.dataframe(shipped_models(), hide_index=True, column_config=columns)
    st.subheader("Models that can be fetched")
    st.dataframe(models_to_fetch(), hide_index=True, column_config={"Parameters": LOCALIZED})
    st.caption(next((info.origin for info in cache.tasks().values() if not info.shipped), ""))
