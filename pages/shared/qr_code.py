"""The address of a page as a QR code, so that a room can open what is on the wall; sharp on any screen."""

import io
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from core.errors import PlaygroundError
from core.language import text
from pages.shared.words import t

ONLY_HERE = ("localhost", "127.0.0.1", "::1")
"""Names by which a computer calls itself."""


class NoCode(PlaygroundError):
    """Say why there is no code."""


def draw_code(choices: Mapping[str, str]) -> None:
    """Draw the code of this page with some choices, and the address below it. Raises NoCode."""
    address = address_with(st.context.url or "", choices)
    draw_qr_code(address, t("QR code of the address {address}", address=address), 340)
    st.code(address, language=None, wrap_lines=True)
    if is_of_this_machine(address):
        st.warning(
            t(
                "This address works on this machine alone. Start the app with --server.address 0.0.0.0, and open it "
                "here by this machine's name, so that others can follow."
            )
        )


def draw_qr_code(address: str, alt: str, width: int = 220) -> None:
    """Draw the code of an address; alt: what it leads to, for those who do not see it. Raises NoCode."""
    st.image(code_of(address), width=width, alt=alt)


def is_of_this_machine(address: str) -> bool:
    """Whether an address leads nowhere from another machine."""
    return urlsplit(address).hostname in ONLY_HERE


def address_with(url: str, choices: Mapping[str, str]) -> str:
    """Return the address of a page with choices in place of those that it has. Raises NoCode where there is none."""
    if not url:
        raise NoCode(text("The browser does not tell the address of this page."), text("Copy it from above the page."))
    parts = urlsplit(url)
    plain = parts._replace(path=parts.path or "/", query="", fragment="").geturl()
    return f"{plain}?{urlencode(choices)}" if choices else plain


def code_of(address: str) -> str:
    """Return the code of an address as SVG, black on white whatever the theme. Raises NoCode if it is too long."""
    try:
        code = segno.make(address, micro=False, boost_error=False)
    except segno.DataOverflowError as error:
        raise NoCode(
            text("This address is too long for a QR code."), text("Share the link instead, or choose fewer layers.")
        ) from error
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, omitsize=True)
    return drawn.getvalue().decode()
