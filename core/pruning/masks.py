"""From a ranking to masks: every threshold is a search and a comparison."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.pruning.amounts import amounts
from core.pruning.plan import PruningPlan
from core.pruning.ranking import Ranking
from core.tasks.copies import copy_network


class Cut(NamedTuple):
    """What a cut leaves.

    masks: prunable parameter -> bool of its shape, True where the weight is kept.
    companion_masks: the same for biases and normalisation that go with removed units.
    thresholds: parameter -> the score at the cut that it met; empty where a pattern decided.
    """

    masks: dict[str, Tensor]
    companion_masks: dict[str, Tensor]
    thresholds: dict[str, float]


def cut(ranking: Ranking, plan: PruningPlan) -> Cut:
    """Decide what of a ranking stays under a plan.

    At an exact sparsity, what has the very score of the cut is removed in the order of the layers until the
    count is met, so equal scores are never a matter of chance.
    """
    if plan.pattern:
        return Cut(_kept_by_pattern(ranking, plan, *plan.pattern), {}, {})
    kept: dict[str, Tensor] = {}
    thresholds: dict[str, float] = {}
    for pool, share in zip(ranking.pools, amounts(ranking, plan), strict=True):
        threshold, ties = (plan.threshold or 0.0, 0) if share is None else pool.threshold_at(share)
        for name in pool.names:
            score = ranking.scores[name]
            kept[name] = ~(score < threshold)
            thresholds[name] = threshold
            if ties > 0:
                tied = torch.nonzero(score.reshape(-1) == threshold)[:ties, 0]
                kept[name].view(-1)[tied] = False
                ties -= len(tied)
    if ranking.structures:
        return _expanded(ranking, kept, thresholds)
    return Cut({name: kept[name] for name in ranking.shapes}, {}, {name: thresholds[name] for name in ranking.shapes})


def apply_masks(model: nn.Module, masks: Mapping[str, Tensor]) -> nn.Module:
    """Return a copy of a model in which what the masks remove is exactly zero, even where it was not a number."""
    pruned = copy_network(model)
    with torch.no_grad():
        for name, mask in masks.items():
            pruned.get_parameter(name).masked_fill_(~mask, 0)
    return pruned


def _kept_by_pattern(ranking: Ranking, plan: PruningPlan, n: int, m: int) -> dict[str, Tensor]:
    """Keep n of every m neighbours; a layer with an override stays as it is."""
    keep, dense = plan.choices.granularity.keep, dict(plan.overrides)
    assert keep is not None  # every plan with numbers for N and M has it
    found = {}
    for name, score in ranking.scores.items():
        found[name] = ~(score < 0)
        if name not in dense:
            turned = score.T if name in ranking.inputs_first else score
            kept = keep(turned, n, m)
            found[name] &= kept.T if name in ranking.inputs_first else kept
    return found


def _expanded(ranking: Ranking, kept: Mapping[str, Tensor], cuts: Mapping[str, float]) -> Cut:
    """Turn what is kept of each structure, bool (units,), into masks of all its parameters."""
    masks = {name: torch.ones(shape, dtype=torch.bool) for name, shape in ranking.shapes.items()}
    companions: dict[str, Tensor] = {}
    thresholds: dict[str, float] = {}
    for structure in ranking.structures:
        gone = ~kept[structure.name]
        for member in structure.members:
            if member.parameter in masks:
                thresholds[member.parameter] = cuts[structure.name]
                masks[member.parameter].movedim(member.dimension, 0)[member.index[gone].flatten()] = False
            else:
                mask = companions.setdefault(member.parameter, torch.ones(member.index.numel(), dtype=torch.bool))
                mask[member.index[gone].flatten()] = False
    for name, lost in ranking.zeros.items():
        masks[name] &= ~lost
    return Cut(masks, companions, thresholds)
