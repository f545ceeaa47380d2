"""Weights and masks in files that are named by their hash, so that a damaged one is noticed and equal ones are one."""

import contextlib
import hashlib
import time

from sqlalchemy import Connection, delete, func, select, update

from core.data_folder import write_whole
from core.language import text
from core.store.database import Store, StoreUnavailable, insert_new, reading, writing
from core.store.tables import artefacts, holds, results


def put_artefact(store: Store, content: bytes) -> str:
    """Keep a file's content; return its hash. Raises StoreUnavailable, as where the disk is full."""
    name = write_file(store, content)
    with writing(store) as connection:
        note_artefact(connection, name, len(content))
    return name


def note_artefact(connection: Connection, name: str, size: int) -> None:
    """Note a file that was written just now, within a transaction that may say more about it."""
    if not insert_new(connection, artefacts, hash=name, size=size, used=time.time()):
        connection.execute(update(artefacts).where(artefacts.c.hash == name).values(used=time.time()))


def write_file(store: Store, content: bytes) -> str:
    """Write a file under its hash, which is returned; a reader sees all of it or nothing. Raises StoreUnavailable.

    Makes room first: what no visit holds goes, the longest unused before all others.
    """
    name = hashlib.sha256(content).hexdigest()
    make_room(store, len(content))
    target = store.files / name
    try:
        if not target.exists() or target.stat().st_size != len(content):
            write_whole(target, content)
    except OSError as error:
        raise StoreUnavailable(
            text(
                "The weights could not be kept: {strerror}.",
                strerror=error.strerror or text("the disk does not answer"),
            ),
            text("What is on the page goes on; download what you want to keep."),
        ) from error
    return name


def total_size(store: Store) -> int:
    """Return the bytes that all artefacts take together."""
    with reading(store) as connection:
        return connection.execute(select(func.coalesce(func.sum(artefacts.c.size), 0))).scalar_one()


def make_room(store: Store, size: int) -> None:
    """Delete what no visit holds, the longest unused first, until so many more bytes keep to the limit.

    Raises StoreUnavailable if what is held leaves no room.
    """
    room = store.limit - size - total_size(store)
    if room >= 0:
        return
    with reading(store) as connection:
        held = select(holds.c.artefact)
        free = connection.execute(
            select(artefacts.c.hash, artefacts.c.size).where(artefacts.c.hash.not_in(held)).order_by(artefacts.c.used)
        ).all()
    going = []
    for name, each in free:
        if room >= 0:
            break
        going.append(name)
        room += each
    if room < 0:
        raise StoreUnavailable(
            text(
                "There is no room for {size:,.1f} MB more: visits hold all of {limit:,.1f} GB.",
                size=size / 1000000.0,
                limit=store.limit / 1000000000.0,
            ),
            text("Download what you want to keep, or forget a visit."),
        )
    delete_artefacts(store, going)


def delete_artefacts(store: Store, names: list[str]) -> None:
    """Delete files with all that is noted of them; what was found out about them stays, without its weights."""
    if not names:
        return
    with writing(store) as connection:
        connection.execute(update(results).where(results.c.artefact.in_(names)).values(artefact=None))
        connection.execute(delete(holds).where(holds.c.artefact.in_(names)))
        connection.execute(delete(artefacts).where(artefacts.c.hash.in_(names)))
    for name in names:
        with contextlib.suppress(OSError):
            (store.files / name).unlink()
