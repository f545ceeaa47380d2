"""Names that strangers gave, made fit for our own sentences."""

from collections.abc import Sequence

from core.language import text


def listed(names: Sequence[str], most: int = 12) -> str:
    """Join names for a sentence, the first few of many."""
    shown = ", ".join(printable(name) for name in names[:most])
    return text("{names}, and {more:,} more", names=shown, more=len(names) - most) if len(names) > most else shown


def printable(name: object, most: int = 60) -> str:
    """Shorten a name to so many characters, and replace those that cannot be seen."""
    seen = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in str(name)[: 10 * most])
    return seen if len(seen) <= most else f"{seen[: most // 2]}...{seen[-most // 3 :]}"
