"""Quality figures as plain data and back, with the outcome of each example, so that stored ones can be compared."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import BadInput
from core.language import text
from core.quality import METRICS, Outcomes, Quality
from core.statistics import TRANSFORMS

UNREADABLE = (text("A stored figure cannot be read."), text("It is measured again if you ask for it."))


def quality_to_data(quality: Quality) -> dict[str, Any]:
    """Return a figure as plain data, from which `data_to_quality` makes an equal one."""
    found = quality.outcomes
    return {**quality.to_dict(), "outcomes": None if found is None else _outcomes_to_data(found)}


def data_to_quality(data: Mapping[str, Any]) -> Quality:
    """Return the figure that `quality_to_data` wrote. Raises BadInput for what it did not write."""
    try:
        if data["metric"] not in METRICS:
            raise KeyError(data["metric"])
        outcomes = data.get("outcomes")
        return Quality(**{**data, "outcomes": None if outcomes is None else _data_to_outcomes(outcomes)})
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(*UNREADABLE) from error


def _outcomes_to_data(found: Outcomes) -> dict[str, Any]:
    return {
        "sums": _array_to_data(found.sums),
        "units": found.units,
        "counts": None if found.counts is None else _array_to_data(found.counts),
        "binary": found.binary,
        "transform": found.transform,
        "bounds": None if found.bounds is None else list(found.bounds),
    }


def _data_to_outcomes(data: Mapping[str, Any]) -> Outcomes:
    counts, bounds = data["counts"], data["bounds"]
    return Outcomes(
        _data_to_array(data["sums"]),
        int(data["units"]),
        None if counts is None else _data_to_array(counts),
        bool(data["binary"]),
        _transform(data),
        None if bounds is None else (float(bounds[0]), float(bounds[1])),
    )


def _transform(data: Mapping[str, Any]) -> str:
    """Return what a figure makes of its mean; earlier versions wrote whether that was the root."""
    found = str(data["transform"]) if "transform" in data else "root" * bool(data["root"])
    if found not in TRANSFORMS:
        raise ValueError(found)
    return found


def _array_to_data(array: np.ndarray) -> list[str]:
    return [array.dtype.str, base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()]


def _data_to_array(data: list[str]) -> np.ndarray:
    kind, content = data
    if kind not in ("|u1", "<f4", "<f8", "<i4", "<i8"):
        raise ValueError(kind)
    return np.frombuffer(base64.b64decode(content, validate=True), kind).copy()
