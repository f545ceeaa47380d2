"""Curves that ship: a network at each stop of the slider under usual plans, so that a first class need not wait."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.answers.names import fingerprint
from core.errors import PlaygroundError
from core.pruning import PruningPlan
from core.tasks.assets import Assets

SHIPPED_PLANS = (PruningPlan(), PruningPlan(granularity="channel"), PruningPlan(granularity="neuron"))
"""Ways to prune whose curves ship, where a network has such units: what the page opens with, and whole units."""

SHIPPED_REPAIR = "once"
"""The way to repair of which curves ship as well."""

STOPS = 200
"""Places of the slider: half a percent each, up to 99.5."""


def may_ship(base: PruningPlan, repair: str = "") -> bool:
    """Tell whether curves of a way to prune, and of a way to repair after it, "" for none, ship at all."""
    return base in SHIPPED_PLANS and repair in ("", SHIPPED_REPAIR)


def stops_of(base: PruningPlan) -> tuple[PruningPlan, ...]:
    """List a plan at every stop of the slider."""
    return tuple(replace(base, sparsity=stop / STOPS) for stop in range(STOPS))


def file_of(network: str, base: PruningPlan, repair: str = "") -> str:
    """Name the file of a curve within the assets."""
    return f"curves/{network}-{base.granularity}{'-repaired' if repair else ''}.json.gz"


def write_curve(
    assets: Assets, network: str, base: PruningPlan, entries: Iterable[Mapping[str, Any]], repair: str = ""
) -> None:
    """Write the figures at all stops as plain data: "result", and "cost" of what is not repaired."""
    content = {"files": fingerprint(assets.manifest, network), "stops": list(entries)}
    packed = gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0)
    assets.write(file_of(network, base, repair), packed)


def read_curve(assets: Assets, network: str, base: PruningPlan, repair: str = "") -> list[dict[str, Any]]:
    """Return the figures at all stops as `write_curve` had them; none where they are of other files, or damaged.

    repair: "" for the pruned networks, SHIPPED_REPAIR for the repaired ones; of other ways none ship.
    """
    file = file_of(network, base, repair)
    if not may_ship(base, repair) or not assets.digest(file):
        return []
    try:
        content = json.loads(gzip.decompress(assets.read(file)))
        return list(content["stops"]) if content["files"] == fingerprint(assets.manifest, network) else []
    except (PlaygroundError, OSError, EOFError, ValueError, KeyError, TypeError):
        return []


def stop_of(plan: PruningPlan) -> int | None:
    """Return at which stop of a shipped curve a plan would stand; None if it stands between them."""
    share = plan.sparsity
    if share is None or not 0 <= share < 1:
        return None
    stop = round(share * STOPS)
    return stop if stop < STOPS and abs(stop / STOPS - share) < 1e-9 else None
