"""The ONNX file of a visit, kept in the store by its hash, so that a reload finds it again."""

import streamlit as st

from core.errors import BadInput
from core.language import text
from core.onnx_files import OnnxNetwork
from core.store import StoreUnavailable, hold_artefact, put_artefact, read_artefact
from pages.shared import visit
from pages.shared.storage import store
from pages.shared.words import t

PLACE = "onnx"
"""Under this name the state of a visit in the store has the file."""

LONGEST_NAME = 60


def kept_file() -> tuple[str, str]:
    """Return name and hash of the file of this visit; nothing where there is none."""
    try:
        entry = visit.kept(PLACE)
    except StoreUnavailable:
        return "", ""
    return (str(entry.get("name", "")), str(entry.get("hash", ""))) if isinstance(entry, dict) else ("", "")


def read_kept(digest: str) -> bytes:
    """Return the content of a file of the visit. Raises BadInput if it is gone."""
    content = read_artefact(store().files, digest)
    if content is None:
        raise BadInput(text("The ONNX file of this visit is not kept any more."), text("Choose it again."))
    return content


def keep_file(name: str, network: OnnxNetwork) -> str:
    """Keep a file in the visit, once, and say so where the store has no room; return its name as it is shown."""
    shown = "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME]
    if st.session_state.get("onnx kept") == network.digest:
        return shown
    try:
        kept = put_artefact(store(), network.content)
        hold_artefact(store(), visit.visit_key(), kept)
        visit.change_kept(PLACE, lambda _: {"hash": kept, "name": shown})
        st.session_state["onnx kept"] = network.digest
    except StoreUnavailable as error:
        st.caption(t("{why} This file is used until the page is closed.", why=t(error.what)))
    return shown
