"""Small parts of a page that are written in JavaScript: what Streamlit cannot do from the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parents[2] / "assets" / "components"


def run_script(name: str, data: Mapping[str, Any]) -> None:
    """Run `assets/components/NAME.js` in the browser, again whenever the page is drawn; nothing of it is seen."""
    run = st.components.v2.component(f"script-{name}", js=(FOLDER / f"{name}.js").read_text(encoding="utf-8"))
    with st.container(key=f"script-{name}"):
        run(key=f"run-{name}", data=dict(data))
