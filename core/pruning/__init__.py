"""Pruning: which weights go, and the network that remains."""

from core.pruning.plan import PruningPlan
from core.pruning.pruned import Layer, Pruned, prune
from core.pruning.ranking import Ranking, rank, removable
from core.pruning.smaller_network import SmallerNetwork, resized, shrink, sizes

__all__ = [
    "Layer",
    "Pruned",
    "PruningPlan",
    "Ranking",
    "SmallerNetwork",
    "prune",
    "rank",
    "removable",
    "resized",
    "shrink",
    "sizes",
]
