"""Pictures of clothes: how they are kept, varied, and judged."""

import copy
import threading

import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as transforms
from torch import nn

from core.tasks.assets import Assets
from core.tasks.vision.augment import vary
from core.tasks.vision.data import BLACK, DEVIATION, MEAN, Images, read_images


def test_pictures_kept_as_bytes_become_the_same_numbers_bit_by_bit():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    images = Images.from_bytes(pixels, np.arange(50))
    expected = torch.from_numpy(pixels.astype(np.float32))[:, None].div(255).sub(MEAN).div(DEVIATION)
    assert images.pixels.dtype == torch.uint8
    places = torch.randperm(50)[:20]
    assert torch.equal(images.inputs(), expected)
    assert torch.equal(images.inputs(places), expected[places])
    assert torch.equal(images.normalised().inputs(slice(3, 9)), expected[3:9])
    assert images.inputs(places).stride() == images.normalised().inputs(places).stride()


def test_networks_share_their_pictures():
    shipped, again = Assets.open(), Assets.open()
    assert read_images(shipped, "train") is read_images(again, "train")
    assert read_images(shipped, "train").pixels.dtype == torch.uint8
    assert read_images(shipped, "validation").pixels.dtype == torch.float32  # each step of a slider needs them


def test_accuracy_equals_a_plain_count(lenet):
    (inputs, targets), *_ = lenet.batches("validation", 5_000, torch.Generator(), ())
    with torch.no_grad():
        expected = (lenet.model(inputs).argmax(1) == targets).float().mean().item()
    quality = lenet.evaluate(lenet.model)
    assert quality.n == 5_000
    assert quality.value == pytest.approx(expected, abs=0.0002)


def test_a_refined_figure_ends_at_the_whole_split(lenet):
    seen = list(lenet.refine(lenet.model))
    assert [quality.n for quality in seen] == list(range(200, 5_001, 200))
    assert seen[-1] == lenet.evaluate(lenet.model)
    assert seen[0] == lenet.evaluate(lenet.model, limit=200)


def test_judging_bit_by_bit_leaves_the_callers_mode_alone(lenet):
    for _ in lenet.refine(lenet.model, limit=1500):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_judging_leaves_the_model_alone(lenet):
    strides = [p.stride() for p in lenet.model.parameters()]
    lenet.evaluate(lenet.model, limit=10)
    assert [p.stride() for p in lenet.model.parameters()] == strides
    assert all(p.is_contiguous() for p in lenet.model.parameters())


def test_unknown_splits_and_empty_limits_are_refused(tiny):
    with pytest.raises(ValueError, match="No split"):
        tiny.evaluate(tiny.model, "tests")
    with pytest.raises(ValueError, match="at least 1"):
        tiny.evaluate(tiny.model, limit=0)


@pytest.mark.parametrize(("way", "reach"), [("shift", 2), ("nudge", 1)])
def test_augmentation_only_mirrors_and_shifts(way, reach):
    generator = torch.Generator().manual_seed(0)
    black = np.float32(BLACK).item()
    picture = torch.full((28, 28), black)
    picture[10:14, 5:8] = torch.arange(12.0).reshape(4, 3) + 1
    batch = vary(picture.expand(1000, 1, 28, 28), generator, ("flip", way))
    seen = set()
    for varied in batch[:, 0]:
        rows, columns = torch.where(varied != black)
        patch = varied[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        mirrored = not torch.equal(patch, picture[10:14, 5:8])
        assert torch.equal(patch.flip(1) if mirrored else patch, picture[10:14, 5:8])
        seen.add((mirrored, int(rows.min()) - 10, int(columns.min()) - (20 if mirrored else 5)))
    steps = range(-reach, reach + 1)
    assert seen == {(m, down, right) for m in (False, True) for down in steps for right in steps}


def test_a_flip_is_that_of_torchvision():
    pictures = torch.randn(50, 1, 28, 28)
    varied = vary(pictures, torch.Generator().manual_seed(3), ("flip",))
    hit = torch.rand(50, generator=torch.Generator().manual_seed(3)) < 0.5
    assert torch.equal(varied[hit], transforms.horizontal_flip(pictures[hit]))
    assert torch.equal(varied[~hit], pictures[~hit])
    assert 10 < hit.sum() < 40


def test_erasing_blackens_one_square_of_about_every_second_picture():
    white = torch.ones(1000, 1, 28, 28)
    batch = vary(white, torch.Generator().manual_seed(0), ("erase",))
    erased = batch.flatten(1).ne(1).sum(1)
    assert set(erased.tolist()) == {0, 64}
    assert 400 < (erased > 0).sum() < 600
    rows, columns = torch.where(batch[erased > 0][0, 0] != 1)
    assert rows.max() - rows.min() == columns.max() - columns.min() == 7


def test_not_varied_is_the_very_same():
    white = torch.ones(3, 1, 28, 28)
    assert vary(white, torch.Generator(), ()) is white


def test_nobody_sees_a_shared_network_change_while_another_judges_it(lenet):
    wrong = []

    def judge():
        for _ in range(6):
            try:
                lenet.evaluate(lenet.model, limit=1000)
            except Exception as error:
                wrong.append(error)

    judges = [threading.Thread(target=judge) for _ in range(3)]
    names = {name for name, _ in lenet.model.named_parameters()}
    for each in judges:
        each.start()
    while any(each.is_alive() for each in judges):
        assert {name for name, value in lenet.model.named_parameters() if isinstance(value, nn.Parameter)} == names
        copy.deepcopy(lenet.model)
    assert not wrong
