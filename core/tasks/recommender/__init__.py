"""Films and the stars people give them: network, data and task."""

ORDER = 4
"""Place of this field in the catalogue."""
