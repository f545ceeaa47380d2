"""A network with one layer swapped: what lies before that layer is computed once for each slice of the data."""

import copy
from typing import Any, cast

import torch
from torch import Tensor, fx, nn


class TracedNetwork:
    """Hold a network, traced as far as it can be, with what it computed for the latest inputs."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model.eval()
        self.traced = _traced(self.model)
        self._inputs: Tensor | None = None
        self._values: dict[fx.Node, Any] = {}
        self._behind: dict[str, list[fx.Node]] = {}

    def values(self, traced: fx.GraphModule, inputs: Tensor) -> dict[fx.Node, Any]:
        """Return what each node of the graph computes for these inputs."""
        if self._inputs is None or self._inputs.shape != inputs.shape or not torch.equal(self._inputs, inputs):
            runner = fx.Interpreter(traced, garbage_collect_values=False)
            runner.run(inputs)
            self._inputs, self._values = inputs, dict(runner.env)
        return self._values

    def behind(self, traced: fx.GraphModule, module: str) -> list[fx.Node]:
        """Return the one call of a module and all nodes that depend on it, in order; none if it is called otherwise."""
        if module not in self._behind:
            calls = [n for n in traced.graph.nodes if n.op == "call_module" and n.target == module]
            self._behind[module] = _dependents(traced.graph, calls[0]) if len(calls) == 1 else []
        return self._behind[module]


def _traced(model: nn.Module) -> fx.GraphModule | None:
    try:
        return fx.symbolic_trace(model)
    except Exception:  # whatever a network does that cannot be traced, it can still be run as a whole
        return None


def _dependents(graph: fx.Graph, first: fx.Node) -> list[fx.Node]:
    touched = {first}
    for node in graph.nodes:
        if any(each in touched for each in node.all_input_nodes):
            touched.add(node)
    return [node for node in graph.nodes if node in touched]


class WholeNetwork(nn.Module):
    """Answer as a traced network does, without parameters of its own to look at."""

    def __init__(self, shared: TracedNetwork) -> None:
        super().__init__()
        self._shared = shared

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs, (n, ...)."""
        return self._shared.model(inputs)


class SwappedLayer(nn.Module):
    """Answer as a traced network does with another weight in one layer; only what depends on it is computed again."""

    def __init__(self, shared: TracedNetwork, parameter: str, weight: Tensor) -> None:
        super().__init__()
        self._shared = shared
        self._parameter = parameter
        self._module, _, self._leaf = parameter.rpartition(".")
        layer = copy.deepcopy(shared.model.get_submodule(self._module))
        setattr(layer, self._leaf, nn.Parameter(weight, requires_grad=False))
        # In a list, so that it does not count among this module's own parameters.
        self._layer = [layer.to(memory_format=torch.channels_last) if weight.ndim == 4 else layer]

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs, (n, ...)."""
        shared, (layer,) = self._shared, self._layer
        nodes = shared.behind(shared.traced, self._module) if shared.traced is not None else []
        if shared.traced is None or not nodes:
            weight = cast(Tensor, getattr(layer, self._leaf))
            return torch.func.functional_call(shared.model, {self._parameter: weight}, (inputs,))
        values = dict(shared.values(shared.traced, inputs))
        runner = fx.Interpreter(shared.traced)
        runner.env = values
        for node in nodes:
            if node is nodes[0]:
                arguments: Any = runner.map_nodes_to_values(node.args, node)
                named: Any = runner.map_nodes_to_values(node.kwargs, node)
                values[node] = layer(*arguments, **named)
            elif node.op == "output":
                return cast(Tensor, runner.map_nodes_to_values(node.args[0], node))
            else:
                values[node] = runner.run_node(node)
        raise AssertionError("A traced network ends with its output.")
