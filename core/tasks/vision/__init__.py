"""Clothes in small pictures: networks, data and task."""
