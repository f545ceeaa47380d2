"""Keys of visits: what a browser holds, and the id that the store has in its place."""

import hashlib
import secrets


def new_key() -> str:
    """Return a key for a browser that nobody can guess: 256 bits."""
    return secrets.token_urlsafe(32)


def visit_of(key: str) -> str:
    """Return the id of the visit that a key opens; the key itself is kept nowhere, so ids open nothing."""
    return hashlib.sha256(f"visit {key}".encode()).hexdigest()
