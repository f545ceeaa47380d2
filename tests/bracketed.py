"""A language in which each message stands between brackets, so that what is not said shows."""

import gettext
import re


class Bracketed(gettext.NullTranslations):
    """Says each message as it is, between brackets; a title has them around each half, since charts show the first."""

    def gettext(self, message: str) -> str:
        return " - ".join(f"«{half}»" for half in message.split(" - "))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return f"«{one if count == 1 else many}»"


def unsaid(sentence: str) -> str:
    """Return what of a sentence stands outside of brackets."""
    before = None
    while before != sentence:
        before, sentence = sentence, re.sub(r"«[^«»]*»", "", sentence)
    return sentence
