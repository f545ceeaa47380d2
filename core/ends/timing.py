"""Networks whole, in every engine of this machine: made ready, judged, and timed in turn with the dense one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.ends.figures import EndFigures, Tried
from core.ends.trying import Pace, Trying, with_size
from core.engines import ENGINES
from core.engines.base import Answering, Prepared, Shipped
from core.engines.measuring import USUAL
from core.errors import PlaygroundError
from core.language import text
from core.measure import Candidate, Latency, latencies
from core.measure.shipping import timed_inputs
from core.pruning import Pruned, PruningPlan, prune

SECONDS = 4.0
"""How long networks are timed in turn, at least; twice: once to choose, once to quote."""


@dataclass(frozen=True, eq=False)
class Found:
    """A network to be timed, with the engine whose table chose it, and what that promised; "" for none."""

    pruned: Pruned
    candidate: Candidate
    engine: str = ""
    expected: float | None = None


def time_whole(
    trying: Trying, figures: EndFigures, finalists: Sequence[Found], pace: Pace, seconds: float
) -> Iterator[EndFigures]:
    """Make each finalist ready in each engine, judge it where it computes otherwise, and time all of them in turn."""
    task, dense = trying.task, prune(trying.task, PruningPlan())
    networks = [Found(dense, trying.whole.candidate), *finalists]
    shipped = [Shipped(task, each.pruned) for each in networks]
    pace.left["write"] = len(USUAL)
    tried: dict[tuple[str, int], Tried] = {}
    ready: dict[tuple[str, int], Prepared] = {}
    for name in USUAL:
        yield replace(figures, doing=text("Getting ready: {engine}", engine=ENGINES[name].label), left=pace.seconds)
        if why := ENGINES[name].missing:
            figures = replace(figures, left_out={**figures.left_out, name: why})
            continue
        try:
            prepared = [ENGINES[name].prepare(each) for each in shipped]
            for place, each in enumerate(prepared):
                tried[name, place] = _in_engine(trying, networks[place], name, each)
                ready[name, place] = each
        except PlaygroundError as error:
            figures = replace(figures, left_out={**figures.left_out, name: error.what})
            tried = {run: each for run, each in tried.items() if run[0] != name}
            ready = {run: each for run, each in ready.items() if run[0] != name}
        pace.done("write")
    inputs = timed_inputs(task, trying.end.batch)
    timed = {each.candidate.plan for each in finalists}
    before = tuple(each for each in figures.tried[1:] if each.candidate.plan not in timed)
    models = {run: Answering(each) for run, each in ready.items()}
    for key in ("ranked", "latency"):
        yield replace(figures, doing=text("Timing all of them in turn"), left=pace.seconds)
        for times in latencies(models, inputs, seconds):
            tried = _with_times(tried, key, times)
            figures = replace(figures, tried=(*tried.values(), *before))
        pace.done("time")
    yield replace(figures, doing="", left=0.0)


def _with_times(
    tried: Mapping[tuple[str, int], Tried], key: str, times: Mapping[tuple[str, int], Latency]
) -> dict[tuple[str, int], Tried]:
    return {
        run: replace(each, ranked=times[run]) if key == "ranked" else replace(each, latency=times[run])
        for run, each in tried.items()
    }


def _in_engine(trying: Trying, network: Found, engine: str, prepared: Prepared) -> Tried:
    """Return a network as it is in an engine: judged anew where that does not compute as PyTorch does."""
    chosen, quoted = (None, None) if prepared.exact else trying.judge(Answering(prepared))
    candidate = with_size(network.candidate, prepared.size, chosen, quoted)
    return Tried(candidate, engine, network.expected if engine == network.engine else None)
