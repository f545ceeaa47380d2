"""What networks for clothes can learn besides: the data, and that an adapted task is a task like any other."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from core.build import vision_targets
from core.errors import BadInput, UnknownTask
from core.measure import forgotten, robustness
from core.pruning import PruningPlan, prune, shrink
from core.tasks import load, targets
from core.tasks.assets import Assets
from core.tasks.brought import answer
from core.tasks.vision.augment import vary
from core.tasks.vision.data import BLACK, DEVIATION, MEAN, WHITE, read_images
from core.tuning import Recipe, fine_tune


def all_of(task, split):
    inputs, labels = next(iter(task.batches(split, 100_000, torch.Generator().manual_seed(0))))
    return inputs, labels


@pytest.fixture(scope="module")
def digits():
    return load("fashion-mlp", target="digits", examples=50)


def test_each_network_for_clothes_offers_them():
    for name in ("fashion-mlp", "fashion-lenet5", "fashion-resnet", "fashion-mlp~digits:10"):
        assert targets(name) == ["digits", "light", "turned"]
    with pytest.raises(UnknownTask, match="no target"):
        load("fashion-mlp", target="cats")
    with pytest.raises(BadInput, match="1,297"):
        load("fashion-mlp", target="digits", examples=1298)


def test_the_digits_are_those_of_sklearn_and_no_two_parts_share_one():
    assets, source = Assets.open(), load_digits()
    parts = {split: read_images(assets, split, "digits") for split in ("train", "validation", "test")}
    assert {split: len(each.labels) for split, each in parts.items()} == {"train": 1297, "validation": 250, "test": 250}
    assert len(np.unique(source.images, axis=0)) == 1797  # so that a shared one would be seen
    pixels = torch.cat([each.inputs() for each in parts.values()]).mul(DEVIATION).add(MEAN).mul(255).round()
    labels = torch.cat([each.labels for each in parts.values()])
    rows = {row.tobytes(): int(label) for row, label in zip(pixels.byte().numpy(), labels, strict=True)}
    theirs = vision_targets.enlarge(source.images)
    assert rows == {row[None].tobytes(): int(label) for row, label in zip(theirs, source.target, strict=True)}
    assert len(rows) == 1797
    for each in parts.values():
        share = torch.bincount(each.labels) / len(each.labels)
        assert (share - torch.bincount(labels) / len(labels)).abs().max() < 0.01


def test_the_builder_writes_what_ships(tmp_path):
    assets = Assets.open_or_begin(tmp_path)
    vision_targets.build("digits", assets, None)
    shipped = Assets.open()
    assert assets.manifest["data"]["digits"] == shipped.manifest["data"]["digits"]
    for split in ("train", "validation", "test"):
        ours, theirs = (read_images(each, split, "digits") for each in (assets, shipped))
        assert torch.equal(ours.pixels, theirs.pixels) and torch.equal(ours.labels, theirs.labels)


@pytest.mark.parametrize("name", ["light", "turned"])
def test_changed_clothes_are_the_same_clothes(name):
    plain = read_images(Assets.open(), "test").inputs()
    task = load("fashion-mlp", target=name, examples=20)
    counts = {split: task.count(split) for split in ("train", "validation", "test")}
    assert counts == {"train": 20, "validation": 5_000, "test": 10_000}
    found = all_of(task, "test")[0]
    order = torch.randperm(10_000, generator=torch.Generator().manual_seed(0))
    grey = (plain[order] * DEVIATION + MEAN).numpy()
    expected = 1 - grey if name == "light" else np.rot90(grey, axes=(2, 3))
    np.testing.assert_allclose(found.numpy() * DEVIATION + MEAN, expected, atol=1e-5)
    assert torch.bincount(all_of(task, "train")[1]).tolist() == [2] * 10
    assert torch.equal(
        task.model.fc3.weight, load("fashion-mlp").model.fc3.weight
    )  # the classes stay, so does the head


def test_a_light_ground_stays_light_under_variations_and_shifts():
    task = load("fashion-mlp", target="light", examples=20)
    pictures = torch.full((40, 1, 28, 28), WHITE)
    assert (vary(pictures, torch.Generator().manual_seed(0), ("shift", "erase"), WHITE) == WHITE).all()
    plain, _ = all_of(task, "validation")
    for way in ("noise", "shift", "occlusion"):
        shifted, _ = all_of(task.shifts[way](3), "validation")
        assert not torch.equal(shifted, plain)
        if way == "shift":
            torch.testing.assert_close(shifted[..., :3, :], torch.full_like(shifted[..., :3, :], WHITE))


def test_an_adapted_task_is_a_task_like_any_other(digits):
    assert digits.info.name == "fashion-mlp~digits:50" and "50 examples" in digits.info.title
    assert digits.classes == tuple("0123456789")
    assert digits.evaluate(digits.model).n == 250
    pruned = prune(digits, PruningPlan(sparsity=0.5, granularity="channel"))
    *_, last = fine_tune(digits, pruned, Recipe(steps=60, batch_size=128))
    assert last.quality.value > 0.6 and last.train.n == 50
    pictures, _ = all_of(digits, "validation")
    with torch.no_grad():
        torch.testing.assert_close(shrink(last.pruned)(pictures), last.model(pictures), rtol=1e-4, atol=1e-4)
    assert forgotten(digits, last.model).share
    assert len(list(robustness(digits, {"now": last.model}, (0, 3), limit=50))) == 12
    shown = digits.demo.answer(last.model, 3)
    assert Image.open(io.BytesIO(shown.image)).size == (28, 28)
    with pytest.raises(BadInput):
        digits.demo.answer(last.model, 251)
    assert "flip" not in digits.training.augmentations


def test_a_fresh_head_stays_whole_when_the_body_is_pruned_and_a_trained_one_does_not():
    for name, whole in (("digits", True), ("light", False), ("digits:200~scratch", False)):
        task = load(f"fashion-mlp~{name}")
        pruned = prune(task, PruningPlan(sparsity=0.8))
        assert ("fc3.weight" not in pruned.masks) == whole
        assert pruned.sparsity == pytest.approx(0.8, abs=1e-4)
        assert "fc3.weight" in task.prunable  # it counts as the last layer, and goes if a plan asks for it
        assert "fc3.weight" in prune(task, PruningPlan(sparsity=0.8, embeddings=True)).masks


def test_photographs_of_digits_are_read_as_the_network_knows_them(digits):
    *_, last = fine_tune(digits, prune(digits, PruningPlan()), Recipe(steps=100, batch_size=32))
    data = load_digits()
    photographs = []
    for picture in data.images[:60]:  # dark ink on white paper, with a wide margin
        ink = Image.fromarray(np.uint8(255 - picture * 255 / 16)).resize((80, 80), Image.Resampling.BILINEAR)
        paper = Image.new("RGB", (200, 160), "white")
        paper.paste(ink, (90, 20))
        photographs.append(paper)
    inputs = digits.uploads.inputs(photographs)
    assert inputs.shape == (60, 1, 28, 28) and inputs.min() >= BLACK - 1e-6
    right = last.model(inputs).argmax(1).numpy() == data.target[:60]
    assert right.mean() > 0.6
    assert answer(digits, last.model, photographs[0]).rows
    blank = digits.uploads.inputs([Image.new("L", (9, 30), 200)])
    assert torch.isfinite(blank).all()


def test_very_few_examples_and_one_of_them_alone_can_be_learned_from():
    for name in ("fashion-resnet~digits:10", "fashion-resnet~digits:1"):
        task = load(name)
        quick = replace(task, score=lambda model, split, limit, score=task.score: score(model, split, 20))
        for recipe in (Recipe(steps=2, batch_size=128, recalibrate=True), Recipe(steps=2, batch_size=1)):
            *_, last = fine_tune(quick, prune(task, PruningPlan(sparsity=0.5)), recipe)
            assert all(torch.isfinite(value).all() for value in last.model.state_dict().values())
            assert not torch.equal(last.model.fc.weight, task.model.fc.weight)


def test_adapting_never_touches_the_shared_network(mlp):
    before = {name: value.clone() for name, value in mlp.model.state_dict().items()}
    task = load("fashion-mlp", target="light", examples=10)
    for _ in fine_tune(task, prune(task, PruningPlan(sparsity=0.5)), Recipe(steps=3)):
        pass
    fresh = load("fashion-mlp", target="light", examples=10)
    for name, value in before.items():
        assert torch.equal(mlp.model.state_dict()[name], value)
        assert torch.equal(task.model.state_dict()[name], value)
        assert torch.equal(fresh.model.state_dict()[name], value)


def test_neurons_that_begin_alike_stay_alike_and_learn_little():
    found = {}
    for start in ("scratch", "scratch-alike"):
        task = load("fashion-mlp", target="digits", examples=200, start=start)
        *_, last = fine_tune(task, prune(task, PruningPlan()), Recipe(steps=60, batch_size=32))
        found[start] = last.quality.value
    hidden = last.model.fc2.weight
    torch.testing.assert_close(hidden, hidden[:1].expand_as(hidden), rtol=1e-3, atol=1e-5)
    assert found["scratch"] > 0.7
    assert found["scratch-alike"] < 0.5
