"""Presenter mode: large type and the essentials alone, for a room; a link holds it as `present=1`."""

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import link
from pages.shared.components import run_script
from pages.shared.qr_code import NoCode, draw_code
from pages.shared.words import t

KEY = "present"
"""Name of the choice in the session and in a link."""

STYLE = Path(__file__).parents[2] / "assets" / "presenter.css"

CONTRAST = {"light": ("#000000", "#ffffff"), "dark": ("#ffffff", "#000000")}
"""Ink and paper of each theme."""

BACK, NEXT, LEAVE, CODE = "present-back", "present-next", "present-leave", "present-code"
"""Keys of the buttons that the keyboard presses too."""


def presenting() -> bool:
    """Whether this visitor presents to a room."""
    return bool(st.session_state.get(KEY))


def theme() -> str:
    """Return "light" or "dark", as the browser has it."""
    return st.context.theme.type or "light"


def settle_presenting() -> None:
    """Decide on it before anything is drawn: as a link says at first, else as the switch stands."""
    link.read_choice(KEY, ("1", "True", "False"))
    st.session_state[KEY] = str(st.session_state.get(KEY, False)) in ("1", "True")
    link.keep_choice(KEY, presenting())
    link.say(KEY, "1" if presenting() else "")


def draw_presenting_switch() -> None:
    """Let people begin, below the menu."""
    st.sidebar.toggle(
        t("Present"),
        key=KEY,
        persist_state="session",
        help=t("For a room: large type, and the essentials alone. The arrow keys move the slider; P leaves."),
    )


def reserve_bar() -> DeltaGenerator | None:
    """Keep a place on top for what a presenter needs; None while nobody presents."""
    if not presenting():
        return None
    ink, paper = CONTRAST[theme()]
    st.html(f"<style>:root {{ --present-ink: {ink}; --present-paper: {paper}; }}</style>")
    st.html(STYLE)
    return st.container(key="presenter", horizontal=True, horizontal_alignment="right", gap="small")


def draw_bar(place: DeltaGenerator | None) -> None:
    """Draw a way out and the code of what is shown, once its address is known; let keys do what buttons do."""
    if place is None:
        return
    with place:
        code = st.popover(
            t("QR code"), key=CODE, icon=":material/qr_code_2:", help=t("Key Q"), on_change="rerun"
        )  # a slider moves without this bar being drawn, so the address is asked for when somebody opens it
        if code.open:
            with code:
                _draw_code()
        st.button(t("Leave"), key=LEAVE, icon=":material/close_fullscreen:", on_click=_leave, help=t("Key P"))
        run_script("presenter", {"keys": {"p": LEAVE, "q": CODE, "ArrowLeft": BACK, "ArrowRight": NEXT}})


def _leave() -> None:
    st.session_state[KEY] = False


def _draw_code() -> None:
    """Draw the code of this page with the same choices, which opens it as learners see it."""
    try:
        draw_code({name: value for name, value in link.address().items() if name != KEY})
    except NoCode as error:
        st.warning(f"{t(error.what)} {t(error.advice)}")
