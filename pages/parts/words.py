"""Numbers as people read them: fixed decimals, a unit on each."""

from core.measure import Quality


def percent(share: float, digits: int = 1) -> str:
    """Write a share of 1 as percent, with fixed decimals."""
    return f"{100 * share:.{digits}f} %"


def points(change: float) -> str:
    """Write a difference between two shares in percentage points."""
    return f"{100 * change:+.1f} points"


def interval(quality: Quality) -> str:
    """Write the range that holds the true share with 95 % confidence."""
    return f"{100 * quality.low:.1f} to {100 * quality.high:.1f} %"


def size(count: int) -> str:
    """Write a number of bytes for people, in decimal units."""
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"
