"""What is left of one layer, as a picture: kept weights in colour, removed ones blank, removed units grey.

Negative weights differ by a line through them too, where they are large enough for one.
"""

import numpy as np

from core.charts.style import KEPT, NEGATIVE, REMOVED

SMALLEST_LINED = 6
"""Pixels from which a square has room for a line."""


def mask_image(weights: np.ndarray, mask: np.ndarray, least: int = 560) -> np.ndarray:
    """Paint a parameter (out, in, ...) as RGBA, uint8 (height, width, 4), enlarged to about `least` pixels of width.

    A row is a unit, a column one of its weights; the filters of a first convolution (out, 1, kh, kw) are laid out
    side by side as they lie on the picture. Positive weights are blue, negative ones purple, the stronger the larger.
    mask: bool of the same shape, True where the weight is kept.
    """
    if weights.ndim == 4 and weights.shape[1] == 1:
        weights, mask = (_tiles(each[:, 0]) for each in (weights, mask))
        outside = np.isnan(weights)
    else:
        weights, mask = (each.reshape(len(each), -1) for each in (weights, mask))
        outside = np.zeros(mask.shape, bool)
    largest = np.abs(weights[mask & ~outside]).max(initial=0) or 1
    strength = 0.25 + 0.75 * np.abs(np.nan_to_num(weights)) / largest
    picture = np.zeros((*weights.shape, 4), np.float64)
    for colour, where in ((KEPT, weights >= 0), (NEGATIVE, weights < 0)):
        picture[where, :3] = rgb(colour)
    picture[..., 3] = 255 * strength.clip(0, 1) * (mask & ~outside)
    gone = ~mask.any(axis=1) & ~outside.all(axis=1)
    picture[gone] = [*rgb(REMOVED), 90]
    factor = min(max(1, round(least / weights.shape[1])), 24)
    large = picture.astype(np.uint8).repeat(factor, 0).repeat(factor, 1)
    if factor >= SMALLEST_LINED:
        _strike(large, (weights < 0) & mask & ~outside, factor)
    return large


def _strike(picture: np.ndarray, where: np.ndarray, factor: int) -> None:
    """Leave a line free in the middle of those squares, of `factor` pixels each way: a minus."""
    lined = where.repeat(factor, 0).repeat(factor, 1)
    rows, columns = (np.arange(length) % factor for length in lined.shape)
    middle = np.abs(rows - (factor - 1) / 2) < factor / 8
    inside = (columns >= factor // 4) & (columns < factor - factor // 4)
    picture[lined & middle[:, None] & inside, 3] = 0


def rgb(colour: str) -> tuple[int, int, int]:
    """Split "#rrggbb" into its three parts, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _tiles(filters: np.ndarray) -> np.ndarray:
    """Lay filters (out, kh, kw) out in rows with a gap of one, which holds NaN (for masks: False)."""
    count, height, width = filters.shape
    columns = int(np.ceil(np.sqrt(3 * count)))
    rows = -(-count // columns)
    blank = False if filters.dtype == bool else np.nan
    page = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), blank, filters.dtype)
    for i, each in enumerate(filters):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        page[top : top + height, left : left + width] = each
    return page
