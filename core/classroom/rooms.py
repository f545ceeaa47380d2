"""Classes in the store: opened, entered, driven, left and deleted. Nicknames are the only personal thing in them."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, select, update

from core.classroom.codes import hash_teacher_key, is_teacher_key, mark_of, new_code, teacher_key
from core.classroom.limits import forget_tries
from core.classroom.nicknames import clean_nickname, tell_apart
from core.classroom.records import (
    ACTIVITIES,
    LEARNER,
    PHASES,
    REMOVED,
    TEACHER,
    WAIT,
    ClassOver,
    Member,
    RemovedFromClass,
    Status,
)
from core.errors import BadInput
from core.language import text
from core.store.database import Store, StoreUnavailable, insert_new, reading, writing
from core.store.tables import classrooms, guesses, members, quiz_answers, submissions

KEPT = 30 * 24 * 3600.0
"""Seconds after which a class goes, with all that is in it."""

MOST_LEARNERS = 300
"""Learners that one class takes."""

MOST_TRIES = 20
"""New codes that are tried until one is free."""

STATUS = [classrooms.c[each] for each in Status.__dataclass_fields__]


def open_class(store: Store, visit_key: str) -> str:
    """Open a class for a browser, whose key makes that of the teacher; return the code. Raises StoreUnavailable.

    Classes that are too old go meanwhile, and tries that count no more.
    """
    now = time.time()
    with writing(store) as connection:
        connection.execute(delete(classrooms).where(classrooms.c.created < now - KEPT))
        forget_tries(connection, now)
        for _ in range(MOST_TRIES):
            code = new_code()
            kept = hash_teacher_key(teacher_key(visit_key, code))
            place = {"activity": "lesson", "subject": "", "step": 0, "phase": WAIT, "free": 0}
            if insert_new(connection, classrooms, code=code, teacher=kept, version=1, created=now, **place):
                _note_member(connection, code, mark_of(visit_key, code), TEACHER, "")
                return code
    raise StoreUnavailable("No code is free.", "Try it again.")


def read_status(store: Store, code: str) -> Status | None:
    """Return where a class is, by one read of its row; None if it is not there. Raises StoreUnavailable."""
    wanted = select(*STATUS).where(classrooms.c.code == code)
    with reading(store) as connection:
        row = connection.execute(wanted).mappings().first()
    if row is None or row["created"] < time.time() - KEPT:
        return None
    return Status(**{**row, "free": bool(row["free"])})


def find_member(store: Store, code: str, visit_key: str) -> Member | None:
    """Return what a browser is in a class; None if it never entered it, has left, or was removed."""
    with reading(store) as connection:
        found = _member(connection, code, mark_of(visit_key, code))
    return found if found and found.here else None


def opens_class(store: Store, code: str, key: str) -> bool:
    """Tell whether a key is the teacher's of a class."""
    with reading(store) as connection:
        kept = connection.execute(select(classrooms.c.teacher).where(classrooms.c.code == code)).scalar()
    return kept is not None and is_teacher_key(key, kept)


def admit_teacher(store: Store, code: str, key: str, visit_key: str) -> bool:
    """Let a browser with the teacher's key drive the class as well; return whether the key is the right one.

    Raises ClassOver if the class is deleted just then.
    """
    if not opens_class(store, code, key):
        return False
    mark = mark_of(visit_key, code)
    with writing(store) as connection:
        touch_class(connection, code)
        if not _note_member(connection, code, mark, TEACHER, ""):
            same = (members.c.classroom == code) & (members.c.mark == mark)
            connection.execute(update(members).where(same).values(role=TEACHER, here=1))
    return True


def join_class(store: Store, code: str, nickname: str, visit_key: str) -> Member:
    """Let a learner enter, or enter again with all that was guessed before; return what they are in it.

    The name gets a number behind it if somebody has it already. Raises BadInput for a nickname that cannot be one or a
    full class, ClassOver, StoreUnavailable.
    """
    name, mark = clean_nickname(nickname), mark_of(visit_key, code)
    with writing(store) as connection:
        touch_class(connection, code)  # from here on, nobody else changes this class
        known = _member(connection, code, mark)
        if known is None or known.role == LEARNER:
            rows = connection.execute(
                select(members.c.name).where(
                    members.c.classroom == code, members.c.role == LEARNER, members.c.mark != mark
                )
            )
            taken = [each for (each,) in rows]
            if known is None and len(taken) >= MOST_LEARNERS:
                raise BadInput(text("This class is full."), text("Ask your teacher to open a second one."))
            name = tell_apart(name, taken)
            if not _note_member(connection, code, mark, LEARNER, name):
                same = (members.c.classroom == code) & (members.c.mark == mark)
                connection.execute(update(members).where(same).values(name=name, here=1))
        found = _member(connection, code, mark)
    if found is None:
        raise ClassOver
    return found


