"""What is dense in a comparison is the dense network; what chose a winner does not grade it; where things come from."""

import io
import math
import re
import zipfile

import pytest
from safetensors.torch import save

from core.errors import BadInput
from core.export import bundle
from core.jobs.work import measure_shipping, report, scan_layers, search_limit
from core.measure import Budget, Latency, advice, best_within, cost, search, sensitivity
from core.measure.budget import finest
from core.measure.encodings import file_sizes
from core.pruning import PruningPlan, prune, shrink
from core.quality import proportion, share
from core.stages import Subject
from core.tasks import catalog, load
from core.tasks.assets import Assets
from core.tasks.brought import bring_checkpoint
from core.tasks.vision import networks
from tests.core.export.report_reader import Page


def test_a_layer_that_is_dead_at_the_first_sparsity_is_the_most_fragile_one(mlp):
    *_, found = sensitivity(mlp, (0.97, 0.99))  # there one layer is dead from the beginning
    dense = mlp.evaluate(mlp.model)
    assert found.dense == dense
    lost = {name: sum(dense.value - q.value for q in each) for name, each in found.qualities.items()}
    assert found.by_fragility() == sorted(lost, key=lost.__getitem__, reverse=True)
    first = {name: each[0].value for name, each in found.qualities.items()}
    assert min(first.values()) < 0.7


def test_a_scan_compares_with_the_dense_network_on_the_same_examples(mlp):
    for found in scan_layers(lambda name: mlp, "fashion-mlp", (0.5,)):
        assert found.dense == mlp.evaluate(mlp.model, limit=found.seen)


@pytest.mark.parametrize("granularity", ["neuron", "weight"])
def test_how_much_smaller_a_file_is_is_said_against_the_dense_one(mlp, granularity):
    plan = PruningPlan(sparsity=0.9, granularity=granularity)
    *_, found = measure_shipping(lambda name: mlp, Subject("fashion-mlp", plan))
    pruned = prune(mlp, plan)
    dense = len(save(mlp.model.state_dict()))
    sizes = file_sizes(shrink(pruned) if granularity == "neuron" else pruned.model)
    assert found.whole == dense == cost(mlp.model).file
    times = dense / min(sizes.values())
    assert (
        f"{times:.1f} times smaller than that of the whole network"
        in advice(found.files, found.latency, found.whole)[0]
    )
    *_, last = report(lambda name: mlp, Subject("fashion-mlp", plan))
    rows = {row[0]: row[1:] for row in Page(last.page).rows if row}
    written = rows["Compression ratio (bytes of the plain file / of the smallest one)"][0]
    assert float(written.removesuffix(" x")) == pytest.approx(times, abs=0.01)
    if granularity == "neuron":
        assert times > 10


def test_a_file_that_is_not_smaller_is_not_called_so():
    slow = Latency(2.0, 1.9, 2.1, 20)
    assert advice({"dense": 5_000}, {}, 5_000) == ["Smallest file: plain, 5.0 kB."]
    said = advice({"dense": 1_000, "zipped": 900}, {1: {"dense": slow, "smaller": slow}}, 9_000)
    assert said[0] == "Smallest file: zipped, 0.9 kB, 10.0 times smaller than that of the whole network."


def test_every_change_in_a_report_has_the_range_of_the_pair(mlp):
    plan = PruningPlan(sparsity=0.9)
    *_, last = report(lambda name: mlp, Subject("fashion-mlp", plan))
    rows = {row[0]: row[1:] for row in Page(last.page).rows if row}
    pair = re.compile(r"[+-][\d.]+ points(: no clear change)? \([+-][\d.]+ to [+-][\d.]+ points\)")
    for split in ("validation", "test"):
        assert pair.fullmatch(rows[f"Change of Accuracy, pruned, {split}"][0])
    assert pair.fullmatch(rows["Macro recall"][-1]) and pair.fullmatch(rows["Recall: Shirt"][-1])
    assert re.fullmatch(r"[\d.]+% \([\d.]+% to [\d.]+%\)", rows["Of the dense Accuracy, pruned"][0])


