"""Pruning: which weights go, and the network that remains."""

from core.pruning.plan import PruningPlan
from core.pruning.pruned import Layer, Pruned, prune
from core.pruning.ranking import Ranking, rank, removable
from core.pruning.repair import repair
from core.pruning.repairs import REPAIRS, carry_out
from core.pruning.smaller_network import SmallerNetwork, resized, shrink, sizes
from core.pruning.teacher import ask_dense, unrepaired

__all__ = [
    "REPAIRS",
    "Layer",
    "Pruned",
    "PruningPlan",
    "Ranking",
    "SmallerNetwork",
    "ask_dense",
    "carry_out",
    "prune",
    "rank",
    "removable",
    "repair",
    "resized",
    "shrink",
    "sizes",
    "unrepaired",
]
