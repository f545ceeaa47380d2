"""Agents that balance and swing: networks, worlds and task."""

ORDER = 5
"""Place of this field in the catalogue."""
