"""The engines that there are: each is one file with a CHOICE, found without being named here."""

import sys
from collections.abc import Mapping

from core.choices import choices_in
from core.engines.base import Engine

ENGINES: Mapping[str, Engine] = choices_in(sys.modules[__name__])
"""By name, in the order in which people read them."""
