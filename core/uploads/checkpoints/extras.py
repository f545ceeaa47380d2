"""What a state dict has too much or too little of without a network's answers depending on it."""

from torch import Tensor

from core.language import text, text_of
from core.uploads.checkpoints.state import State, Tensors, named

PROFILED = ("total_ops", "total_params")
"""What profilers (thop, for one) leave in each layer."""

BOOKKEEPING = ("num_batches_tracked", "n_averaged", "position_ids", "token_type_ids", "_extra_state", "_metadata")
"""Counters and fixed tables that libraries save in one version and not in another."""


def leave_extras(state: State, wanted: Tensors) -> State:
    """Leave out tensors on which no answer depends."""
    extra = [name for name in state.tensors if name not in wanted]
    leaves = {name: name.rpartition(".")[2] for name in extra}
    profiled = {name for name in extra if leaves[name] in PROFILED}
    counters = {name for name in extra if leaves[name] in BOOKKEEPING}
    kept = {name: value for name, value in state.tensors.items() if name not in profiled | counters}
    of_profiler = text_of(
        "Left out {count:,} count of a profiler.", "Left out {count:,} counts of a profiler.", len(profiled)
    )
    unknown = text_of(
        "Left out {count:,} counter that this network does not have.",
        "Left out {count:,} counters that this network does not have.",
        len(counters),
    )
    return state.after(kept, of_profiler if profiled else "", unknown if counters else "")


def fill_missing(state: State, wanted: Tensors) -> State:
    """Put in what follows from the rest: counters, which no answer depends on, and weights that are shared."""
    if not set(state.tensors) & set(wanted):
        return state
    missing = {name: value for name, value in wanted.items() if name not in state.tensors}
    counters = {name: value.detach().clone() for name, value in missing.items() if not value.is_floating_point()}
    counters |= {name: value * 0 for name, value in counters.items() if name.endswith("num_batches_tracked")}
    twins = {name: _twin(value, wanted, state.tensors) for name, value in missing.items() if name not in counters}
    shared = {name: value for name, value in twins.items() if value is not None}
    put_in = text_of(
        "Put in {count:,} counter that the file lacks, which no answer depends on.",
        "Put in {count:,} counters that the file lacks, which no answer depends on.",
        len(counters),
    )
    return state.after(
        {**state.tensors, **counters, **shared},
        put_in if counters else "",
        text("Shared weights once more with {names}, as the network does.", names=named(shared)) if shared else "",
    )


def _twin(value: Tensor, wanted: Tensors, there: Tensors) -> Tensor | None:
    """Return what a file has of the weight that a network uses in this place too; None where it has none."""
    for name, other in wanted.items():
        if name in there and not value.is_meta and other.data_ptr() == value.data_ptr() and other.shape == value.shape:
            return there[name]
    return None
