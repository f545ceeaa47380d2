"""Each sentence in the language that a visitor reads."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.language import LOCALE, SOURCE, Text, text, translate, translate_of

KEY = "lang"
"""Name of the choice in the session and in a link."""

SHOWN_KEYS = (
    *(text("dense"), text("pruned"), text("fine-tuned")),
    *(text("Dense"), text("Pruned"), text("Fine-tuned")),
    *(text("train"), text("validation"), text("test")),
    *(text("weight"), text("neuron"), text("channel"), text("head")),
    *(text("one-shot"), text("iterative"), text("gradual"), text("rewind"), text("tune-first"), text("scratch")),
    *(text("complete"), text("stopped"), text("failed")),
)
"""Keys of the code that tables and sentences show as they are, as in `t(stage)`; here, so that catalogues have them."""


def language() -> str:
    """Return the language that this visitor reads; that of the code where no page is being drawn."""
    drawing = get_script_run_ctx(suppress_warning=True) is not None
    return (st.session_state.get(KEY) or SOURCE) if drawing else SOURCE


def t(message: str, /, **values: Any) -> str:
    """Say a message in the visitor's language; values stand in braces. What `core` says is given as it is."""
    return translate(language(), message, **values)


def t_of(one: str, many: str, /, count: int, **values: Any) -> str:
    """Say a sentence of so many things in the visitor's language."""
    return translate_of(language(), one, many, count, **values)


def option_labels(options: Mapping[str, str] | Iterable[str]) -> Callable[[Any], str]:
    """Return how a widget shows its options, or what these stand for, in the language of now: its `format_func`.

    The options themselves stay as they are in each language, and with them what was chosen.
    """
    labels = options if isinstance(options, Mapping) else {each: each for each in options}
    said = {option: t(label) for option, label in labels.items()}
    return lambda option: said.get(option, str(option))


class Later(str):
    """A sentence that is named when a module is read, as a cache names its spinner, and said each time it is shown."""

    __slots__ = ()

    def __str__(self) -> str:
        return t(str.__str__(self))


def listing(words: Iterable[str]) -> str:
    """Join words, each said in the visitor's language, for a sentence."""
    return t(", ").join(t(each) for each in words)


def say_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Say the headings of a table, and what in its cells can be said; the cells may hold words of strangers too."""
    return [{t(name): _say_cell(cell) for name, cell in row.items()} for row in rows]


def _say_cell(cell: Any) -> Any:
    return t(cell) if isinstance(cell, Text) else cell


def long_text(name: str) -> str:
    """Return a text of `assets`, or that of the visitor's language if its folder has one of the name."""
    translated = LOCALE / language() / name
    return (translated if translated.exists() else LOCALE.parent / name).read_text(encoding="utf-8")
