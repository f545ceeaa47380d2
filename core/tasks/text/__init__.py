"""Newswires and their topics: networks, data and task."""
