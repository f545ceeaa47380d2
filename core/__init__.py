"""Pruning, tuning and measuring neural networks: everything the app does, without the app."""
