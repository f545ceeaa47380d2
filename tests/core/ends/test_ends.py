"""Searches for an end on small networks: what is in the file, what was timed, and what is said where nothing can be."""

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from core.ends import End, EndFigures, Tried, find_fastest, reach
from core.ends.trying import Pace
from core.ends.widths import Widths, measure_widths, quickly, units_plan, with_amount
from core.engines import ENGINES
from core.errors import BadInput, BadPlan
from core.jobs.work import WORK
from core.measure import Candidate, Latency, as_shipped, change, file_sizes
from core.pruning import PruningPlan, ask_dense, carry_out, prune, rank
from core.pruning.units import layer_structures
from core.quality import Quality


@pytest.fixture
def learned(tiny):
    """The tiny task with a network that has learned it by heart, and 16 units in its layer."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    inputs, targets = next(iter(tiny.batches("train", 64, torch.Generator().manual_seed(0), ())))
    for _ in range(150):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimiser.step()
    return replace(tiny, model=model.eval())


@pytest.fixture
def only_torch(monkeypatch):
    """No engine but PyTorch is here."""
    for module in ("core.ends.widths", "core.ends.fastest", "core.ends.timing", "core.ends.smallest"):
        away = {name: each if name == "torch" else replace(each, needs=("nowhere",)) for name, each in ENGINES.items()}
        monkeypatch.setattr(f"{module}.ENGINES", away)


def found_by(task, goal, lose, **how):
    end = End(goal, lose, **how)
    *_, last = find_fastest(task, end, seconds=0.05) if goal == "fastest" else WORK["end"](lambda _: task, "tiny", end)
    return last


@pytest.mark.parametrize(
    "given", [("largest", 0.1), ("smallest", -0.1), ("smallest", math.nan), ("fastest", 0.1, 7), ("fastest", math.inf)]
)
def test_what_is_no_end_is_refused_with_a_sentence(given):
    with pytest.raises(BadInput, match=r"no such end|no loss"):
        End(*given)


def test_a_loss_that_cannot_be_told_and_a_network_without_examples_get_a_sentence(tiny):
    with pytest.raises(BadInput, match="So small a loss"):
        found_by(tiny, "smallest", 0.001)
    for goal in ("smallest", "fastest"):
        with pytest.raises(BadInput, match="too few examples"):
            found_by(replace(tiny, count=lambda split: 0), goal, 0.1)


def test_the_smallest_file_is_as_small_and_as_good_as_it_is_said_to_be(learned, only_torch):
    found = found_by(learned, "smallest", 0.1)
    best, whole = found.best, found.tried[0]
    assert best.candidate.size == min(each.candidate.size for each in found.tried if found.meets(each.candidate))
    assert whole.dense and whole.candidate.size == file_sizes(learned.model)["dense"]
    assert set(found.left_out) == {"onnxruntime-int8"} and "nowhere" in found.left_out["onnxruntime-int8"]
    assert found.doing == "" and found.left == 0
    assert {"zipped", "bitmask", "csr", "shared", "plain"} <= {each.form for each in found.tried}
    exact = next(each for each in found.ranked if each.form == "zipped" and not each.dense)
    how = "once" if exact.candidate.stage == "repaired" else ""
    again = carry_out(learned, exact.candidate.plan, how, ask_dense(learned))
    assert file_sizes(as_shipped(again))["zipped"] == exact.candidate.size
    chosen, quoted = learned.evaluate(again.model).halves()
    assert (chosen, quoted) == (exact.candidate.chosen, exact.candidate.quality)
    assert change(whole.candidate.chosen, best.candidate.chosen).value >= -0.1


def test_the_fastest_is_timed_beside_the_dense_network_in_the_same_engine(learned, only_torch):
    found = found_by(learned, "fastest", 0.2, batch=1)
    timed = [each for each in found.tried if each.latency]
    assert {each.form for each in timed} == {"torch"} and found.tried[0].dense
    assert found.dense_in("torch") is found.tried[0] and found.tried[0].latency.runs >= 15
    assert "openvino" in found.left_out and "nowhere" in found.left_out["onnxruntime"]
    assert {(each.layer, each.of) for each in found.table} == {("1", 16)}
    assert [each.units for each in found.table] == sorted({max(1, round(16 * s)) for s in (1, 0.75, 0.5, 0.35, 0.2)}
                                                          | {2, 1})  # fmt: skip
    pruned = [each for each in timed if not each.dense]
    assert pruned and all(each.candidate.plan.structured for each in pruned)
    assert found.best.ranked.median == min(each.ranked.median for each in pruned if found.meets(each.candidate))


def test_a_network_without_units_gets_a_sentence_in_place_of_the_fastest(tiny):
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    with pytest.raises(BadPlan, match="whole units could go") as error:
        found_by(replace(tiny, model=model.eval(), prunable=("1.weight",)), "fastest", 0.2)
    assert "smallest file" in error.value.advice


def test_an_engine_that_cannot_read_a_network_is_left_out_and_named(learned, monkeypatch):
    def refuse(network):
        raise BadInput("It holds what ONNX does not know.", "")

    kinds = {"torch": ENGINES["torch"], "onnxruntime": replace(ENGINES["onnxruntime"], prepare=refuse, read=None)}
    for module in ("core.ends.widths", "core.ends.fastest", "core.ends.timing"):
        monkeypatch.setattr(f"{module}.ENGINES", kinds)
    monkeypatch.setattr("core.ends.timing.USUAL", tuple(kinds))
    found = found_by(learned, "fastest", 0.2)
    assert found.left_out == {"onnxruntime": "It holds what ONNX does not know."}
    assert {each.form for each in found.tried} == {"torch"}


def test_each_layer_is_narrowed_alone_and_its_answers_compared_with_the_dense_ones(learned):
    structures = layer_structures(learned)
    plan = units_plan(structures, [16])
    table = measure_widths(learned, structures, structures[0], rank(learned, plan), None, ("torch",), 1, 0.0)
    assert table.units[-1] == 16 and table.loss[-1] == 0
    pruned = prune(learned, units_plan(structures, [4]))
    assert sum(bool(row.any()) for row in pruned.masks["1.weight"]) == 4
    inputs, _ = next(iter(learned.batches("train", 64, torch.Generator().manual_seed(0), ())))
    with torch.no_grad():
        dense, narrow = learned.model(inputs), prune(learned, units_plan(structures, [table.units[0]])).model(inputs)
    assert table.loss[0] == pytest.approx(float((dense - narrow).square().sum() / dense.square().sum()), rel=1e-4)
    options = table.options("torch")
    assert all(a.cost <= b.cost and a.loss >= b.loss for a, b in itertools.pairwise(options))
    assert options[-1].cost == 0


def test_noise_does_not_make_a_narrow_layer_slower(learned):
    (structure,) = layer_structures(learned)
    table = Widths(structure, (4, 8, 16), {"torch": (3.0, 1.0, 4.0)}, (0.5, 0.1, 0.0))
    options = table.options("torch")
    assert [math.exp(each.cost) for each in options] == pytest.approx([0.5, 0.5, 1.0])
    assert [each.loss for each in options] == pytest.approx([0.5, 0.1, 0.0])
    assert [row.milliseconds for row in table.rows()] == [3.0, 1.0, 4.0]


def test_an_engine_in_which_no_layer_can_be_timed_is_named(learned, monkeypatch):
    def refuse(content):
        raise RuntimeError("an operator of another kind")

    kinds = {"torch": ENGINES["torch"], "onnxruntime": replace(ENGINES["onnxruntime"], read=refuse)}
    for module in ("core.ends.widths", "core.ends.fastest", "core.ends.timing"):
        monkeypatch.setattr(f"{module}.ENGINES", kinds)
    monkeypatch.setattr("core.ends.timing.USUAL", ("torch",))
    found = found_by(learned, "fastest", 0.2)
    assert "several widths" in found.left_out["onnxruntime"]
    assert {each.engine for each in found.table} == {"torch"}


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_what_is_timed_answers_as_the_network_does(learned, engine):
    inputs = learned.inputs_of_usual_size(3)
    with torch.no_grad():
        torch.testing.assert_close(quickly(learned.model, inputs, engine)(inputs), learned.model(inputs))


def test_the_amount_beside_shares_of_single_layers_changes_nothing(lenet):
    structures = layer_structures(lenet)
    plan = units_plan(structures, [10, 25, 300])
    pruned, other = prune(lenet, plan), prune(lenet, with_amount(plan, 0.3))
    assert all(torch.equal(mask, other.masks[name]) for name, mask in pruned.masks.items())
    assert [sum(bool(row.any()) for row in pruned.masks[each.name]) for each in structures] == [10, 25, 300]


def figures(*tried: tuple[str, float, float, float], lose: float = 0.1) -> EndFigures:
    """Figures of networks: stage, chosen accuracy, quoted accuracy, milliseconds; the first is the dense one."""
    made = []
    for stage, chosen, quoted, ms in tried:
        figure, other = (Quality("Accuracy", value, 0.0, 1.0, 9) for value in (chosen, quoted))
        plan = PruningPlan() if stage == "dense" else PruningPlan(sparsity=0.5)
        time = Latency(ms, ms, ms, 9)
        made.append(Tried(Candidate(plan, 0.5, other, 10, 1, 1, 1, stage, figure), "torch", None, time, time))
    return EndFigures(End("fastest", lose), tuple(made))


def test_the_best_keeps_to_the_loss_and_the_nearest_is_told_where_nothing_does():
    found = figures(("dense", 0.9, 0.9, 5), ("pruned", 0.7, 0.9, 1), ("pruned", 0.85, 0.5, 3), ("pruned", 0.9, 0.9, 4))
    assert found.best is found.tried[2]
    assert found.nearest is found.tried[3]
    none = figures(("dense", 0.9, 0.9, 5), ("pruned", 0.5, 0.9, 1), ("pruned", 0.6, 0.9, 2), ("pruned", math.nan, 0, 1))
    assert none.best is None and none.nearest is none.tried[2]
    assert figures(("dense", 0.9, 0.9, 5)).nearest is None


def test_the_dense_network_in_another_form_may_be_the_best():
    found = figures(("dense", 0.9, 0.9, 5), ("dense", 0.9, 0.9, 3), ("pruned", 0.2, 0.9, 1))
    assert found.best is found.tried[1] and found.dense_in("torch") is found.tried[0]


def test_the_time_that_is_left_follows_from_what_steps_took():
    now = iter([0.0, 4.0, 10.0, 11.0])
    pace = Pace({"judge": 1.0, "write": 20.0}, clock=lambda: next(now))
    pace.left.update({"judge": 3, "write": 1})
    assert pace.seconds == 23
    pace.done("judge")  # took 4 s
    pace.done("judge")  # took 6 s
    assert pace.seconds == 5 + 20
    pace.done("write")
    assert pace.seconds == 5


def test_figures_stand_still_while_a_search_goes_on(learned, only_torch):
    seen = list(reach(learned, End("smallest", 0.2)))
    counts = [len(each.tried) for each in seen]
    assert counts == sorted(counts) and counts[0] == 0
    assert all(later.tried[: len(earlier.tried)] == earlier.tried for earlier, later in itertools.pairwise(seen))
    assert all(measured.candidate.size > 0 for measured in seen[-1].tried)
