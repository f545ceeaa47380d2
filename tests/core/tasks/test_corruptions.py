"""Shifted pictures and texts: the stronger, the further from what they were."""

import difflib

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.tasks import load
from core.tasks.text import corruptions as text
from core.tasks.vision import corruptions as vision
from core.tasks.vision.data import BLACK

STRENGTHS = range(1, 6)

TEXT = "opec ministers agreed on sunday to cut the output of crude oil by half a million barrels a day from april"


@pytest.fixture(scope="module")
def some():
    inputs, _ = next(iter(load("fashion-mlp").batches("validation", 40, torch.Generator().manual_seed(0), ())))
    return inputs


@pytest.mark.parametrize("kind", vision.CORRUPTIONS)
def test_a_stronger_shift_changes_pictures_more(kind, some):
    apart = [float((vision.CORRUPTIONS[kind](some, strength, BLACK) - some).square().mean()) for strength in STRENGTHS]
    assert apart == sorted(apart)
    assert apart[0] > 0
    again = vision.CORRUPTIONS[kind](some, 3, BLACK)
    assert torch.equal(again, vision.CORRUPTIONS[kind](some, 3, BLACK))
    assert again.shape == some.shape


def test_shifts_are_what_they_are_called(some):
    moved = vision.shift(some, 2, BLACK)
    assert torch.equal(moved[..., 2:, 2:], some[..., :-2, :-2])
    assert (moved[..., :2, :] == BLACK).all()
    covered = vision.occlusion(some, 2, 9.0) == 9.0
    assert (covered.sum((1, 2, 3)) == 36).all()
    flat = vision.contrast(some, 3, BLACK)
    torch.testing.assert_close(flat.std((1, 2, 3)), some.std((1, 2, 3)) / 2)
    kernel = torch.exp(-(torch.arange(-3.0, 4.0) ** 2) / (2 * 0.5**2))
    kernel = torch.outer(kernel, kernel) / kernel.sum() ** 2
    padded = F.pad(some.contiguous(), [3] * 4, mode="reflect")
    expected = F.conv2d(padded, kernel[None, None])
    reach = 2 * int(np.ceil(1.5)) + 1
    assert reach == 5  # the kernel above is wider than ours, and beyond it next to nothing is left
    torch.testing.assert_close(vision.blur(some, 1, BLACK), expected, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("kind", text.CORRUPTIONS)
def test_a_stronger_shift_changes_texts_more(kind):
    def unlike(strength):
        return 1 - difflib.SequenceMatcher(None, TEXT, text.CORRUPTIONS[kind](TEXT, strength)).ratio()

    apart = [unlike(strength) for strength in STRENGTHS]
    assert apart[-1] > apart[0] >= 0
    assert text.CORRUPTIONS[kind](TEXT, 4) == text.CORRUPTIONS[kind](TEXT, 4)
    if kind == "misspelt":
        assert sorted(text.misspell(TEXT, 5)) == sorted(TEXT)
    if kind == "swapped words":
        assert sorted(text.swap_words(TEXT, 5).split()) == sorted(TEXT.split())
