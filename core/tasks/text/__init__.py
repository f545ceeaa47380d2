"""Newswires and their topics: networks, data and task."""

ORDER = 3
"""Place of this field in the catalogue."""
