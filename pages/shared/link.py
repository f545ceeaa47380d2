"""Choices in the link: read before a widget is drawn, written after it, and kept in the visit as values of our own.

Streamlit forgets what a link or the code has set for a widget if somebody changes the page before the browser has sent
anything back, so that each choice is kept beside its widget too.
"""

from collections.abc import Container, Iterable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

KNOWN = ("model", "threshold", "remove", "judge", "scope", "norm", "tables", "n", "m", "own", "recipe")
"""What a link can hold; besides, there is a strategy for each recipe."""

WITH_SLIDER = ("", "fine_tune", "measure", "bring")
"""Addresses of the pages that have the slider."""

NOT_OURS = ("embed", "utm_", "fbclid", "gclid", "strategy-")
"""How the names of what others add to links begin, and of choices that have a list of their own."""


def remember_link() -> None:
    """Keep what the link of a visit holds, at its very beginning, before anybody can change the page."""
    if "link" not in st.session_state:
        st.session_state["link"] = st.query_params.to_dict()
        st.session_state["kept"] = {}


def carry_choices_to(page: StreamlitPage) -> None:
    """Let the widgets of a page that is about to be drawn take over every choice, if it is another one than before."""
    before, kept = st.session_state.get("page"), st.session_state.get("kept", {})
    if before == page.url_path:
        return
    st.session_state["page"] = page.url_path
    st.session_state["carried"] = set(kept)
    if (
        before is not None
        and page.url_path in WITH_SLIDER
        and "threshold" in kept
        and "threshold" not in st.query_params
    ):
        # A slider that is bound to the link writes there only what somebody moved or what the link already had.
        st.switch_page(page, query_params={"threshold": f"{kept['threshold']:g}"})


def requested(key: str) -> str | None:
    """Return what the link asks for, now or when the visit began."""
    return st.query_params.get(key, st.session_state.get("link", {}).get(key))


def keep_choice(key: str, value: Any) -> None:
    """Keep the choice that a widget shows."""
    st.session_state.setdefault("kept", {})[key] = value
    st.session_state.get("link", {}).pop(key, None)


def restore_choice(key: str) -> bool:
    """Give a widget its choice, where Streamlit has forgotten it or is about to; return whether there was one."""
    kept, carried = st.session_state.get("kept", {}), st.session_state.get("carried", set())
    if key in kept and (key not in st.session_state or key in carried):
        # What stands there already may be newer than what was kept; set anew, it survives the change of the page.
        st.session_state[key] = st.session_state.get(key, kept[key])
        carried.discard(key)
        return True
    return False


def read_choice(key: str, options: Container[str], place: DeltaGenerator | None = None) -> None:
    """Let the link decide what a widget starts with, and drop a choice it no longer offers; call it before it is drawn.

    place: where to say that the link asks for what is not there.
    """
    if not restore_choice(key) and key not in st.session_state and (wanted := requested(key)) is not None:
        if wanted in options:
            st.session_state[key] = wanted
        else:
            (place or st).warning(
                f"The link asks for {key} = {wanted[:60]!r}, which is not there; the usual choice is shown."
            )
    if key in st.session_state and str(st.session_state[key]) not in options:
        del st.session_state[key]


def write_choice(key: str, value: str, usual: str) -> None:
    """Keep the value of a widget that was drawn in the visit, and in the link unless it is the usual one."""
    keep_choice(key, value)
    if value != usual:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def warn_of_unknown(names: Iterable[str], place: DeltaGenerator) -> None:
    """Say which parts of a link mean nothing here."""
    strange = [name for name in names if name not in KNOWN and not name.startswith(NOT_OURS)]
    if strange:
        place.warning(f"The link also holds {', '.join(name[:40] for name in strange[:5])}, which means nothing here.")


def read_overrides(text: str, names: tuple[str, ...], place: DeltaGenerator | None = None) -> dict[str, float]:
    """Read "layer:percent,layer:percent" from a link; what does not fit is left out, with a sentence at a place."""
    found = {}
    for part in filter(None, text.split(",")):
        layer, _, share = part.rpartition(":")
        try:
            value = float(share) / 100
        except ValueError:
            value = -1.0
        if layer in names and 0 <= value <= 1:
            found[layer] = value
        else:
            (place or st).warning(f"The link gives a layer a share that does not fit: {part[:60]!r}. It is left out.")
    return found


def open_explore(name: str, **choices: str) -> None:
    """Go to Explore with these choices in the link; the threshold stays as it is in the session."""
    # Told outright, since Streamlit will not clear a link in which a slider is bound.
    st.switch_page("pages/explore.py", query_params={"model": name, **choices})
