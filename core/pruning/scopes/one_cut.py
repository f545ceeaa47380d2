"""Compare all scores of the network with each other."""

from core.pruning.scopes import Scope

CHOICE = Scope(
    name="global",
    label="One cut for the whole network (global)",
    help="All layers are compared with each other.",
    source="Han et al. 2015",
    order=10,
)
