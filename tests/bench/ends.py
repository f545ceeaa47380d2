"""Which sparsity for which end, within one point: the smallest file, and the fastest at 64 examples at a time."""

import time
from collections.abc import Iterator
from typing import Any

from core.ends import FORMS, End, EndFigures, Tried, reach
from core.measure import change
from core.tasks import load

NETWORKS = ("fashion-lenet5", "reuters-cnn")
LOSE = 0.01


def run(network: str = "") -> Iterator[dict[str, Any]]:
    """Search for both ends on validation data, half of which chooses and the other half is quoted."""
    for name in [network] if network else NETWORKS:
        for goal in ("smallest", "fastest"):
            begun = time.monotonic()
            *_, found = reach(load(name), End(goal, LOSE))
            yield {"network": name, "end": goal, **_said(found), "seconds": round(time.monotonic() - begun)}


def _said(found: EndFigures) -> dict[str, Any]:
    best, dense = found.best, found.whole
    if best is None:
        return {"found": "nothing within the loss"}
    plan, by = best.candidate.plan, change(dense.quality, best.candidate.quality)
    return {
        "found": f"{plan.granularity}, {plan.criterion}, {plan.scope}, {best.candidate.stage}",
        "removed %": round(100 * best.candidate.sparsity, 1),
        "form": str(FORMS[best.form]),
        "points": f"{100 * by.value:.2f} ({100 * by.low:.2f} to {100 * by.high:.2f})",
        "bytes": best.candidate.size,
        "dense bytes": dense.size,
        **_times(found, best),
        "tried": len(found.tried),
        "left out": ", ".join(found.left_out),
    }


def _times(found: EndFigures, best: Tried) -> dict[str, Any]:
    same, plain = found.dense_in(best.form), found.dense_in("torch")
    if best.latency is None or same is None or same.latency is None or plain is None or plain.latency is None:
        return {}
    ms = best.latency.median
    promised = f"{best.expected * same.latency.median:.3f}" if best.expected is not None else ""
    return {
        "ms": f"{ms:.3f} ({best.latency.low:.3f} to {best.latency.high:.3f})",
        "by the table": promised,
        "times dense torch": f"{plain.latency.median / ms:.1f}",
        "times dense, same engine": f"{same.latency.median / ms:.1f}",
    }
