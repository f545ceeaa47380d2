"""Pruning: which weights go, and the network that remains."""

from core.pruning.masks import Layer, Pruned, Ranking, prune, rank, threshold_at
from core.pruning.plan import PruningPlan

__all__ = ["Layer", "Pruned", "PruningPlan", "Ranking", "prune", "rank", "threshold_at"]
