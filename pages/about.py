"""About: what this is, what its numbers mean, and where models and data come from."""

import pandas as pd
import streamlit as st

from core.tasks.assets import Assets
from pages.shared import cache, link
from pages.shared.app_frame import require_app_frame
from pages.shared.errors import show_errors
from pages.shared.format import format_value
from pages.shared.terms import with_terms
from pages.shared.words import long_text, t

LOCALIZED = st.column_config.NumberColumn(format="localized")


def shipped_models() -> pd.DataFrame:
    """List the models that ship, with their figures on test data."""
    figures = {name: entry["figures"]["test"] for name, entry in Assets.open().manifest["models"].items()}
    return pd.DataFrame(
        {
            t("Model"): t(info.title),
            t("Field"): t(info.domain),
            t("Parameters"): info.parameters,
            t("On test data"): t(
                "{metric} {figure}",
                metric=t(info.metric),
                figure=format_value(info.metric, figures[info.name][info.metric.lower()]),
            ),
            t("Test examples"): figures[info.name]["n"],
            t("In short"): t(info.about),
            t("Source"): t(info.origin),
        }
        for info in cache.tasks().values()
        if info.shipped
    )


def models_to_fetch() -> pd.DataFrame:
    """List the models that do not ship."""
    return pd.DataFrame(
        {
            t("Model"): t(info.title),
            t("Field"): t(info.domain),
            t("Parameters"): info.parameters,
            t("In short"): t(info.about),
        }
        for info in cache.tasks().values()
        if not info.shipped
    )


require_app_frame()
link.publish()
st.title(t("About Pruning Playground"))
st.markdown(with_terms(long_text("about.md")))
with show_errors():
    st.header(t("Models that ship"))
    columns = {t("Parameters"): LOCALIZED, t("Test examples"): LOCALIZED}
    st.dataframe(shipped_models(), hide_index=True, column_config=columns)
    st.header(t("Models that can be fetched"))
    st.dataframe(models_to_fetch(), hide_index=True, column_config={t("Parameters"): LOCALIZED})
    st.caption(t(next((info.origin for info in cache.tasks().values() if not info.shipped), "")))
