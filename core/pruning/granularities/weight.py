"""Remove single weights, wherever they are."""

from core.language import text
from core.pruning.granularities import Granularity

CHOICE = Granularity(
    name="weight",
    label=text("Single weights"),
    help=text("Any weight may go, wherever it is. Keeps accuracy best; saves time only with special arithmetic."),
    source=text("Han et al. 2015"),
    order=10,
)
