"""What learners submit to challenges: noted first, so that nobody gets more tries, and scored later."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from core.classroom.challenges import CHALLENGES, MOST_SUBMISSIONS, Score
from core.classroom.records import ClassOver, Member
from core.classroom.rooms import require_member, touch_class
from core.errors import BadInput, PlaygroundError
from core.language import text
from core.stages import catalogue_name
from core.store.database import Store, insert_new, reading, writing
from core.store.tables import submissions

PATIENCE = 900.0
"""Seconds after which a submission without a score will get none: its server has ended, say."""


@dataclass(frozen=True)
class Submission:
    """Hold one submission: whose, to which challenge, what it is in the words of a link, and its score once known."""

    id: int
    member: int
    challenge: str
    about: Mapping[str, str]
    score: Score | None
    created: float

    @property
    def waiting(self) -> bool:
        """Whether its score is still to come."""
        return self.score is None and time.time() - self.created < PATIENCE


def note_submission(
    store: Store, code: str, member: Member, challenge: str, network: str, about: Mapping[str, str]
) -> int:
    """Note that a network is to be scored; return the submission's number.

    network: name of the network in the catalogue, perhaps with the hash of other weights; about: what it is, in the
    words of a link, with its "stage".
    Raises BadInput for the eleventh submission, the same one twice, or a network that the challenge is not about;
    ClassOver, RemovedFromClass, StoreUnavailable.
    """
    if challenge not in CHALLENGES:
        raise BadInput(text("There is no such challenge."), text("Choose one from the list."))
    allowed = CHALLENGES[challenge].networks
    if catalogue_name(network) not in allowed:
        raise BadInput(
            text("This challenge is about other networks."),
            text("Choose one of these as the pretrained model: {networks}.", networks=", ".join(allowed)),
        )
    described = json.dumps(dict(sorted(about.items())))
    mine = (submissions.c.member == member.id) & (submissions.c.challenge == challenge)
    with writing(store) as connection:
        touch_class(connection, code)
        require_member(connection, code, member)
        stale = submissions.c.created < time.time() - PATIENCE
        connection.execute(delete(submissions).where(mine, stale, submissions.c.score == ""))
        before = connection.execute(select(submissions.c.network).where(mine)).scalars().all()
        name = _name_of(network, described)
        if name in before:
            raise BadInput(text("You have submitted exactly this network already."), text("Change something first."))
        if len(before) >= MOST_SUBMISSIONS:
            raise BadInput(
                text("You have used all of your {most} submissions.", most=MOST_SUBMISSIONS),
                text("The best of them counts."),
            )
        values = {"member": member.id, "challenge": challenge, "network": name, "about": described, "score": ""}
        insert_new(connection, submissions, classroom=code, created=time.time(), **values)
        return connection.execute(select(submissions.c.id).where(mine, submissions.c.network == name)).scalar_one()


def _name_of(network: str, described: str) -> str:
    return hashlib.sha256(f"{network} {described}".encode()).hexdigest()


def save_score(store: Store, code: str, member: Member, number: int, score: Score) -> None:
    """Keep the score of a learner's submission, unless it has gone with the learner.

    SQLite gives the number of what has gone to the next one, which may be another learner's. Raises ClassOver,
    StoreUnavailable.
    """
    same = (submissions.c.id == number) & (submissions.c.member == member.id)
    with writing(store) as connection:
        touch_class(connection, code)
        content = json.dumps(score.to_data(), separators=(",", ":"))
        connection.execute(update(submissions).where(same).values(score=content))


def withdraw_submission(store: Store, code: str, member: Member, number: int) -> None:
    """Take back a learner's submission that could not be scored, so that it does not count. Raises StoreUnavailable."""
    same = (submissions.c.id == number) & (submissions.c.member == member.id)
    try:
        with writing(store) as connection:
            touch_class(connection, code)
            connection.execute(delete(submissions).where(same, submissions.c.score == ""))
    except ClassOver:
        return


def list_submissions(store: Store, code: str, challenge: str = "") -> list[Submission]:
    """Return what was submitted in a class, the oldest first; what cannot be read is left out.

    challenge: only to this one.
    """
    wanted = select(submissions).where(submissions.c.classroom == code).order_by(submissions.c.id)
    if challenge:
        wanted = wanted.where(submissions.c.challenge == challenge)
    with reading(store) as connection:
        rows = connection.execute(wanted).mappings().all()
    return [found for row in rows if (found := _read(row)) is not None]


def _read(row: Mapping[Any, Any]) -> Submission | None:
    try:
        score = Score.from_data(json.loads(row["score"])) if row["score"] else None
        about = json.loads(row["about"])
    except (PlaygroundError, ValueError, KeyError, TypeError):
        return None
    return Submission(row["id"], row["member"], row["challenge"], about, score, row["created"])
