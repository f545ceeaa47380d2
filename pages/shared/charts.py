"""Charts on a page: all drawn alike, in the visitor's language, told in words too, larger before a room."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from plotly.utils import PlotlyJSONEncoder
from streamlit.delta_generator import DeltaGenerator

from core.charts.style import enlarge
from core.language import SOURCE, translate_within
from pages.shared.presenting import presenting, theme
from pages.shared.words import language, t


def draw_chart(
    figure: Mapping[str, Any], key: str, in_words: Sequence[str], place: DeltaGenerator | None = None
) -> None:
    """Draw a plotly figure; a fixed key lets it stay in place while its data change.

    in_words: sentences that say what it shows, computed from the same figures.
    """
    (place or st).plotly_chart(
        _checked(json.dumps(for_visitor(figure), cls=PlotlyJSONEncoder)),
        key=key,
        theme=None,
        config={"displayModeBar": False},
        alt=" ".join(t(each) for each in in_words),
    )


class Checked(go.Figure):
    """A figure that plotly has checked and that stays as it is, so that it need not be copied each time it is drawn."""

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain data, the same each time; nobody may change it."""
        plain: dict[str, Any] | None = self.__dict__.get("_plain")
        if plain is None:
            plain = self.__dict__["_plain"] = super().to_dict()
        return plain


@st.cache_resource(max_entries=200, show_spinner=False)
def _checked(figure: str) -> Checked:
    """Return a figure as plotly has checked it, once for all who see the same: that takes longer than the drawing."""
    return Checked(json.loads(figure))


def for_visitor(figure: Mapping[str, Any]) -> dict[str, Any]:
    """Return a figure as this visitor sees it: in the own language, and larger before a room."""
    shown = in_language(dict(figure))
    return enlarge(shown, theme()) if presenting() else shown


def in_language(figure: dict[str, Any]) -> dict[str, Any]:
    """Return a figure with each sentence in it said: titles, names, ticks, what is shown on hovering."""
    spoken = language()
    said: dict[str, Any] = figure if spoken == SOURCE else translate_within(spoken, figure)
    return said
