"""The secrets of a class: the code that learners type, the key in the teacher's link, and the mark of a browser."""

import hashlib
import hmac
import re
import secrets
import unicodedata

from core.errors import BadInput
from core.language import text

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L, which look alike on a board."""

LENGTH = 6
"""Letters and digits of a code: nearly 900 million codes."""

CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def new_code() -> str:
    """Return a code that nobody can guess from another one."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(typed: str) -> str:
    """Return the code that somebody typed, in whatever case and width, with blanks or hyphens. Raises BadInput."""
    plain = re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", typed[:100])).upper()
    if not plain:
        raise BadInput(
            text("There is no code yet."), text("Type the six letters and digits from the teacher's screen.")
        )
    if not CODE.fullmatch(plain):
        raise BadInput(
            text("A class has a code of six letters and digits; this is none."),
            text("Type it as it stands on the teacher's screen. It has no 0, O, 1, I or L."),
        )
    return plain


def teacher_key(visit_key: str, code: str) -> str:
    """Return the key of the class that a browser has opened: 256 bits that follow from the browser's own key.

    So the link can be shown again after a reload, though the key is kept nowhere.
    """
    return hmac.new(visit_key.encode(), f"teacher {code}".encode(), hashlib.sha256).hexdigest()


def hash_teacher_key(key: str) -> str:
    """Return what the store has in the place of a teacher's key."""
    return hashlib.sha256(f"teacher {key}".encode()).hexdigest()


def is_teacher_key(key: str, kept: str) -> bool:
    """Tell whether a key is the one of which the hash is kept, in the same time whatever the key."""
    return hmac.compare_digest(hash_teacher_key(key), kept)


def mark_of(visit_key: str, code: str) -> str:
    """Return by what a class knows a browser; it tells nothing about the visit, or about other classes."""
    return hashlib.sha256(f"member {code} {visit_key}".encode()).hexdigest()
