"""Somebody's own data as what a network learns: read once, kept in the visit, and offered beside what ships."""

from typing import Any

import streamlit as st

from core.language import text
from core.store import StoreUnavailable, hold_artefact, put_artefact
from core.tasks.names import OWN, TaskName
from core.tasks.own_data import OwnData, kind_of_own_data, look_at_own_data
from core.tasks.targets import Target
from core.uploads.own_sets import FEWEST_OF_A_CLASS, MOST_CLASSES
from pages.parts.bring.uploads import read_upload, show_first_lines
from pages.shared import cache, visit
from pages.shared.errors import show_errors
from pages.shared.storage import store
from pages.shared.words import t

PLACE = "own data"
"""Under this name the state of a visit in the store has them."""

MOST = 20
"""Sets that the list of a visit holds, the latest ones."""


ASKS = {
    "picture": text("A zip with one folder of pictures for each class"),
    "text": text("A table (CSV) with columns text and label"),
    "rating": text("A table (CSV) with columns user, item and rating"),
}
"""Kind of data -> what is asked for."""


def own_targets(network: str) -> dict[str, Target]:
    """Return the sets of this visit that a network can learn, by the name of the target."""
    kind = kind_of_own_data(cache.task(network))
    if not kind:
        return {}
    try:
        entries = _entries(visit.kept(PLACE))
    except StoreUnavailable:
        return {}
    source = text("yours, kept in this visit")
    return {
        each["name"]: Target(each["name"], each["title"], each["about"], source, tuple(each["counts"]))
        for each in entries
        if each["kind"] == kind
    }


def offer_own_data(network: str) -> None:
    """Ask for a set to learn; what was read is a further target from then on."""
    task = cache.task(network)
    kind = kind_of_own_data(task)
    if not kind:
        st.caption(t("This network takes no examples of yours; choose one for pictures, texts or ratings."))
        return
    upload = st.file_uploader(t(ASKS[kind]), key=f"learn-{network}", help=_rules(kind))
    with show_errors():
        content = upload.getvalue() if upload is not None else b""
        own: OwnData | None = read_upload("learn-set", network, upload, lambda _: look_at_own_data(task, content))
        if own is not None and upload is not None:
            _keep(upload.name, content, own)
            st.caption(t("Read: {about}", about=own.about))
            if own.left_out:
                st.warning(t("Left out: {count:,}.", count=len(own.left_out)))
                show_first_lines([dict(each) for each in own.left_out])


def _rules(kind: str) -> str:
    """Say what a set has to be like, and what becomes of it."""
    if kind == "rating":
        return t(
            "Films by title, or by MovieLens's number; 0.5 to 5 stars; at least 10 ratings a user. It is split into "
            "parts to learn from, to choose by and to judge on. At most 50 MB; it stays in this visit."
        )
    return t(
        "Your own classes, 2 to {most}, each with at least {fewest} examples. It is split into parts to learn from, to "
        "choose by and to judge on. At most 50 MB; it stays in this visit.",
        most=MOST_CLASSES,
        fewest=FEWEST_OF_A_CLASS,
    )


def _keep(file: str, content: bytes, own: OwnData) -> None:
    """Keep a set in the store, and in the list of the visit; turn to it once."""
    name = f"{OWN}{put_artefact(store(), content)}"
    if any(each["name"] == name for each in _entries(visit.kept(PLACE))):
        return
    hold_artefact(store(), visit.visit_key(), name.removeprefix(OWN))
    entry = {
        "name": name,
        "title": t("Yours: {file}", file=file[:80]),
        "about": t(own.target.about),
        "counts": own.target.counts,
        "kind": own.kind,
    }
    visit.change_kept(PLACE, lambda found: [*(each for each in _entries(found) if each["name"] != name), entry][-MOST:])
    st.session_state["target next"] = name
    st.rerun()


def _entries(found: Any) -> list[dict[str, Any]]:
    """Return what is kept of a visit's sets; what cannot be read is left out."""
    keys = {"name", "title", "about", "counts", "kind"}
    entries = (
        [each for each in found if isinstance(each, dict) and keys <= each.keys()] if isinstance(found, list) else []
    )
    return [each for each in entries if TaskName("any", each["name"]).own]
