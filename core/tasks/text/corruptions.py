"""Texts that are shifted: the same ones as they would be on a worse day, at five strengths."""

import random
from collections.abc import Callable, Mapping

from core.language import text


def drop_words(text: str, strength: int) -> str:
    """Leave out a tenth of the words a step; a text that would lose all of them stays as it is."""
    draw = random.Random(text)
    return " ".join(word for word in text.split() if draw.random() >= 0.1 * strength) or text


def swap_words(text: str, strength: int) -> str:
    """Let a tenth of the words a step change places with the next one."""
    draw, words = random.Random(text), text.split()
    for place in range(len(words) - 1):
        if draw.random() < 0.1 * strength:
            words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def misspell(text: str, strength: int) -> str:
    """Let two neighbouring letters change places in a tenth of the longer words a step."""
    draw, words = random.Random(text), text.split()
    for place, word in enumerate(words):
        if len(word) > 3 and draw.random() < 0.1 * strength:
            at = draw.randrange(len(word) - 1)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


CORRUPTIONS: Mapping[str, Callable[[str, int], str]] = {
    text("dropped words"): drop_words,
    text("swapped words"): swap_words,
    text("misspelt"): misspell,
}
"""Kind of shift -> (text, strength from 1 to 5) -> the text as it is then; what is drawn follows from the text."""
