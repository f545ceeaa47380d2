"""How words of lessons are set: figures keep their unit in the same line."""

import re

_TORN = re.compile(r"(?<=\d) (?=(?:%|kB|MB|ms)(?![A-Za-z]))")


def unbroken(words: str) -> str:
    """Put a no-break space between each number and the unit behind it."""
    return _TORN.sub("\u00a0", words)
