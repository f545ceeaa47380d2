"""Heads in one matrix of query, key and value: found where they are taken to lie, not confirmed where they are not."""

import pytest
import torch
from torch import nn

from core.tasks.records import Heads
from core.tasks.silent_heads import confirmed

WIDTH = 4


class Attention(nn.Module):
    """Attention over one matrix, whose rows are read in an order."""

    def __init__(self, heads, order):
        super().__init__()
        self.heads, self.order = heads, order
        self.qkv = nn.Linear(8, 3 * heads * WIDTH)
        self.proj = nn.Linear(heads * WIDTH, 8)

    def forward(self, x):
        sizes = {"3": 3, "heads": self.heads, "width": WIDTH}
        packed = self.qkv(x).unflatten(-1, [sizes[each] for each in self.order])
        place = {each: 2 + self.order.index(each) for each in self.order}
        q, k, v = packed.permute(place["3"], 0, place["heads"], 1, place["width"])
        said = (q @ k.transpose(-1, -2)).softmax(-1) @ v
        return self.proj(said.transpose(1, 2).flatten(2))


@pytest.mark.parametrize("heads", [2, 3, 4])
@pytest.mark.parametrize(
    ("order", "known"),
    [
        (("3", "heads", "width"), True),
        (("heads", "3", "width"), False),
        (("3", "width", "heads"), False),
        (("heads", "width", "3"), False),
        (("width", "heads", "3"), False),
    ],
)
def test_only_the_order_that_is_cut_is_confirmed(heads, order, known):
    torch.manual_seed(0)
    model = nn.Sequential(Attention(heads, order))
    taken = Heads(heads, (), ("0.proj.weight",), ("0.qkv.weight", "0.qkv.bias"), module="0")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert confirmed(model, {taken: ()}, torch.randn(1, 5, 8)) == ([taken] if known else [])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_sizes_that_no_head_fits_into_are_not_confirmed():
    model = nn.Sequential(Attention(2, ("3", "heads", "width")))
    taken = Heads(5, (), ("0.proj.weight",), ("0.qkv.weight",), module="0")
    assert confirmed(model, {taken: ()}, torch.randn(1, 5, 8)) == []
