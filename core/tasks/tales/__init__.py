"""Fairy tales, and a network that writes on: network, data and task."""

ORDER = 3.5
"""Place of this field in the catalogue."""
