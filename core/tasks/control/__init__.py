"""Agents that balance and swing: networks, worlds and task."""
