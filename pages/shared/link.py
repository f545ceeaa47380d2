"""Choices in the address: read before a widget is drawn, written all at once after all of them were, kept in the visit.

The address has one writer, `publish`, so that one change is one step back in the browser, and the address at rest is
what is shown. Streamlit forgets what a link or the code has set for a widget if somebody changes the page before the
browser has sent anything back, so that each choice is kept beside its widget too.
"""

from collections.abc import Container, Iterable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from pages.shared import menu
from pages.shared.words import t

KNOWN = (
    "model",
    "threshold",
    "cut",
    "unit",
    "stage",
    "remove",
    "judge",
    "scope",
    "norm",
    "tables",
    "n",
    "m",
    "own",
    "seed",
    "recipe",
    "learn",
    "target",
    "repair",
    "parent",
    "lang",
    "lesson",
    "class",
    "teacher",
    "present",
    "term",
)
"""What a link can hold; besides, there is a strategy for each recipe."""

LONGEST = 4_000
"""Characters of one value in an address; `core.experiment` has the same limit, but takes seconds to import."""

NOT_OURS = ("embed", "utm_", "fbclid", "gclid", "strategy-")
"""How the names of what others add to links begin, and of choices that have a list of their own."""


def follow_address() -> None:
    """Take over what the address asks for, as a visit begins and when somebody has gone back or edited it."""
    now = {key: value for key, value in st.query_params.to_dict().items() if len(value) <= LONGEST}
    if "written" not in st.session_state:
        st.session_state.update({"link": now, "kept": {}, "written": now})
    elif now and now != st.session_state["written"] and not _moved():
        for key in [*KNOWN, *(key for key in st.session_state if str(key).startswith(("strategy-", "own ", "own-")))]:
            st.session_state.pop(key, None)
        st.session_state.update({"link": now, "kept": {}, "written": now, "followed": set(KNOWN)})


def _moved() -> bool:
    """Whether somebody has just changed a widget: then the address is only behind."""
    kept = st.session_state.get("kept", {})
    return any(key in st.session_state and str(st.session_state[key]) != str(value) for key, value in kept.items())


def carry_choices_to(page: StreamlitPage) -> None:
    """Let the widgets of a page that is about to be drawn take over every choice, if it is another one than before."""
    if st.session_state.get("page") != page.url_path:
        st.session_state["page"] = page.url_path
        st.session_state["carried"] = set(st.session_state.get("kept", {}))
    if page.url_path != "glossary":
        say("term", "")  # it is asked for there alone


def requested(key: str) -> str | None:
    """Return what the link asks for that nobody has changed since."""
    return st.session_state.get("link", {}).get(key)


def take(key: str) -> str | None:
    """Return what the link asks for, once: what is done with it is not to be done again."""
    return st.session_state.get("link", {}).pop(key, None)


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


def start_as_usual(key: str, usual: Any) -> None:
    """Give a widget its usual choice if an address was followed that does not name it; the browser may hold another."""
    followed = st.session_state.get("followed", set())
    if key in followed:
        followed.discard(key)
        if key not in st.session_state:
            st.session_state[key] = usual


def read_choice(key: str, options: Container[str], place: DeltaGenerator | None = None, usual: Any = None) -> None:
    """Let the link decide what a widget starts with, and drop a choice it no longer offers; call it before it is drawn.

    place: where to say that the link asks for what is not there; usual: the choice without a link.
    """
    if not restore_choice(key) and key not in st.session_state and (wanted := requested(key)) is not None:
        if wanted in options:
            st.session_state[key] = wanted
        else:
            (place or st).warning(
                t(
                    "The link asks for {key} = {wanted!r}, which is not there; the usual choice is shown.",
                    key=key,
                    wanted=wanted[:60],
                )
            )
    if usual is not None:
        start_as_usual(key, usual)
    if key in st.session_state and str(st.session_state[key]) not in options:
        del st.session_state[key]


def write_choice(key: str, value: str, usual: str) -> None:
    """Keep the value of a widget that was drawn in the visit, and for the address unless it is the usual one."""
    keep_choice(key, value)
    say(key, value if value != usual else "")


def say(key: str, value: str) -> None:
    """Put a value into the address that `publish` writes; "" takes it out."""
    saying = st.session_state.setdefault("saying", {})
    if value:
        saying[key] = value
    else:
        saying.pop(key, None)


def address() -> dict[str, str]:
    """Return the parameters of the address that says what is shown now."""
    others = {key: value for key, value in st.query_params.to_dict().items() if _not_a_choice(key)}
    return {**others, **st.session_state.get("saying", {})}


def publish() -> None:
    """Write the address, once all choices of a page are known; only a change is a step in the browser's history."""
    new = address()
    if new != st.query_params.to_dict():
        st.query_params.from_dict(new)
    st.session_state["written"] = new
    menu.draw(new)


def _not_a_choice(key: str) -> bool:
    return key not in KNOWN and not key.startswith("strategy-")


def warn_of_unknown(names: Iterable[str], place: DeltaGenerator) -> None:
    """Say which parts of a link mean nothing here."""
    strange = [name for name in names if name not in KNOWN and not name.startswith(NOT_OURS)]
    if strange:
        named = t(", ").join(name[:40] for name in strange[:5])
        place.warning(t("The link also holds {names}, which means nothing here.", names=named))


def read_overrides(written: str, names: tuple[str, ...], place: DeltaGenerator | None = None) -> dict[str, float]:
    """Read "layer:percent,layer:percent" from a link; what does not fit is left out, with a sentence at a place."""
    found = {}
    for part in filter(None, written.split(",")):
        layer, _, share = part.rpartition(":")
        try:
            value = float(share) / 100
        except ValueError:
            value = -1.0
        if layer in names and 0 <= value <= 1:
            found[layer] = value
        else:
            (place or st).warning(
                t("The link gives a layer a share that does not fit: {part!r}. It is left out.", part=part[:60])
            )
    return found


def open_explore(name: str, **choices: str) -> None:
    """Go to Explore with these choices besides those that are in hand."""
    st.switch_page("pages/explore.py", query_params={**address(), "model": name, **choices})