def test_one_half_chooses_and_the_other_is_quoted(mlp):
    found = list(search(mlp, Budget(lose=0.01), (PruningPlan(), PruningPlan(scope="lamp")), (0.9, 0.7, 0.5), 0.05))
    assert found[0].stage == "dense"
    right = (mlp.classifier.answers(mlp.model, "validation")[0] == mlp.classifier.labels("validation")).numpy()
    assert found[0].chosen.value == pytest.approx(right[::2].mean())
    assert found[0].quality.value == pytest.approx(right[1::2].mean())
    picked = best_within(found, Budget(lose=0.01), found[0].choosing)
    again = prune(mlp, picked.plan).model
    right = (mlp.classifier.answers(again, "validation")[0] == mlp.classifier.labels("validation")).numpy()
    assert (picked.chosen.value, picked.quality.value) == pytest.approx((right[::2].mean(), right[1::2].mean()))
    assert found[0].chosen.value - picked.chosen.value <= 0.01 + 1e-9
    assert picked.quality.n + picked.chosen.n == 5_000


def test_what_lies_below_the_lowest_stop_is_searched_too(mlp):
    found = list(search(mlp, Budget(lose=0.002), (PruningPlan(criterion="random"),), (0.9, 0.5, 0.1), 0.005, 1_000))
    picked = best_within(found, Budget(lose=0.002), found[0].choosing)
    assert 0 < picked.sparsity < 0.1
    size = cost(mlp.model).file - 1
    found = list(search(mlp, Budget(size=size), (PruningPlan(granularity="neuron"),), (0.5, 0.1), 0.01, 200))
    assert 0 < min(each.sparsity for each in found[1:]) < 0.05


def test_a_budget_finer_than_the_data_can_tell_is_a_sentence(mlp):
    with pytest.raises(BadInput, match=r"32 examples choose here, and one of them .* by 3\.1 points.*at least 3\.1"):
        next(search(mlp, Budget(lose=0.01), limit=64))
    with pytest.raises(BadInput, match="So small a loss cannot be told"):
        next(search(mlp, Budget(lose=0.0)))
    assert next(search(mlp, Budget(lose=0.01), limit=200)).stage == "dense"
    ratings = load("movielens-ncf")
    with pytest.raises(BadInput, match="So small a loss"):
        next(search(ratings, Budget(lose=1e-6)))
    assert finest(share([True] * 50)) == 1 / 50


def test_a_slow_network_is_searched_on_enough_examples_for_one_point(mlp):
    assert search_limit(mlp) is None
    assert search_limit(load("reuters-minilm")) == 500


def test_a_report_and_a_card_say_who_trained_the_weights(mlp):
    weights = {name: value.clone() for name, value in mlp.model.state_dict().items()}
    weights["fc3.bias"] += 1
    mine = bring_checkpoint(mlp, save(weights)).task
    assert "brought by you" in mine.info.origin and "trained by this project" not in mine.info.origin
    assert "trained by this project" in mlp.info.origin and "Fashion-MNIST" in mine.info.origin
    judged = {(stage, split): proportion(1, 4) for stage in ("dense", "pruned") for split in ("validation", "test")}
    card = bundle(mine, prune(mine, PruningPlan(sparsity=0.5)), judged=judged)
    assert b"trained by this project" not in card
    with zipfile.ZipFile(io.BytesIO(card)) as archive:
        text = archive.read("README.md").decode() + archive.read("metrics.json").decode()
    assert "brought by you" in text and "trained by this project" not in text


def test_every_network_says_where_its_data_and_its_weights_come_from():
    for info in catalog():
        assert info.source and info.weights
        assert info.weights in info.origin and "weights" not in info.source.lower()


def test_numbers_of_parameters_in_descriptions_are_those_of_the_networks():
    for build in (networks.LeNet300, networks.LeNet5, networks.SmallResNet):
        written = re.search(r"([\d,]{6,}) parameters", build.__doc__)[1]
        assert int(written.replace(",", "")) == sum(p.numel() for p in build().parameters())
    about = {entry["parameters"] for entry in Assets.open().manifest["models"].values()}
    assert sum(p.numel() for p in networks.SmallResNet().parameters()) in about


def test_a_figure_that_is_no_number_is_never_the_best(mlp):
    found = list(search(mlp, Budget(size=10**7), (PruningPlan(),), (0.5,), 0, 200))
    assert math.isfinite(best_within(found, Budget(size=10**7), found[0].choosing).quality.value)
