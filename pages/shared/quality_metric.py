"""One figure of a network, as a box with its range and how far it lies from another one."""

from streamlit.delta_generator import DeltaGenerator

from core.measure import Change, Quality
from pages.shared.format import delta_arrow, delta_colour, format_change, format_interval, format_quality


def draw_quality(
    place: DeltaGenerator,
    label: str,
    quality: Quality,
    change: Change | None = None,
    *,
    beside: str | None = None,
    early: bool = False,
    help: str | None = None,
) -> DeltaGenerator:
    """Draw a figure in a place; return where the next one replaces it.

    change: how far it lies from another figure of the same examples; beside: what stands there without a change.
    early: whether it is of some of the examples only.
    """
    return place.metric(
        label,
        format_quality(quality, early),
        format_change(change) if change else beside,
        delta_color=delta_colour(change),
        delta_arrow=delta_arrow(change),
        delta_description=format_interval(quality),
        help=help,
        border=True,
    )
