"""One person: rate some films by hand, and see your own list change."""

import contextlib
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.language import text
from core.stages import catalogue_name
from core.store import StoreUnavailable
from core.tasks.names import TaskName
from core.tasks.recommender.person import FEWEST_RATINGS, Film, Person, adapt_to_person, films_to_rate
from pages.shared import cache, visit
from pages.shared.format import format_change, format_quality
from pages.shared.in_hand import InHand
from pages.shared.words import t

NETWORK = "movielens-ncf"
"""The network that can learn a person."""

OFFERED = 18
"""Films that are laid before somebody; more than they need to rate, since nobody has seen them all."""

PLACE = "ratings"
"""Under this name the state of a visit in the store has them: number of a film, as text -> stars."""

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
    ratings: dict[int, float] = {}
    columns = st.columns(3, gap="medium")
    for place, film in enumerate(_films(NETWORK)):
        with columns[place % len(columns)]:
            stars = _ask(film, kept.get(film.number))
        if stars is not None:
            ratings[film.number] = stars
    if ratings != kept:
        _keep(ratings)
    if len(ratings) < FEWEST_RATINGS:
        missing = FEWEST_RATINGS - len(ratings)
        st.caption(t("{rated} rated; {missing} more, and your own list appears.", rated=len(ratings), missing=missing))
        return
    subject = hand.subject if hand.network == NETWORK else None
    model = cache.network(subject).model if subject else None
    _show(adapt_to_person(cache.task(NETWORK), ratings, model), len(ratings))


@st.cache_data(max_entries=2, show_spinner=False)
def _films(network: str) -> tuple[Film, ...]:
    return films_to_rate(cache.task(network), OFFERED)


def _ask(film: Film, kept: float | None) -> float | None:
    """Ask for the stars of one film; None while it has none."""
    key = f"stars of {film.number}"
    if key not in st.session_state and kept is not None:
        st.session_state[key] = round(kept) - 1
    st.markdown(film.title)
    chosen = st.feedback("stars", key=key)
    return None if chosen is None else float(chosen + 1)


def _kept_ratings() -> dict[int, float]:
    """Return what this visit has rated before."""
    try:
        found = visit.kept(PLACE)
    except StoreUnavailable:
        return {}
    if not isinstance(found, Mapping):
        return {}
    return {int(film): float(stars) for film, stars in found.items()}


def _keep(ratings: Mapping[int, float]) -> None:
    with contextlib.suppress(StoreUnavailable):  # what cannot be kept is on the page all the same
        visit.change_kept(PLACE, lambda _: {str(film): each for film, each in ratings.items()})


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
