"""Text in whatever encoding a spreadsheet saved it."""

import codecs
import contextlib
import itertools
import re
from collections.abc import Mapping

from core.errors import BadInput
from core.language import text
from core.uploads.limits import ENCODING_SAMPLE_BYTES, ENCODING_SAMPLE_LINES

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before that of UTF-16, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

ENCODING_BY_ZEROS: Mapping[tuple[bool, ...], str] = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
}
"""Which of the first four bytes are zero -> the encoding, where there is no byte order mark."""

WESTERN_LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøœùúûüßµªº")
"""Letters beyond ASCII of the languages for which Windows has its code page 1252, without the rare ones."""

THREE_SPECIAL_LETTERS = re.compile(r"[^\W\d_A-Za-z]{3}")
"""Three letters beyond ASCII in a row."""

SIGN_WITHIN_WORD = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f\u2019\u2013\u2014\u2026\u00b7\u00ad](?=[^\W\d_])")
"""A sign between two letters which is no apostrophe, dash, ellipsis, middle dot or hyphen."""

RARER_ENCODINGS = (
    *("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "mac_roman", "cp850", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
"""What spreadsheets of the world save in, beside UTF-8, UTF-16 and cp1252."""

MAX_CHAOS = 0.1
"""How strange a text may look to charset_normalizer, 0 to 1, to be taken for one of an encoding."""

RIVAL_CHAOS, RIVAL_COHERENCE = 0.02, 0.1
"""How close another encoding must come to the best one, by strangeness and by language, to be as likely."""


def decode(content: bytes) -> str:
    """Decode a table by its byte order mark, its zeros, or what spreadsheets usually write. Raises BadInput."""
    zeros = tuple(byte == 0 for byte in content[:4])  # headings begin with two plain letters
    marked = (encoding for mark, encoding in BYTE_ORDER_MARKS.items() if content.startswith(mark))
    encoding = next(marked, None) or ENCODING_BY_ZEROS.get(zeros, "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        guess = _guessed(content) if encoding == "utf-8" else None
        if guess is not None:
            with contextlib.suppress(UnicodeDecodeError):
                return content.decode(guess)
        raise BadInput(
            text("It cannot be told in which encoding this table is written."), text("Save it as CSV in UTF-8.")
        ) from error


def _guessed(content: bytes) -> str | None:
    """Guess an encoding that is not UTF-8 by the lines that are not plain; return None if it cannot be told."""
    import charset_normalizer  # for those who need it

    special = (line for line in content.splitlines() if not line.isascii())
    sample = b"\n".join(itertools.islice(special, ENCODING_SAMPLE_LINES))[:ENCODING_SAMPLE_BYTES]
    old_mac = b"\r" in content and b"\n" not in content
    for encoding in ("mac_roman", "cp1252") if old_mac else ("cp1252",):
        with contextlib.suppress(UnicodeDecodeError):
            if _looks_western(sample.decode(encoding)):
                return encoding
    matches = list(charset_normalizer.from_bytes(sample, cp_isolation=list(RARER_ENCODINGS)))
    if not matches or matches[0].chaos > MAX_CHAOS:
        return None
    best, *others = matches
    rivals = [
        each
        for each in others
        if each.chaos < best.chaos + RIVAL_CHAOS and each.coherence > best.coherence - RIVAL_COHERENCE
    ]
    return None if rivals else best.encoding


def _looks_western(text: str) -> bool:
    """Tell whether a text looks as one of Western Europe does, not as other bytes taken for one.

    Its special letters are usual ones, no three of them follow one another, and no sign stands amid a word.
    """
    letters = {each.lower() for each in text if each.isalpha() and not each.isascii()}
    return letters <= WESTERN_LETTERS and not THREE_SPECIAL_LETTERS.search(text) and not SIGN_WITHIN_WORD.search(text)
