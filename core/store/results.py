"""Experiments by their id, and what was found out about each of their stages."""

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, delete, select

from core.experiment import Experiment
from core.store.artefacts import note_artefact, write_file
from core.store.database import Store, insert_new, reading, writing
from core.store.keys import visit_of
from core.store.tables import TRIED, experiments, holds, nodes, results


@dataclass(frozen=True)
class Result:
    """One thing that was found out about a stage of an experiment.

    kind: what, as in "fine-tune"; content: figures as plain data; artefact: hash of the file with its weights, or "".
    seconds: how long it took; versions, machine: with what and where; created: seconds since 1970.
    """

    experiment: str
    stage: str
    kind: str
    content: dict[str, Any]
    artefact: str
    seconds: float
    versions: str
    machine: str
    created: float


def save_experiment(store: Store, experiment: Experiment) -> str:
    """Keep an experiment; return its id."""
    with writing(store) as connection:
        note_experiment(connection, experiment)
    return experiment.id


def note_experiment(connection: Connection, experiment: Experiment) -> None:
    """Keep an experiment within a transaction that may say more about it."""
    values = {"id": experiment.id, "content": experiment.canonical(), "network": experiment.network}
    insert_new(connection, experiments, **values, created=time.time())


def find_experiment(store: Store, number: str) -> Experiment | None:
    """Return an experiment by its id; None if it is not here. Raises BadInput if it cannot be read."""
    with reading(store) as connection:
        content = connection.execute(select(experiments.c.content).where(experiments.c.id == number)).scalar()
    return None if content is None else Experiment.from_dict(json.loads(content))


def save_result(
    store: Store,
    experiment: Experiment,
    stage: str,
    kind: str,
    content: Mapping[str, Any],
    seconds: float = 0.0,
    weights: bytes | None = None,
) -> Result:
    """Keep what was found out, with its weights if it has some; what was kept of the same kind before goes."""
    artefact = write_file(store, weights) if weights is not None else ""
    values: dict[str, Any] = {
        "experiment": experiment.id,
        "stage": stage,
        "kind": kind,
        "content": json.dumps(dict(content), separators=(",", ":")),
        "artefact": artefact or None,
        "seconds": seconds,
        "versions": f"torch {version('torch').split('+')[0]}",
        "machine": f"{platform.machine()} {platform.system()}",
        "created": time.time(),
    }
    same = (results.c.experiment == experiment.id) & (results.c.stage == stage) & (results.c.kind == kind)
    with writing(store) as connection:
        note_experiment(connection, experiment)
        connection.execute(delete(results).where(same))
        if weights is not None:
            note_artefact(connection, artefact, len(weights))
        if insert_new(connection, results, **values) and artefact:
            for (visit,) in connection.execute(select(nodes.c.visit).where(nodes.c.experiment == experiment.id)).all():
                insert_new(connection, holds, visit=visit, artefact=artefact)
    return Result(**{**values, "content": dict(content), "artefact": artefact})


def find_result(store: Store, experiment: str, stage: str, kind: str) -> Result | None:
    """Return what was found out of a kind about one stage, or None."""
    same = (results.c.experiment == experiment) & (results.c.stage == stage) & (results.c.kind == kind)
    with reading(store) as connection:
        row = connection.execute(select(results).where(same)).mappings().first()
    return result_of_row(row) if row else None


def list_results(store: Store, experiment: str) -> list[Result]:
    """Return everything that was found out about an experiment, the oldest first."""
    with reading(store) as connection:
        rows = connection.execute(
            select(results).where(results.c.experiment == experiment).order_by(results.c.created)
        ).mappings()
        return [result_of_row(row) for row in rows]


def result_of_row(row: Mapping[Any, Any]) -> Result:
    """Read a result from a row of its table."""
    content = {key: value for key, value in row.items() if key != "id"}
    return Result(**{**content, "content": json.loads(row["content"]), "artefact": row["artefact"] or ""})


def contents_of_network(store: Store, network: str, kind: str, most: int) -> list[dict[str, Any]]:
    """Return what was found out of a kind about a network's experiments, whoever made them, the latest ones, so many.

    The oldest of them first.
    """
    joined = results.join(experiments, results.c.experiment == experiments.c.id)
    wanted = select(results.c.content).select_from(joined)
    wanted = wanted.where(experiments.c.network == network, results.c.kind == kind)
    with reading(store) as connection:
        latest = wanted.order_by(results.c.created.desc(), results.c.id.desc()).limit(most)
        found = connection.execute(latest).scalars().all()
    return [json.loads(content) for content in reversed(found)]


def tuned_results(
    store: Store, key: str, kind: str, network: str = "", most: int | None = None
) -> list[tuple[Experiment, Result]]:
    """Return the experiments of a visit that have a result of a kind, with it, the oldest first.

    network: only those that begin with this one; most: so many at most, the latest ones.
    """
    joined = TRIED.join(results, results.c.experiment == experiments.c.id)
    wanted = (
        select(experiments.c.content.label("described"), results)
        .select_from(joined)
        .where(nodes.c.visit == visit_of(key), results.c.kind == kind)
        .order_by(results.c.created.desc(), results.c.id.desc())
        .limit(most)
    )
    if network:
        wanted = wanted.where(experiments.c.network == network)
    with reading(store) as connection:
        rows = connection.execute(wanted).mappings().all()
    found = []
    for row in reversed(rows):
        values = {name: value for name, value in row.items() if name != "described"}
        found.append((Experiment.from_dict(json.loads(row["described"])), result_of_row(values)))
    return found
