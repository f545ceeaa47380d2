"""Small answers by their name, within a bound: the longest unused go first."""

import os
import time

from sqlalchemy import Connection, delete, func, select, update

from core.store.database import Store, insert_new, reading, writing
from core.store.tables import answers

LIMIT = 200_000_000
"""Bytes that all answers may take together, unless PLAYGROUND_ANSWERS_LIMIT says otherwise."""

ROOM = 0.9
"""Share of the limit that is left full once room was made, so that it is not made each time."""

FRESH = 3600.0
"""Seconds for which a use need not be noted again."""


def find_answer(store: Store, name: str) -> bytes | None:
    """Return what is kept under a name; None for nothing. Raises StoreUnavailable."""
    with reading(store) as connection:
        row = connection.execute(select(answers.c.content, answers.c.used).where(answers.c.name == name)).first()
    if row is None:
        return None
    if abs(time.time() - row.used) > FRESH:  # a clock may have jumped
        with writing(store) as connection:
            connection.execute(update(answers).where(answers.c.name == name).values(used=time.time()))
    return bytes(row.content)


def keep_answer(store: Store, name: str, content: bytes) -> None:
    """Keep an answer, unless one is kept under its name; make room if need be. Raises StoreUnavailable."""
    limit = int(os.environ.get("PLAYGROUND_ANSWERS_LIMIT", LIMIT))
    if len(content) > ROOM * limit:
        return
    with writing(store) as connection:
        if insert_new(connection, answers, name=name, content=content, size=len(content), used=time.time()):
            _make_room(connection, limit)


def forget_answer(store: Store, name: str) -> None:
    """Delete what is kept under a name. Raises StoreUnavailable."""
    with writing(store) as connection:
        connection.execute(delete(answers).where(answers.c.name == name))


def _make_room(connection: Connection, limit: int) -> None:
    """Delete the longest unused answers, if all together are larger than they may be."""
    total = connection.execute(select(func.sum(answers.c.size))).scalar() or 0
    if total <= limit:
        return
    oldest = connection.execute(select(answers.c.name, answers.c.size).order_by(answers.c.used)).all()
    gone = []
    for name, size in oldest:
        if total <= ROOM * limit:
            break
        gone.append(name)
        total -= size
    connection.execute(delete(answers).where(answers.c.name.in_(gone)))
