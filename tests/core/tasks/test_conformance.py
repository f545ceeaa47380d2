"""What every task of the catalogue must keep, whatever its field: one suite for all of them."""

import itertools
from dataclasses import replace

import pytest
import torch

from core.errors import BadInput
from core.export import bundle
from core.measure import further_figures
from core.pruning import PruningPlan, prune, rank, shrink
from core.quality import METRICS
from core.tasks import SPLITS, catalog, load
from core.tuning import Recipe, fine_tune, preset_for
from tests.core.downloaded import import_model, unpack, with_downloaded_weights

NAMES = [info.name for info in catalog() if info.shipped]

FIELDS = {"vision", "language", "recommendation", "control"}

LIMIT = 100
"""Examples that are enough where only sameness is asked for."""


@pytest.fixture(scope="module", params=NAMES)
def task(request):
    return load(request.param)


@pytest.fixture(autouse=True, scope="module")
def never_mutated(task):
    """Whatever a test does, the shared network is bit by bit what it was."""
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    yield
    assert not task.model.training
    for name, value in task.model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_all_four_fields_are_there():
    assert {info.domain for info in catalog()} == FIELDS


def test_it_describes_itself(task):
    info = task.info
    assert info.domain in FIELDS
    assert info.metric in METRICS
    assert info.title and info.about and info.source
    assert info.parameters == sum(p.numel() for p in task.model.parameters())
    known = {name for name, _ in task.model.named_parameters()}
    assert set(task.opt_in_parameters) < set(task.prunable) <= known
    assert all(task.count(split) > 0 for split in SPLITS)
    assert task.inputs.format.endswith(".")


def test_it_is_judged_alike_twice_and_refines_to_the_whole(task):
    first, again = (task.evaluate(task.model, "validation", LIMIT) for _ in range(2))
    assert first == again
    assert first.metric == task.info.metric
    assert first.low <= first.value <= first.high
    assert first.n == min(LIMIT, task.count("validation"))
    count = task.count("validation")
    whole = count if task.quick_eval_size >= 1000 else min(3 * LIMIT, count)  # of a slow one, a part will do
    *_, settled = task.refine(task.model, "validation", whole)
    assert settled.n == whole
    name, score = task.extra.baseline.name, task.extra.baseline.score
    assert name
    assert settled.better_than(score("validation"))


def test_batches_are_those_of_the_seed_and_give_a_loss_that_can_be_followed(task):
    one, two = (
        next(iter(task.batches("train", 32, torch.Generator().manual_seed(3), task.training.augmentations)))
        for _ in range(2)
    )
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    inputs, targets = one
    assert inputs.shape[1:].numel() and inputs.dtype == task.example.dtype
    output = task.model(inputs)
    loss = task.loss(output, targets, 0.0)
    assert loss.shape == () and torch.isfinite(loss) and loss.requires_grad
    assert task.training.distillation_loss(output, output, 2.0).item() == pytest.approx(0, abs=1e-6)


def test_a_higher_threshold_never_brings_a_weight_back(task):
    ranking = rank(task)
    thresholds = [0.0, 0.01, 0.03, 0.1, 1.0]
    pruned = [prune(task, PruningPlan(threshold=each), ranking) for each in thresholds]
    zeros = sum(
        int((task.model.get_parameter(name) == 0).sum()) for name in pruned[0].masks
    )  # they are removed already
    assert pruned[0].sparsity == pytest.approx(
        zeros / sum(mask.numel() for mask in pruned[0].masks.values()), abs=1e-12
    )
    for lower, higher in itertools.pairwise(pruned):
        assert lower.sparsity <= higher.sparsity
        assert all((higher.masks[name] <= mask).all() for name, mask in lower.masks.items())


