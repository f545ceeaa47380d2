"""State dicts from people: read bit by bit where they fit, and told tensor by tensor where not."""

import contextlib

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from core.errors import BadInput
from core.uploads import DoesNotFit, read_weights
from tests.core.uploads.files import torch_file

WANTED = {"a.weight": torch.zeros(3, 4), "a.bias": torch.zeros(3), "count": torch.tensor(0)}


@pytest.mark.parametrize("write", [save, torch_file, lambda tensors: torch_file({"state_dict": tensors, "epoch": 3})])
def test_a_state_dict_is_read_bit_by_bit(write):
    tensors = {"a.weight": torch.randn(3, 4), "a.bias": torch.randn(3), "count": torch.tensor(7)}
    found = read_weights(write(tensors), WANTED)
    assert all(torch.equal(found[name], value) for name, value in tensors.items())


def test_what_differs_is_told_tensor_by_tensor():
    with pytest.raises(DoesNotFit) as told:
        read_weights(save({"a.weight": torch.zeros(4, 3), "b": torch.zeros(1).half()}), WANTED)
    assert [(each.name, each.expected, each.found) for each in told.value.differences] == [
        ("a.weight", "3 x 4, float32", "4 x 3, float32"),
        ("a.bias", "3, float32", ""),
        ("count", "one number, int64", ""),
        ("b", "", "1, float16"),
    ]


@pytest.mark.filterwarnings("ignore")
@given(st.data())
def test_one_changed_byte_in_weights_ends_in_weights_or_a_sentence(data):
    wanted = {"a": torch.arange(12.0).reshape(3, 4)}
    content = bytearray(data.draw(st.sampled_from([torch_file(wanted), save(wanted)])))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        assert read_weights(bytes(content), wanted)["a"].shape == (3, 4)
