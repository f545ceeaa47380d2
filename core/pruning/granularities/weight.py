"""Remove single weights, wherever they are."""

from core.pruning.granularities import Granularity

CHOICE = Granularity(
    name="weight",
    label="Single weights",
    help="Any weight may go, wherever it is. Keeps accuracy best; saves time only with special arithmetic.",
    source="Han et al. 2015",
    order=10,
)
