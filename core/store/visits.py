"""Visits: what a browser has in hand and has tried, found again by a key that only it knows."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from core.experiment import Experiment
from core.store.artefacts import delete_artefacts
from core.store.database import Store, insert_new, reading, writing
from core.store.keys import visit_of
from core.store.results import note_experiment
from core.store.tables import TRIED, experiments, holds, nodes, results, visits

LONGEST_NAME, LONGEST_NOTE, LONGEST_STATE = 120, 5_000, 200_000
"""Characters that a name, a note and the state of a visit may have."""


@dataclass(frozen=True)
class Node:
    """One experiment of a visit: its place in the tree is that of its parent; name and note are the visitor's own."""

    experiment: Experiment
    name: str
    note: str
    created: float


def begin_visit(store: Store, key: str) -> None:
    """Note that a browser is here, for the first time or again."""
    with writing(store) as connection:
        _touch(connection, visit_of(key))


def _touch(connection: Connection, visit: str) -> None:
    now = time.time()
    if not insert_new(connection, visits, id=visit, state="{}", created=now, seen=now):
        connection.execute(update(visits).where(visits.c.id == visit).values(seen=now))


def read_state(store: Store, key: str) -> dict[str, Any]:
    """Return what a visit had in hand; empty for one that is not known."""
    with reading(store) as connection:
        state = connection.execute(select(visits.c.state).where(visits.c.id == visit_of(key))).scalar()
    return json.loads(state) if state else {}


def save_state(store: Store, key: str, state: Mapping[str, Any]) -> None:
    """Keep what a visit has in hand, plain data. Raises ValueError for more than LONGEST_STATE characters."""
    text = json.dumps(dict(state), separators=(",", ":"))
    if len(text) > LONGEST_STATE:
        raise ValueError("A visit holds choices, not results.")
    with writing(store) as connection:
        _touch(connection, visit_of(key))
        connection.execute(update(visits).where(visits.c.id == visit_of(key)).values(state=text))


def add_node(store: Store, key: str, experiment: Experiment) -> None:
    """Put an experiment into a visit's tree, once."""
    visit = visit_of(key)
    with writing(store) as connection:
        _touch(connection, visit)
        note_experiment(connection, experiment)
        values = {"visit": visit, "experiment": experiment.id, "name": "", "note": "", "created": time.time()}
        if insert_new(connection, nodes, **values):
            _hold_results(connection, visit, experiment.id)


def _hold_results(connection: Connection, visit: str, experiment: str) -> None:
    found = select(results.c.artefact).where(results.c.experiment == experiment, results.c.artefact.is_not(None))
    for (name,) in connection.execute(found).all():
        insert_new(connection, holds, visit=visit, artefact=name)


def hold_artefact(store: Store, key: str, name: str) -> None:
    """Keep a file for as long as a visit is kept."""
    with writing(store) as connection:
        _touch(connection, visit_of(key))
        insert_new(connection, holds, visit=visit_of(key), artefact=name)


def list_nodes(store: Store, key: str) -> list[Node]:
    """Return the experiments of a visit, the oldest first."""
    wanted = select(experiments.c.content, nodes.c.name, nodes.c.note, nodes.c.created).select_from(TRIED)
    with reading(store) as connection:
        rows = connection.execute(
            wanted.where(nodes.c.visit == visit_of(key)).order_by(nodes.c.created, nodes.c.id)
        ).all()
    return [
        Node(Experiment.from_dict(json.loads(content)), name, note, created) for content, name, note, created in rows
    ]


def rename_node(store: Store, key: str, experiment: str, name: str, note: str) -> None:
    """Give an experiment of a visit a name and a note; what is too long is cut."""
    same = (nodes.c.visit == visit_of(key)) & (nodes.c.experiment == experiment)
    with writing(store) as connection:
        values = {"name": name.strip()[:LONGEST_NAME], "note": note.strip()[:LONGEST_NOTE]}
        connection.execute(update(nodes).where(same).values(values))


def delete_node(store: Store, key: str, experiment: str) -> None:
    """Take an experiment out of a visit's tree, with its weights if no other visit holds them."""
    visit = visit_of(key)
    with writing(store) as connection:
        same = (nodes.c.visit == visit) & (nodes.c.experiment == experiment)
        connection.execute(delete(nodes).where(same))
        files = select(results.c.artefact).where(results.c.experiment == experiment, results.c.artefact.is_not(None))
        names = {name for (name,) in connection.execute(files).all()}
        others = select(results.c.artefact).join(nodes, nodes.c.experiment == results.c.experiment)
        names -= {name for (name,) in connection.execute(others.where(nodes.c.visit == visit)).all()}
        connection.execute(delete(holds).where(holds.c.visit == visit, holds.c.artefact.in_(names)))
        unheld = _unheld(connection, list(names))
    delete_artefacts(store, unheld)


def forget_visit(store: Store, key: str) -> None:
    """Delete a visit: its state, its tree, and every file and experiment that no other visit has."""
    visit = visit_of(key)
    with writing(store) as connection:
        names = [name for (name,) in connection.execute(select(holds.c.artefact).where(holds.c.visit == visit)).all()]
        mine = [each for (each,) in connection.execute(select(nodes.c.experiment).where(nodes.c.visit == visit)).all()]
        connection.execute(delete(nodes).where(nodes.c.visit == visit))
        connection.execute(delete(holds).where(holds.c.visit == visit))
        connection.execute(delete(visits).where(visits.c.id == visit))
        others = {each for (each,) in connection.execute(select(nodes.c.experiment)).all()}
        gone = [each for each in mine if each not in others]
        connection.execute(delete(results).where(results.c.experiment.in_(gone)))
        connection.execute(delete(experiments).where(experiments.c.id.in_(gone)))
        unheld = _unheld(connection, names)
    delete_artefacts(store, unheld)


def _unheld(connection: Connection, names: list[str]) -> list[str]:
    held = {name for (name,) in connection.execute(select(holds.c.artefact).where(holds.c.artefact.in_(names))).all()}
    return [name for name in names if name not in held]
