"""The sparsities that pages look at, each set stated once: shares, 0 to 1, but for the slider, which is in percent."""

SLIDER_STEP = 0.5
"""Percent of the weights that one step of the slider removes."""

SLIDER_END = 99.5
"""Percent of the weights that the slider can remove."""

CURVE = (
    *(0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
    *(0.2, 0.4, 0.6, 0.7, 0.85, 0.92, 0.97, 0.98),
    *(0.1, 0.3, 0.75, 0.88, 0.94, 0.96, 0.65, 0.82, 0.86, 0.91, 0.93, 0.995),
)
"""Points of a curve in the order in which they are judged: its rough shape first, then what is between."""

TUNED = (0.8, 0.5, 0.9, 0.95)
"""Where networks are fine-tuned to be compared, in the order in which that is done; points of every curve too."""

LAYER_SCAN = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Shares that are removed of one layer alone, to see how fragile it is."""


def slider_stops() -> list[float]:
    """List where the slider can stand."""
    return [step * SLIDER_STEP / 100 for step in range(round(SLIDER_END / SLIDER_STEP) + 1)]
