"""Clothes in small pictures: networks, data and task."""

ORDER = 1
"""Place of this field in the catalogue."""
