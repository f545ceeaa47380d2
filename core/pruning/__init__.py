"""Pruning: which weights go, and the network that remains."""

from core.pruning.masks import Layer, Pruned, Ranking, prune, rank, removable
from core.pruning.plan import PruningPlan
from core.pruning.units import resized, shrink, sizes

__all__ = ["Layer", "Pruned", "PruningPlan", "Ranking", "prune", "rank", "removable", "resized", "shrink", "sizes"]
