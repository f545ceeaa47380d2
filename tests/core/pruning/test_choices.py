"""A choice is one file with all that belongs to it: what ships is complete, and what is added is found."""

from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.errors import BadPlan
from core.pruning import PruningPlan, criteria, prune, removable, shrink
from core.pruning.criteria import known_criteria
from core.pruning.granularities import known_granularities
from core.pruning.scopes import known_scopes
from core.pruning.unit_scores import NORMS
from tests.core.pruning.added import CRITERION, add_choices

KNOWN = {"criterion": known_criteria, "scope": known_scopes, "granularity": known_granularities}


@pytest.fixture
def added(tmp_path, monkeypatch):
    """A criterion and a scope in files of their own, as they are on the page."""
    add_choices(tmp_path, monkeypatch)
    return SimpleNamespace(criterion="smallest-of-all", scope="against-the-largest")


@pytest.mark.parametrize("kind", KNOWN)
def test_every_choice_says_what_it_is_and_has_a_place_of_its_own(kind):
    choices = KNOWN[kind]()
    for name, choice in choices.items():
        assert name == choice.name
        assert choice.label and choice.source
        assert choice.help.endswith(".")
    for field in ("label", "help", "order"):
        assert len({getattr(choice, field) for choice in choices.values()}) == len(choices), field
    assert [choice.order for choice in choices.values()] == sorted(choice.order for choice in choices.values())


def test_the_first_of_each_list_is_what_a_plan_starts_with():
    usual = {field.name: field.default for field in fields(PruningPlan)}
    assert {kind: next(iter(known())) for kind, known in KNOWN.items()} == {kind: usual[kind] for kind in KNOWN}
    assert next(iter(NORMS)) == usual["norm"]


@pytest.mark.parametrize("name", known_criteria())
def test_every_criterion_judges_something(name):
    criterion = known_criteria()[name]
    assert criterion.weights or criterion.units
    PruningPlan(criterion=name, granularity="channel")
    if criterion.units_only:
        with pytest.raises(BadPlan):
            PruningPlan(criterion=name)


def test_what_is_not_there_is_a_sentence_that_lists_what_is(added):
    with pytest.raises(BadPlan, match=r"no criterion named 'magic'.*magnitude, .*smallest-of-all"):
        PruningPlan(criterion="magic")
    with pytest.raises(BadPlan, match=r"no granularity named 'N:M'.*weight, 2:4, neuron, channel, head, any other N:M"):
        PruningPlan(granularity="N:M")


def test_an_added_criterion_removes_single_weights_by_its_scores(added, lenet):
    weights = {name: lenet.model.get_parameter(name).detach().numpy() for name in lenet.prunable}
    together = np.sort(np.concatenate([each.ravel() for each in weights.values()]))
    cut = together[round(0.3 * len(together))]
    pruned = prune(lenet, PruningPlan(sparsity=0.3, criterion=added.criterion))
    assert pruned.sparsity == pytest.approx(0.3, abs=1e-5)
    for name, mask in pruned.masks.items():
        clear = np.abs(weights[name] - cut) > 1e-6  # what lies on the cut rounds to either side
        assert np.array_equal(mask.numpy()[clear], weights[name][clear] > cut)


@pytest.mark.parametrize("granularity", ["neuron", "channel", "2:4"])
def test_an_added_criterion_of_weights_judges_units_and_patterns_too(added, lenet, granularity):
    sparsity = None if granularity == "2:4" else 0.4
    pruned = prune(lenet, PruningPlan(sparsity=sparsity, criterion=added.criterion, granularity=granularity, norm="l1"))
    if granularity == "2:4":
        assert pruned.sparsity == pytest.approx(0.5, abs=0.01)
        return
    assert pruned.sparsity == pytest.approx(0.4, abs=0.002)
    small = shrink(pruned)
    assert sum(p.numel() for p in small.parameters()) < 0.7 * sum(p.numel() for p in lenet.model.parameters())
    values = torch.cat([lenet.model.get_parameter(name).detach().flatten() for name in lenet.prunable])
    rows = lenet.model.fc1.weight.detach() - values.min()
    kept = pruned.masks["fc1.weight"].any(1)
    assert rows.mean(1)[kept].min() >= rows.mean(1)[~kept].max() - 1e-6


@pytest.mark.parametrize("granularity", ["weight", "channel"])
def test_an_added_scope_decides_what_is_compared(added, lenet, granularity):
    pruned = prune(lenet, PruningPlan(sparsity=0.6, scope=added.scope, granularity=granularity))
    assert pruned.sparsity == pytest.approx(0.6, abs=0.002)
    names = removable(lenet, granularity)
    scores = {name: lenet.model.get_parameter(name).detach().abs() for name in names}
    if granularity == "channel":  # a unit is a row of one weight here
        scores = {name: each.flatten(1).square().mean(1).sqrt() for name, each in scores.items()}
    relative = {name: each / each.max() for name, each in scores.items()}
    kept = {
        name: pruned.masks[name] if granularity == "weight" else pruned.masks[name].flatten(1).any(1) for name in names
    }
    stays = torch.cat([relative[name][kept[name]] for name in names])
    goes = torch.cat([relative[name][~kept[name]] for name in names])
    assert stays.min() >= goes.max() - 1e-6


def test_an_added_criterion_and_scope_are_cut_by_a_threshold_in_their_own_unit(added, lenet):
    plan = PruningPlan(threshold=0.1, criterion=added.criterion, scope=added.scope)
    assert plan.compared == "scores" and PruningPlan().compared == "weights"
    assert 0 < prune(lenet, plan).sparsity < 1


def test_what_was_added_is_gone_with_its_file():
    assert "smallest-of-all" not in known_criteria()
    with pytest.raises(BadPlan, match="no criterion named 'smallest-of-all'"):
        PruningPlan(criterion="smallest-of-all")


def test_two_files_of_one_name_are_refused(added, tmp_path, monkeypatch):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "again.py").write_text(CRITERION, encoding="utf-8")
    monkeypatch.setattr(criteria, "__path__", [*criteria.__path__, str(tmp_path / "more")])
    with pytest.raises(ValueError, match="same name"):
        known_criteria()
