"""The one place where an error becomes two sentences on a page."""

import contextlib
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import PlaygroundError
from core.language import Text, text
from pages.shared.words import t


@contextlib.contextmanager
def show_errors(place: DeltaGenerator | None = None) -> Iterator[None]:
    """Show an error that people can do something about at a place, in the stead of what failed."""
    try:
        yield
    except PlaygroundError as error:
        show_error(error.what, error.advice, place)


def show_error(what: str, advice: str, place: DeltaGenerator | None = None) -> None:
    """Say what happened and what to do about it."""
    (place or st).error(t(in_one(what, advice)), icon=":material/error:")


def in_one(what: str, advice: str) -> Text:
    """Put what happened and what to do about it in one text, for what keeps it until a page says it."""
    return text("{what} {advice}", what=what, advice=advice)
