"""The figures of what could be shipped, as a worker sends them."""

from core.jobs.work import measure_shipping
from core.pruning import PruningPlan
from core.stages import Subject


def test_weighing_tells_all_of_it(mlp):
    plan = PruningPlan(sparsity=0.5, granularity="neuron")
    *_, last = measure_shipping(lambda name: mlp, Subject("fashion-mlp", plan))
    assert set(last.latency) == {1, 64}
    assert set(last.latency[1]) == set(last.parameters) == {"dense", "with zeros", "smaller"}
    assert last.parameters["smaller"] < last.parameters["dense"] == 266_610
    assert last.macs["smaller"] < last.macs["with zeros"] == last.macs["dense"] == 266_200
    assert last.effective < last.macs["with zeros"]
    assert last.files["dense"] < 266_610 * 4
