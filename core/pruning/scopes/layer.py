"""Take the same share of each layer."""

from core.pruning.scopes import Scope

CHOICE = Scope(
    name="layer",
    label="The same share of each layer",
    help="Each layer gives the same share.",
    source="Han et al. 2015",
    order=20,
    own_cuts=True,
)
