"""Repair: other values for the kept weights, so that each layer says again what it said in the dense network.

Layer by layer, from input to output: ridge least squares on what the pruned network sees and the dense one says, for a
few training examples without their labels; no gradient is needed. Batch norm takes its statistics anew. Sources:
optimal brain surgeon in its layer-wise form (Hassibi and Stork 1993; Frantar and Alistarh 2022, Optimal brain
compression; 2023, SparseGPT); for whole units and heads Kwon et al. 2022, A fast post-training pruning framework for
transformers.

Each layer is solved for at the moment in which all examples reach it: one pass through the network is enough, and each
layer sees what the repaired ones before it say.
"""

import copy
import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from core.pruning.layer_inputs import inputs_at
from core.pruning.least_squares import solve_kept
from core.pruning.plan import PruningPlan
from core.pruning.pruned import Pruned, prune
from core.pruning.teacher import Teacher, ask_dense
from core.tasks.base import Task
from core.tasks.layers import NORMS, keeps_inputs_first

RIDGE = 1e-3
"""What changing a weight costs, as a share of the mean square of the layer's inputs."""


def repair(
    task: Task,
    pruned: Pruned,
    examples: int = 2000,
    teacher: Teacher | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Pruned:
    """Return a pruned network with the same masks, whose kept weights and biases are solved for anew.

    examples: how many training examples are looked at. teacher: what `ask_dense(task, examples)` returned, if at hand.
    tell: is told how many layers of how many are done; an exception of its ends the work.
    Raises BadInput where the task has no examples.
    """
    teacher = teacher or ask_dense(task, examples)
    model, masks, done = copy.deepcopy(pruned.model).eval(), {**pruned.masks, **pruned.companion_masks}, []
    changed = [name for name, mask in masks.items() if name.rpartition(".")[0] not in teacher.said and not mask.all()]

    def before(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def solve(layer: Any, given: tuple[Tensor, ...]) -> None:
            own = [masks[each] for each in (f"{name}.weight", f"{name}.bias") if each in masks]
            if changed or not all(bool(mask.all()) for mask in own):  # until then it sees and says what it always did
                rows = inputs_at(layer, given[0], teacher.places[name])
                _solve(layer, rows, teacher.said[name], masks, name, name in teacher.normed)
                changed.append(name)
            done.append(name)
            tell(len(done), len(teacher.said))

        return solve

    def recalibrate(norm: Any, given: tuple[Tensor, ...]) -> None:
        if changed:
            _recalibrate(norm, given)

    hooks = [model.get_submodule(name).register_forward_pre_hook(before(name)) for name in teacher.said]
    norms = [layer for layer in model.modules() if isinstance(layer, NORMS)]
    hooks += [layer.register_forward_pre_hook(recalibrate) for layer in norms]
    try:
        with torch.no_grad():
            model(teacher.inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return replace(pruned, model=model)


def repair_in_rounds(
    task: Task,
    plan: PruningPlan,
    rounds: int = 5,
    examples: int = 2000,
    teacher: Teacher | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Pruned:
    """Remove a little, repair, judge the repaired weights anew, and go on until a plan is met.

    The mask differs from that of `prune`. A plan without a sparsity of its own is carried out in one round.
    """
    teacher, whole = teacher or ask_dense(task, examples), prune(task, plan)
    if plan.pattern or plan.overrides:
        rounds = 1
    model = task.model
    for done in range(1, rounds + 1):
        left = (1 - whole.sparsity) ** (done / rounds)
        share = replace(plan, threshold=None, sparsity=1 - left) if rounds > 1 else plan
        within = replace(task, model=model)
        found = repair(
            task,
            prune(within, share),
            teacher=teacher,
            tell=functools.partial(_tell_within, tell, done - 1, rounds),
        )
        model = found.model
    return replace(found, plan=plan)


def _tell_within(tell: Callable[[int, int], None], past: int, rounds: int, done: int, of: int) -> None:
    """Tell how far one of several rounds is, after so many past ones."""
    tell(past * of + done, rounds * of)


def _solve(layer: Any, rows: Tensor, said: Tensor, masks: Mapping[str, Tensor], name: str, normed: bool) -> None:
    """Give a layer the kept weights and bias that say most nearly what the dense one said. rows: (groups, n, in)."""
    turned = keeps_inputs_first(layer)
    weight = (layer.weight.T if turned else layer.weight.flatten(1)).double()
    bias = torch.zeros(len(weight)) if layer.bias is None else layer.bias
    kept = masks.get(f"{name}.weight", torch.ones_like(layer.weight, dtype=torch.bool))
    kept = kept.T if turned else kept.flatten(1)
    free = layer.bias is not None or normed  # whether a constant can be added
    biased = masks.get(f"{name}.bias", torch.ones(len(weight), dtype=torch.bool)) & torch.tensor(free)
    outputs = len(weight) // len(rows)
    for group, seen in enumerate(rows):
        if not bool(torch.isfinite(seen).all()):
            return
        own = slice(group * outputs, (group + 1) * outputs)
        x = torch.cat([seen, torch.ones(len(seen), 1)], dim=1)
        gram = (x.T @ x).double()
        cross = (said[:, own].T @ x).double()
        ridge = RIDGE * gram.diagonal()[:-1].mean().clamp_min(1e-12)
        gram.diagonal()[:-1] += ridge
        gram.diagonal()[-1] += 1e-9 * len(seen)
        cross[:, :-1] += ridge * weight[own]
        solved = solve_kept(gram, cross, torch.cat([kept[own], biased[own, None]], dim=1))
        if not bool(torch.isfinite(solved).all()):
            return
        weight[own], bias = solved[:, :-1], bias.index_copy(0, torch.arange(len(bias))[own], solved[:, -1].float())
    layer.weight.data.copy_((weight.T if turned else weight).reshape(layer.weight.shape))
    if layer.bias is not None:
        layer.bias.data.copy_(bias)


def _recalibrate(norm: Any, given: tuple[Tensor, ...]) -> None:
    """Give batch norm mean and variance of what reaches it."""
    if norm.running_mean is not None and given[0].numel() > norm.num_features:
        over = [d for d in range(given[0].ndim) if d != 1]
        norm.running_var, norm.running_mean = torch.var_mean(given[0], over)
