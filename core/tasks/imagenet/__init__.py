"""Photographs and the networks of torchvision, which are fetched when somebody asks."""
