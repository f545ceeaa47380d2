"""Take the same share of each layer."""

from core.language import text
from core.pruning.scopes import Scope

CHOICE = Scope(
    name="layer",
    label=text("The same share of each layer"),
    help=text("Each layer gives the same share."),
    source=text("Han et al. 2015"),
    order=20,
    own_cuts=True,
)
