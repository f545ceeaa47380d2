"""What a visit has tried, as its history shows it: the latest experiments with what came of each, in one query."""

import json
from dataclasses import dataclass

from sqlalchemy import func, select

from core.errors import PlaygroundError
from core.experiment import Experiment
from core.store.database import Store, reading
from core.store.keys import visit_of
from core.store.results import Result, result_of_row
from core.store.tables import TRIED, experiments, nodes, results
from core.store.visits import Node


@dataclass(frozen=True)
class Entry:
    """Hold one experiment of a visit, and its result of the kind that was asked for, if it has one."""

    node: Node
    result: Result | None


def read_history(store: Store, key: str, stage: str, kind: str, most: int) -> list[Entry]:
    """Return the latest experiments of a visit, so many at most, the oldest of them first.

    stage, kind: of the result that comes with each. What a newer version of this app has written is left out.
    """
    same = (results.c.experiment == experiments.c.id) & (results.c.stage == stage) & (results.c.kind == kind)
    joined = TRIED.outerjoin(results, same)
    about = (nodes.c.name, nodes.c.note, nodes.c.created.label("noted"), experiments.c.content.label("described"))
    wanted = select(*about, results).select_from(joined).where(nodes.c.visit == visit_of(key))
    with reading(store) as connection:
        latest = wanted.order_by(nodes.c.created.desc(), nodes.c.id.desc()).limit(most)
        rows = connection.execute(latest).mappings().all()
    found = []
    for row in reversed(rows):
        try:
            experiment = Experiment.from_dict(json.loads(row["described"]))
        except (PlaygroundError, ValueError):
            continue
        result = result_of_row({each.name: row[each.name] for each in results.c}) if row["id"] is not None else None
        found.append(Entry(Node(experiment, row["name"], row["note"], row["noted"]), result))
    return found


def count_nodes(store: Store, key: str) -> int:
    """Return how many experiments a visit has tried."""
    with reading(store) as connection:
        mine = select(func.count()).select_from(nodes).where(nodes.c.visit == visit_of(key))
        return connection.execute(mine).scalar_one()
