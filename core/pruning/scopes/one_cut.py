"""Compare all scores of the network with each other."""

from core.language import text
from core.pruning.scopes import Scope

CHOICE = Scope(
    name="global",
    label=text("One cut for the whole network (global)"),
    help=text("All layers are compared with each other."),
    source=text("Han et al. 2015"),
    order=10,
)
