"""PyTorch as it is, one layer after the other."""

from core.engines.base import Engine, Prepared, Shipped
from core.language import text
from core.measure.cost import plain_size


def prepare(network: Shipped) -> Prepared:
    """Take the network as it is."""
    return Prepared(network.model, plain_size(network.model))


CHOICE = Engine(
    name="torch",
    label=text("PyTorch"),
    help=text("The library in which networks are trained; it computes one layer after the other."),
    source=text("Ansel et al. 2024, PyTorch 2"),
    order=0,
    prepare=prepare,
)
