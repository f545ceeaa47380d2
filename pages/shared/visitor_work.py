"""Work on what a visitor brought: begun once, done beside the page, kept in the visit; and figures that fill in."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.jobs.background import BackgroundJob, BackgroundThread
from core.measure import Quality
from pages.shared.format import arrow, change, figure, good, interval, meaning
from pages.shared.job_button import presence


@st.cache_resource(show_spinner=False)
def _beside() -> BackgroundThread:
    return BackgroundThread()


@dataclass(frozen=True, eq=False)
class Kept:
    """Something that is found out in a visit, and what it is about."""

    about: Any
    piece: BackgroundJob


def begun(key: str, about: Any, make: Callable[[], Iterable[Any]]) -> BackgroundJob:
    """Return the work that is kept in the visit under a key if it is about the same, else begin it beside the page."""
    held: Kept | None = st.session_state.get(key)
    if held is None or held.about != about or held.piece.stopping.is_set():
        if held is not None:
            held.piece.stopping.set()  # what was here before makes room first
        st.session_state[key] = held = Kept(about, _beside().submit(make, presence()))
    return held.piece


def kept(key: str, about: Any, compute: Callable[[], Any]) -> Any:
    """Return what is kept in the visit under a key if it is about the same, else have it computed and wait for it."""
    return begun(key, about, lambda: iter([compute()])).result()


Figure = tuple[str, Quality]
"""A stage, and its figure so far."""


def show_figures(key: str, about: Any, make: Callable[[], Iterator[Figure]], caption: Callable[[Quality], str]) -> None:
    """Judge both networks beside the page, once, and fill the figures in as they come."""
    piece = begun(key, about, make)
    st.fragment(_figures, run_every=0.5 if piece.active else None)(piece, piece.active, caption)


def _figures(piece: BackgroundJob, busy: bool, caption: Callable[[Quality], str]) -> None:
    if busy and not piece.active:
        st.rerun()
    if piece.error is not None:
        st.error(f"{piece.error.what} {piece.error.advice}", icon=":material/error:")
        return
    latest = dict(piece.results)
    if not latest:
        st.caption("Waiting for its turn ..." if busy else "This was stopped.")
        return
    places = st.columns(2, gap="medium")
    for place, (stage, quality) in zip(places, latest.items(), strict=False):
        shown(place, stage, quality, latest["Dense"] if stage != "Dense" else None)
    if busy:
        st.caption(
            f"Judging: {', '.join(f'{stage.lower()} {quality.n:,}' for stage, quality in latest.items())} so far."
        )
    else:
        st.caption(caption(latest["Dense"]))


def shown(place: Any, stage: str, quality: Quality, dense: Quality | None = None) -> None:
    """Show one quality figure, with how far it is from the dense one on the same examples."""
    place.metric(
        f"{quality.metric}, {stage.lower()}",
        figure(quality),
        change(quality, dense) if dense else f"n = {quality.n:,}",
        delta_color=good(quality, dense),
        delta_arrow=arrow(quality, dense),
        delta_description=interval(quality),
        help=meaning(quality),
        border=True,
    )