def test_embeddings_stay_whole_unless_asked_for(task):
    plain = prune(task, PruningPlan(sparsity=0.5))
    assert not set(task.opt_in_parameters) & set(plain.masks)
    asked = prune(task, PruningPlan(sparsity=0.5, embeddings=True))
    assert set(asked.masks) == set(task.prunable)
    for pruned in (plain, asked):
        assert pruned.sparsity == pytest.approx(0.5, abs=1e-4)


def test_whole_units_can_go_and_the_smaller_network_says_the_same(task):
    pruned = prune(task, PruningPlan(sparsity=0.3, granularity="channel"))
    small = shrink(pruned)
    assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in task.model.parameters())
    inputs, _ = next(iter(task.batches("validation", 16, torch.Generator().manual_seed(0), ())))
    with torch.no_grad():
        torch.testing.assert_close(small(inputs), pruned.model(inputs), rtol=1e-4, atol=1e-4)


def test_every_criterion_judges_it(task):
    whole, task = task, replace(task, draw=lambda asked: itertools.islice(whole.draw(asked), 2))
    for criterion in ("random", "activation", "first-order"):
        pruned = prune(task, PruningPlan(sparsity=0.5, criterion=criterion))
        assert pruned.sparsity == pytest.approx(0.5, abs=1e-4)


def test_a_fine_tune_is_that_of_its_seed_and_holds_its_zeros(task):
    def part(model, split, limit):
        return whole.score(model, split, min(limit or LIMIT, LIMIT))

    whole, task = task, replace(task, score=part)  # how good it gets matters elsewhere
    pruned = prune(task, PruningPlan(sparsity=0.8))
    recipe = replace(preset_for(task, "quick"), steps=2, batch_size=16)
    finals = []
    for _ in range(2):
        *_, final = fine_tune(task, pruned, recipe)
        finals.append(final)
    one, two = (final.model.state_dict() for final in finals)
    assert all(torch.equal(one[name], two[name]) for name in one)
    for name, mask in pruned.masks.items():
        assert not finals[0].model.get_parameter(name)[~mask].any()
    assert any(not torch.equal(one[name], value) for name, value in pruned.model.state_dict().items())


def test_presets_fit_it(task):
    for name in ("quick", "careful", "textbook"):
        assert set(preset_for(task, name).augment) <= set(task.training.augmentations)
        assert isinstance(preset_for(task, name), Recipe)


def test_its_download_loads_elsewhere_with_the_same_quality(task, tmp_path, monkeypatch):
    pruned = prune(task, PruningPlan(sparsity=0.5))
    stages = {"dense": task.model, "pruned": pruned.model}
    judged = {
        (stage, split): task.evaluate(model, split, LIMIT)
        for stage, model in stages.items()
        for split in ("validation", "test")
    }
    unpack(bundle(task, pruned, judged=judged), tmp_path)
    assert set(task.packaging.files) <= {path.name for path in tmp_path.iterdir()}
    network = getattr(import_model(tmp_path, monkeypatch), type(task.model).__name__)()
    network = with_downloaded_weights(network, tmp_path)
    assert task.evaluate(network, "test", LIMIT) == judged["pruned", "test"]


def test_it_can_be_tried_by_hand(task):
    trial = task.demo
    shown = trial.answer(task.model, trial.start)
    assert shown.said and (shown.rows or shown.image)
    assert shown == trial.answer(task.model, trial.start)
    worse = trial.answer(prune(task, PruningPlan(sparsity=0.99)).model, trial.start)
    assert isinstance(trial.compare(shown, worse), str)
    for wrong in (-1, 10**9) if isinstance(trial.start, int) else ("", "   ", "x" * 1_000_000, "谢谢你们"):
        with pytest.raises(BadInput):
            trial.answer(task.model, wrong)


def test_its_groups_add_up_to_the_whole(task):
    if task.extra.groups is None:
        assert task.info.domain == "control"
        return
    found = further_figures(task, task.model)
    assert sum(group.n for group in found.groups.values()) == task.count("validation")
    for figure in found.metrics:
        assert figure.metric in METRICS and figure.low <= figure.value <= figure.high