def leave_class(store: Store, code: str, visit_key: str) -> None:
    """Let a browser leave; what it guessed stays, for the case that it comes back."""
    same = (members.c.classroom == code) & (members.c.mark == mark_of(visit_key, code))
    with writing(store) as connection:
        if connection.execute(update(members).where(same).values(here=0)).rowcount:
            touch_class(connection, code)


def remove_learner(store: Store, code: str, learner: int) -> bool:
    """Remove a learner by number, with all that was guessed, submitted and answered; return whether there was one.

    The nickname is free again, and the browser may join anew, as somebody else. Raises ClassOver, StoreUnavailable.
    """
    same = (members.c.classroom == code) & (members.c.id == learner) & (members.c.role == LEARNER)
    nobody = {"role": REMOVED, "mark": f"{REMOVED} {learner}", "name": "", "here": 0}
    with writing(store) as connection:
        touch_class(connection, code)  # what the learner writes just now comes wholly before this, or is refused
        if not connection.execute(update(members).where(same).values(nobody)).rowcount:
            return False
        for table in (guesses, submissions, quiz_answers):
            connection.execute(delete(table).where(table.c.member == learner))
    return True


def require_member(connection: Connection, code: str, member: Member) -> None:
    """Refuse what a learner writes who was removed, within a transaction. Raises RemovedFromClass."""
    same = (members.c.classroom == code) & (members.c.id == member.id) & (members.c.role != REMOVED)
    if connection.execute(select(members.c.id).where(same)).first() is None:
        raise RemovedFromClass


def list_learners(store: Store, code: str) -> list[Member]:
    """Return who has entered a class, in that order, those who have left as well."""
    wanted = select(members).where(members.c.classroom == code, members.c.role == LEARNER).order_by(members.c.id)
    with reading(store) as connection:
        return [_read_member(row) for row in connection.execute(wanted).mappings()]


def drive_class(store: Store, code: str, **changes: Any) -> None:
    """Take a class to another place: any fields of `Status.place`, as places and not as ways, so that two may drive.

    Raises ClassOver, StoreUnavailable, and ValueError for a place that cannot be.
    """
    if changes.get("activity", "lesson") not in ACTIVITIES or changes.get("phase", WAIT) not in PHASES:
        raise ValueError(f"There is no place such as {changes}.")
    if set(changes) - {"activity", "subject", "step", "phase", "free"} or changes.get("step", 0) < 0:
        raise ValueError(f"A class cannot be driven to {changes}.")
    with writing(store) as connection:
        touch_class(connection, code, {**changes, **({"free": int(changes["free"])} if "free" in changes else {})})


def delete_class(store: Store, code: str) -> None:
    """Delete a class with everybody and everything in it."""
    with writing(store) as connection:
        connection.execute(delete(classrooms).where(classrooms.c.code == code))


def touch_class(connection: Connection, code: str, changes: Mapping[str, Any] | None = None) -> None:
    """Give a class a new version within a transaction; others who change it wait until that is over. Raises ClassOver.

    changes: columns that get other values.
    """
    values = {"version": classrooms.c.version + 1, **(changes or {})}
    if not connection.execute(update(classrooms).where(classrooms.c.code == code).values(values)).rowcount:
        raise ClassOver


def _note_member(connection: Connection, code: str, mark: str, role: str, name: str) -> bool:
    values = {"classroom": code, "mark": mark, "role": role, "name": name, "here": 1, "created": time.time()}
    return insert_new(connection, members, **values)


def _member(connection: Connection, code: str, mark: str) -> Member | None:
    same = (members.c.classroom == code) & (members.c.mark == mark)
    row = connection.execute(select(members).where(same)).mappings().first()
    return _read_member(row) if row else None


def _read_member(row: Mapping[Any, Any]) -> Member:
    return Member(row["id"], row["role"], row["name"], bool(row["here"]))
