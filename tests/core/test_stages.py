"""Stages: the network of each, from its name alone, also with weights from the store; what is gone is a sentence."""

import dataclasses

import pytest
import torch

from core.errors import TaskUnavailable
from core.pruning import PruningPlan, prune
from core.stages import (
    Packed,
    Subject,
    catalogue_name,
    load_network,
    pack,
    stage_network,
    unpack,
    with_stored_weights,
)
from core.store import open_store, put_artefact
from core.tasks import load
from core.tuning import Recipe, fine_tune


@pytest.fixture
def store(tmp_path):
    return open_store(folder=tmp_path)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_a_network_with_other_weights_is_found_by_its_name(mlp, store):
    pruned = prune(mlp, PruningPlan(sparsity=0.5)).model
    name = with_stored_weights("fashion-mlp", put_artefact(store, pack(Packed(pruned.state_dict()))))
    task = load_network(name, load, store.files)
    assert task.info.name == name
    assert task.info.title.endswith("your weights")
    assert same(task.model, pruned)
    assert not same(task.model, load_network("fashion-mlp", load, store.files).model)
    assert catalogue_name(name) == "fashion-mlp"
    # What is zero already counts as removed, so that it can be pruned on.
    assert prune(task, PruningPlan(sparsity=0.7)).sparsity == pytest.approx(0.7, abs=1e-4)


@pytest.mark.parametrize("granularity", ["weight", "neuron"])
def test_a_fine_tuned_stage_is_what_the_fine_tune_reached(mlp, store, granularity):
    plan = PruningPlan(sparsity=0.8, granularity=granularity)
    *_, final = fine_tune(mlp, prune(mlp, plan), Recipe(steps=3))
    masks = {**final.pruned.masks, **final.pruned.companion_masks}
    kept = put_artefact(store, pack(Packed(final.model.state_dict(), masks, "fine-tuned")))
    subject = Subject("fashion-mlp", plan, "fine-tuned", kept)
    found = stage_network(mlp, subject, store.files)
    assert same(found.model, final.model)
    assert found.sparsity == final.sparsity
    assert all(torch.equal(found.masks[name], mask) for name, mask in final.pruned.masks.items())
    assert found.companion_masks.keys() == final.pruned.companion_masks.keys()
    again = load_network(subject.as_network, load, store.files)
    assert same(again.model, final.model)
    assert again.info.title.endswith("fine-tuned")


def test_dense_and_pruned_need_no_store(mlp, store):
    plan = PruningPlan(sparsity=0.8)
    assert stage_network(mlp, Subject("fashion-mlp", plan, "dense"), store.files).sparsity == 0
    assert same(stage_network(mlp, Subject("fashion-mlp", plan), store.files).model, prune(mlp, plan).model)


@pytest.mark.parametrize("name", ["fashion-mlp#", "fashion-mlp#../../etc/passwd", f"fashion-mlp#{'0' * 64}"])
def test_weights_that_are_not_there_are_a_sentence(store, name):
    with pytest.raises(TaskUnavailable):
        load_network(name, load, store.files)


def test_weights_of_another_network_are_a_sentence(store, resnet):
    name = with_stored_weights("fashion-mlp", put_artefact(store, pack(Packed(resnet.model.state_dict()))))
    with pytest.raises(TaskUnavailable, match="do not fit"):
        load_network(name, load, store.files)


@pytest.mark.parametrize("content", [None, b"", b"something else", b"\xff" * 100])
def test_what_was_not_packed_here_is_a_sentence(content):
    with pytest.raises(TaskUnavailable):
        unpack(content)


@pytest.mark.parametrize("choice", [{"stage": "roasted"}, {"stage": "fine-tuned"}, {"tuned": "x"}])
def test_a_stage_that_cannot_be(choice):
    with pytest.raises(ValueError, match="no stage"):
        Subject("fashion-mlp", **choice)
    assert dataclasses.replace(Subject("fashion-mlp")) == Subject("fashion-mlp", PruningPlan())
