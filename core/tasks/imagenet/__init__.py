"""Photographs and the networks of torchvision, which are fetched when somebody asks."""

ORDER = 2
"""Place of this field in the catalogue."""
