"""Films and the stars people give them: network, data and task."""
