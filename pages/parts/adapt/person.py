"""One person: rate some films by hand, and see your own list change."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.language import text
from core.stages import Subject, catalogue_name
from core.store import StoreUnavailable
from core.tasks.names import TaskName
from core.tasks.recommender.person import (
    FEWEST_RATINGS,
    Film,
    Person,
    adapt_to_person,
    films_of,
    films_to_rate,
    find_films,
)
from pages.shared import cache, in_class, visit
from pages.shared.download import file_stem, pack_network
from pages.shared.format import format_change, format_quality
from pages.shared.in_hand import InHand
from pages.shared.words import language, t

NETWORK = "movielens-ncf"
"""The network that can learn a person."""

OFFERED = 18
"""Films that are laid before somebody; more than they need to rate, since nobody has seen them all."""

FOUND = 12
"""Films that a search shows at most."""

PLACE = "ratings"
"""Under this name the state of a visit in the store, and the session, have them: number of a film, as text -> stars."""

KNOWS_YOU = text(
    "The range says how other ratings of yours could come out. Your list knows you better than the usual one."
)
CANNOT_BE_TOLD = text(
    "The range says how other ratings of yours could come out. On so few ratings it cannot be told whether your list "
    "is better than the usual one; rate more."
)


def offer_person(hand: InHand) -> None:
    """Let a visitor rate films, and show what the network in hand makes of that."""
    if TaskName.read(catalogue_name(hand.network)).untargeted != NETWORK:
        return
    st.markdown(f"## {t('Or one person: you')}")
    st.caption(
        t(
            "Rate at least {fewest} films that you know. The network stays as it is; it learns one more row of its "
            "table of users, yours. What you rate stays in this visit.",
            fewest=FEWEST_RATINGS,
        )
    )
    kept = _kept_ratings()
    ratings = _ask_for_stars(kept)
    if ratings != kept:
        _keep(ratings)
    if len(ratings) < FEWEST_RATINGS:
        missing = FEWEST_RATINGS - len(ratings)
        st.caption(t("{rated} rated; {missing} more, and your own list appears.", rated=len(ratings), missing=missing))
        return
    mine = hand if hand.network == NETWORK else replace(hand, subject=Subject(NETWORK, stage="dense"), recipe=None)
    person = adapt_to_person(cache.task(NETWORK), ratings, cache.network(mine.subject).model)
    _show(person, len(ratings))
    _offer_download(mine, person)


def _ask_for_stars(kept: Mapping[int, float]) -> dict[int, float]:
    """Offer films that are well known, those that a search finds, and those rated before; return what is rated."""
    offered = _films(NETWORK)
    words = st.text_input(
        t("Search for a film that you know"),
        key="film words",
        max_chars=100,
        help=t("Some words of its title, or its year. Titles are the English ones."),
        persist_state="session",
    )
    found = [film for film in _found(NETWORK, words or "") if film not in offered]
    if words and words.strip() and not found:
        st.caption(t("No further film here has these words in its title."))
    here = {film.number for film in (*offered, *found)}
    earlier = films_of(cache.task(NETWORK), (number for number in kept if number not in here))
    ratings = _ask_in_rows(found, kept)
    if found:
        st.divider()
    return ratings | _ask_in_rows((*offered, *earlier), kept)


def _ask_in_rows(films: Iterable[Film], kept: Mapping[int, float]) -> dict[int, float]:
    """Ask for the stars of films, three in a row; return those that have some."""
    ratings = {}
    columns = st.columns(3, gap="medium")
    for place, film in enumerate(films):
        with columns[place % len(columns)]:
            stars = _ask(film, kept.get(film.number))
        if stars is not None:
            ratings[film.number] = stars
    return ratings


@st.cache_data(max_entries=2, show_spinner=False)
def _films(network: str) -> tuple[Film, ...]:
    return films_to_rate(cache.task(network), OFFERED)


@st.cache_data(max_entries=200, show_spinner=False)
def _found(network: str, words: str) -> tuple[Film, ...]:
    return find_films(cache.task(network), words, FOUND)


def _ask(film: Film, kept: float | None) -> float | None:
    """Ask for the stars of one film; None while it has none."""
    key = f"stars of {film.number}"
    if key not in st.session_state and kept is not None:
        st.session_state[key] = round(kept) - 1
    st.markdown(film.title)
    chosen = st.feedback("stars", key=key)
    return None if chosen is None else float(chosen + 1)


def _kept_ratings() -> dict[int, float]:
    """Return what this visit has rated before; what this session has, where the store does not answer."""
    found = st.session_state.get(PLACE)
    with contextlib.suppress(StoreUnavailable):
        found = visit.kept(PLACE)
    if not isinstance(found, Mapping):
        return {}
    return {int(film): float(stars) for film, stars in found.items()}


def _keep(ratings: Mapping[int, float]) -> None:
    noted = {str(film): each for film, each in ratings.items()}
    st.session_state[PLACE] = noted
    with contextlib.suppress(StoreUnavailable):  # what cannot be kept is on the page all the same
        visit.change_kept(PLACE, lambda _: noted)


def _offer_download(hand: InHand, person: Person) -> None:
    """Offer the network with the visitor as its last user, as any other one is taken home."""
    if in_class.competes():
        in_class.say_why_hidden()
        return
    said_in = language()  # now, since a click on a download has left the page already
    st.download_button(
        t("Download the network that knows you"),
        lambda: pack_network(hand, ("safetensors",), said_in, person),
        f"{file_stem(hand.network)}-with-you.zip",
        "application/zip",
        key="download-person",
        on_click="ignore",
        help=t(
            "A zip with the {stage} network, in which you are one more user, the last one; with every figure, and how "
            "to load it. Your stars are not in it, but what it learned of them is.",
            stage=t(hand.subject.stage),
        ),
    )


def _show(person: Person, rated: int) -> None:
    """Draw both lists and how far off the guesses are."""
    usual, own = st.columns(2, gap="medium")
    stars = t("Stars, guessed")
    for place, title, films in ((usual, t("For anybody"), person.before), (own, t("For you"), person.after)):
        place.markdown(f"**{title}**")
        place.dataframe(
            pd.DataFrame({t("Film"): [each.film.title for each in films], stars: [each.stars for each in films]}),
            hide_index=True,
            width="stretch",
            column_config={stars: st.column_config.NumberColumn(format="%.1f")},
        )
    st.markdown(
        t(
            "**{moved} of {films} films changed.** Held back one by one, your {rated} ratings were guessed with an "
            "error (RMSE, in stars) of {general} by the network that knows nobody, and of {adapted} once it had "
            "learned the others: {change}. Plain averages, of a film and of how high you rate, are wrong by "
            "{averages}: that is what a network has to beat.",
            moved=len(person.after) - person.stayed,
            films=len(person.after),
            rated=rated,
            general=format_quality(person.general),
            adapted=format_quality(person.adapted),
            change=format_change(person.change),
            averages=format_quality(person.averages),
        )
    )
    better = person.change.clear and person.change.value < 0
    st.caption(t(KNOWS_YOU if better else CANNOT_BE_TOLD))
