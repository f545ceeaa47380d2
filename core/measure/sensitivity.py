"""Which layers are sensitive: quality when one layer alone is pruned, at several sparsities.

What lies before the touched layer is computed once for each slice of the data, and only what depends on that layer is
computed again, as far as the network can be traced; the figures are the same as those of the whole network.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, fx, nn

from core.pruning import PruningPlan, prune, rank, removable
from core.quality import Quality
from core.tasks.base import Task


@dataclass(frozen=True)
class Sensitivity:
    """How far a scan is, and what it says so far.

    seen, of: examples judged, and in all.
    sparsities: of one layer's weights, 0 to 1.
    qualities: parameter -> its quality at each of the sparsities, all other layers whole.
    dense: the whole network on the same examples, which is what is lost is compared with.
    """

    seen: int
    of: int
    sparsities: tuple[float, ...]
    qualities: Mapping[str, tuple[Quality, ...]]
    dense: Quality

    def by_fragility(self, worst: float = 0.0) -> list[str]:
        """List the parameters, the most fragile first: by the mean quality, of the dense one's, over the sparsities."""

        def mean(name: str) -> float:
            found = [quality.relative(self.dense, worst).value for quality in self.qualities[name]]
            return sum(-math.inf if math.isnan(value) else value for value in found) / len(found)

        return sorted(self.qualities, key=mean)


def sensitivity(
    task: Task,
    sparsities: Sequence[float],
    plan: PruningPlan | None = None,
    split: str = "validation",
    limit: int | None = None,
) -> Iterator[Sensitivity]:
    """Prune each layer alone to each of the sparsities and judge the network; yields early figures, the whole last.

    plan: its criterion judges importance; its amounts do not matter.
    Raises BadPlan for a plan that removes units or follows a pattern, ValueError without sparsities.
    """
    if not sparsities:
        raise ValueError("A scan needs at least one sparsity.")
    base = replace((plan or PruningPlan()).without_amount, granularity="weight", scope="global", overrides={})
    names = tuple(removable(task, "weight", base.embeddings))
    base = replace(base, overrides=dict.fromkeys(names, 0.0))
    ranking = rank(task, base)
    shared = _Shared(copy.deepcopy(task.model).to(memory_format=torch.channels_last))
    streams = []
    for sparsity in sparsities:
        pruned = prune(task, replace(base, overrides=dict.fromkeys(names, sparsity)), ranking)
        for layer in pruned.layers:
            weight = pruned.model.get_parameter(layer.name).detach()
            touched = _Touched(shared, layer.name, weight)
            streams.append((layer.name, task.refine(touched, split, limit)))
    total = min(limit or task.count(split), task.count(split))
    whole = task.refine(_Touched(shared, "", None), split, limit)
    while True:
        # All go on by one slice in turn, so that what they share has to be kept for that slice only.
        latest = [(name, next(stream, None)) for name, stream in streams]
        if latest[0][1] is None:
            return
        found: dict[str, list[Quality]] = {}
        for name, quality in latest:
            found.setdefault(name, []).append(quality)
        qualities = {name: tuple(each) for name, each in found.items()}
        yield Sensitivity(latest[0][1].n, total, tuple(sparsities), qualities, next(whole))


class _Shared:
    """The dense network, traced, with what it computed for the latest inputs."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model.eval()
        try:
            self.traced: fx.GraphModule | None = fx.symbolic_trace(self.model)
        except Exception:  # whatever a network does that cannot be traced, it can still be run as a whole
            self.traced = None
        self._inputs: Tensor | None = None
        self._values: dict[fx.Node, Any] = {}
        self._behind: dict[str, list[fx.Node] | None] = {}

    def values(self, inputs: Tensor) -> dict[fx.Node, Any]:
        """Return what each node of the graph computes for these inputs."""
        if self._inputs is None or self._inputs.shape != inputs.shape or not torch.equal(self._inputs, inputs):
            runner = fx.Interpreter(self.traced, garbage_collect_values=False)
            runner.run(inputs)
            self._inputs, self._values = inputs, dict(runner.env)
        return self._values

    def behind(self, module: str) -> list[fx.Node] | None:
        """Return the one call of a module and all nodes that depend on it, in order; None if it is called otherwise."""
        if module not in self._behind:
            calls = [n for n in self.traced.graph.nodes if n.op == "call_module" and n.target == module]
            self._behind[module] = _dependents(self.traced.graph, calls[0]) if len(calls) == 1 else None
        return self._behind[module]


def _dependents(graph: fx.Graph, first: fx.Node) -> list[fx.Node]:
    touched = {first}
    for node in graph.nodes:
        if any(each in touched for each in node.all_input_nodes):
            touched.add(node)
    return [node for node in graph.nodes if node in touched]


class _Touched(nn.Module):
    """The network with the weight of one layer replaced, or as it is; it has no parameters of its own to look at."""

    def __init__(self, shared: _Shared, parameter: str, weight: Tensor | None) -> None:
        super().__init__()
        self._shared = shared
        self._parameter = parameter
        if weight is None:
            return
        self._module, _, leaf = parameter.rpartition(".")
        layer = copy.deepcopy(shared.model.get_submodule(self._module))
        setattr(layer, leaf, nn.Parameter(weight, requires_grad=False))
        self._layer = [layer.to(memory_format=torch.channels_last) if weight.ndim == 4 else layer]

    def forward(self, inputs: Tensor) -> Tensor:
        shared = self._shared
        if not self._parameter:
            return shared.model(inputs)
        (layer,) = self._layer
        nodes = shared.behind(self._module) if shared.traced is not None else None
        if nodes is None:
            return torch.func.functional_call(shared.model, {self._parameter: layer.weight}, (inputs,))
        values = dict(shared.values(inputs))
        runner = fx.Interpreter(shared.traced)
        runner.env = values
        for node in nodes:
            if node is nodes[0]:
                values[node] = layer(*runner.map_nodes_to_values(node.args, node))
            elif node.op == "output":
                return runner.map_nodes_to_values(node.args[0], node)
            else:
                values[node] = runner.run_node(node)
        raise AssertionError("A traced network ends with its output.")
