"""Checkpoints in the forms in which people have them: each answers as its source does, and what was done is said."""

import argparse
import contextlib
import copy
import io
import json
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save
from torch import nn
from torch.nn.utils import prune

from core.errors import BadInput
from core.uploads import DoesNotFit, read_checkpoint, read_weights
from core.uploads.checkpoints.folding import normalised, spectral
from tests.core.uploads.files import torch_file, zipped

WANTED = {"a.weight": torch.zeros(3, 4), "a.bias": torch.zeros(3), "count": torch.tensor(0)}


class Net(nn.Module):
    """Convolution, batch norm and two layers, as small as they come."""

    def __init__(self, outputs=4):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.bn = nn.BatchNorm2d(3)
        self.body = nn.Sequential(nn.Linear(12, 5), nn.ReLU(), nn.LayerNorm(5))
        self.fc = nn.Linear(5, outputs)

    def forward(self, x):
        return self.fc(self.body(torch.relu(self.bn(self.conv(x))).flatten(1)))


def trained():
    """A network of random weights and statistics."""
    torch.manual_seed(3)
    net = Net()
    net.train()(torch.randn(8, 1, 4, 4) * 2)
    with torch.no_grad():
        for value in net.parameters():
            value.add_(torch.randn_like(value) / 4)
    return net.eval()


def answers(net):
    with torch.no_grad():
        return net(torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(5)))


def read(content, source=None, tolerance=0.0):
    """Read a file for a fresh network, compare its answers with the source's, and return what was said."""
    fresh = Net().eval()
    found = read_checkpoint(content, fresh.state_dict())
    fresh.load_state_dict(dict(found.weights))
    torch.testing.assert_close(answers(fresh), answers(source or trained()), rtol=0, atol=tolerance)
    assert not found.other_sizes
    return list(found.steps)


def state():
    return trained().state_dict()


def put_before(prefix, tensors=None):
    return {f"{prefix}{name}": value for name, value in (tensors or state()).items()}


def adam():
    """The state of an optimiser after one step."""
    net = trained()
    optimiser = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 1, 4, 4)).sum().backward()
    optimiser.step()
    return optimiser.state_dict()


COUNT = len(state())
OTHER = {name: value + 1 for name, value in state().items()}
WRAPPED = {
    "the state dict itself": (lambda: state(), []),
    "state_dict": (
        lambda: {"state_dict": state(), "epoch": 3},
        ["Took the weights under `state_dict`.", "Left out what lies beside them: `epoch`."],
    ),
    "the tutorial's": (
        lambda: {"epoch": 1, "model_state_dict": state(), "optimizer_state_dict": adam(), "loss": torch.tensor(0.5)},
        [
            "Took the weights under `model_state_dict`.",
            "Left out the optimiser.",
            "Left out what lies beside them: `epoch`, `loss`.",
        ],
    ),
    "the example's": (
        lambda: {
            "epoch": 9,
            "arch": "x",
            "state_dict": put_before("module."),
            "best_acc1": torch.tensor(1.0),
            "optimizer": adam(),
            "scheduler": {},
        },
        [
            "Took the weights under `state_dict`.",
            "Left out the optimiser.",
            "Left out what lies beside them: `epoch`, `arch`, `best_acc1`, `scheduler`.",
            f"Took `module.` off {COUNT} names.",
        ],
    ),
    "Lightning's": (
        lambda: {
            "epoch": 1,
            "pytorch-lightning_version": "2.4",
            "hyper_parameters": {"lr": 1.0},
            "optimizer_states": [adam()],
            "state_dict": {**put_before("model."), "criterion.weight": torch.ones(4)},
        },
        [
            "Took the weights under `state_dict`.",
            "Left out the optimiser.",
            "Left out what lies beside them: `epoch`, `pytorch-lightning_version`, `hyper_parameters`.",
            f"Took `model.` off {COUNT} names.",
            "Left out 1 tensor outside of this network: `criterion.weight`.",
        ],
    ),
    "an average beside": (
        lambda: {"state_dict": OTHER, "state_dict_ema": state()},
        [
            "Took the weights under `state_dict_ema`, which are averaged ones.",
            "Left out what lies beside them: `state_dict`.",
        ],
    ),
    "deep": (lambda: {"a": {"b": {"net": {"weights": state()}}}}, ["Took the weights under `a.b.net.weights`."]),
    "in a list": (
        lambda: [{"state_dict": state()}, {"step": 1}],
        ["Took the weights under `0.state_dict`.", "Left out what lies beside them: `1`."],
    ),
    "in parts": (
        lambda: {part: part_of(part) for part in ("conv", "bn", "body", "fc")} | {"optimizer": adam()},
        ["Joined the parts `conv`, `bn`, `body` and 1 more.", "Left out the optimiser."],
    ),
}


def part_of(part):
    return {name.partition(".")[2]: value for name, value in state().items() if name.startswith(f"{part}.")}


@pytest.mark.parametrize("what", WRAPPED)
def test_what_lies_around_a_state_dict_is_left_out_and_named(what):
    build, says = WRAPPED[what]
    assert read(torch_file(build())) == says


NAMED = {
    "DataParallel": (lambda: put_before("module."), [f"Took `module.` off {COUNT} names."]),
    "compile": (lambda: put_before("_orig_mod."), [f"Took `_orig_mod.` off {COUNT} names."]),
    "several": (lambda: put_before("module._orig_mod.net."), [f"Took `module._orig_mod.net.` off {COUNT} names."]),
    "one that nobody knows": (lambda: put_before("my_own."), [f"Took `my_own.` off {COUNT} names."]),
    "on some names": (
        lambda: {(f"module.{n}" if n.startswith("bn") else n): v for n, v in state().items()},
        ["Took `module.` off 5 names."],
    ),
    "within": (
        lambda: {n.replace("body.", "body._orig_mod."): v for n, v in state().items()},
        ["Took `_orig_mod.` off 4 names."],
    ),
    "SWA": (
        lambda: {**put_before("module."), "n_averaged": torch.tensor(3)},
        [f"Took `module.` off {COUNT} names.", "Left out 1 tensor outside of this network: `n_averaged`."],
    ),
    "a teacher beside": (
        lambda: {**put_before("student."), **put_before("teacher.", OTHER)},
        [
            f"Took `student.` off {COUNT} names.",
            f"Left out {COUNT} tensors outside of this network: three of them and {COUNT - 3} more.",
        ],
    ),
    "a profiler": (
        lambda: {**state(), "total_ops": torch.zeros(1), "fc.total_params": torch.zeros(1)},
        ["Left out 2 counts of a profiler."],
    ),
    "old": (
        lambda: {n: v for n, v in state().items() if not n.endswith("num_batches_tracked")},
        ["Put in 1 counter that the file lacks, which no answer depends on."],
    ),
    "of TensorFlow": (
        lambda: {
            n.replace("body.2.weight", "body.2.gamma").replace("body.2.bias", "body.2.beta"): v
            for n, v in state().items()
        },
        ["Renamed 2 weights of normalisations, gamma and beta elsewhere."],
    ),
}


@pytest.mark.parametrize("what", NAMED)
@pytest.mark.parametrize("write", [save, torch_file])
def test_names_are_matched_by_comparing_them_with_the_wanted_ones(what, write):
    build, says = NAMED[what]
    said = read(write(build()))
    assert [re.sub("(`teacher[^`]+`(, )?){3}", "three of them", each) for each in said] == says


def test_a_last_layer_in_a_row_with_dropout_is_read_as_the_last_layer():
    net = trained()
    net.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(5, 4)).eval()
    said = ["Read `fc.1` as `fc`; what may stand in a row with it has no weights."]
    assert read(save(net.state_dict()), net) == said
    assert read(save(put_before("module.", net.state_dict())), net)[1:] == [said[0].replace("fc.1", "module.fc.1")]
    turned = read_checkpoint(save(state()), net.state_dict())
    assert turned.steps == ("Read `fc` as `fc.1`; what may stand in a row with it has no weights.",)
    net.fc = nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 4))
    with pytest.raises(DoesNotFit):
        read_checkpoint(save(net.state_dict()), state())


def test_a_beginning_that_the_file_lacks_is_put_before_its_names():
    inner = trained()
    wanted = put_before("network.")
    found = read_checkpoint(save(put_before("model.")), wanted)
    assert found.steps == (f"Took `model.` off {COUNT} names.", f"Put `network.` before {COUNT} names.")
    inner.load_state_dict({name.removeprefix("network."): value for name, value in found.weights.items()})
    assert torch.equal(answers(inner), answers(trained()))
    assert read_checkpoint(save(state()), wanted).steps == (f"Put `network.` before {COUNT} names.",)


@pytest.mark.parametrize(
    ("kind", "says"), [("float16", "half precision (float16)"), ("bfloat16", "half precision (bfloat16)")]
)
def test_half_precision_answers_as_the_halved_network_does(kind, says):
    half = {n: v.to(getattr(torch, kind)) if v.is_floating_point() else v for n, v in state().items()}
    source = trained()
    source.load_state_dict(half)
    assert read(save(half), source) == [f"Turned {COUNT - 1} tensors from {says} to single precision."]


def test_double_precision_is_rounded_and_whole_numbers_stay_what_they_are():
    double = {n: v.double() for n, v in state().items()}
    assert read(torch_file(double)) == [
        f"Rounded {COUNT - 1} tensors from double precision to single precision.",
        "Turned 1 tensor from double precision to whole numbers (int64).",
    ]
    ones = {"a.weight": torch.ones(3, 4).int(), "a.bias": torch.zeros(3), "count": torch.tensor(0)}
    found = read_checkpoint(save(ones), WANTED)
    assert found.weights["a.weight"].dtype == torch.float32
    assert found.steps == ("Turned 1 tensor from whole numbers (int32) to single precision.",)
    for bad in (torch.full((3, 4), 2**24 + 1), torch.ones(3, 4).to(torch.int8), torch.zeros(3, 4).to(torch.complex64)):
        with pytest.raises(BadInput, match=r"numbers"):
            read_checkpoint(torch_file({**ones, "a.weight": bad}), WANTED)


def test_weights_that_torch_pruned_are_what_their_masks_leave():
    net = trained()
    prune.l1_unstructured(net.conv, "weight", 0.5)
    prune.random_unstructured(net.body[0], "weight", 0.25)
    prune.l1_unstructured(net.fc, "bias", 1)
    (said,) = read(torch_file(net.state_dict()), net)
    zeros = sum(int((mask == 0).sum()) for name, mask in net.state_dict().items() if name.endswith("_mask"))
    assert said == f"Multiplied 3 weights with their masks, which remove {zeros / (27 + 60 + 4):.1%} of them."
    with_prefix = torch_file({"state_dict": put_before("module.", net.half().state_dict())})
    halved = copy.deepcopy(net).float()
    assert f"Took `module.` off {COUNT} names." in read(with_prefix, halved, 1e-6)


@pytest.mark.filterwarnings("ignore")
def test_norms_of_torch_are_joined_with_their_weights():
    for wrap in (
        nn.utils.weight_norm,
        nn.utils.spectral_norm,
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
    ):
        net = trained()
        wrap(net.body[0]), wrap(net.conv)
        net.body[0].train(), net.conv.train()
        answers(net)  # spectral norms settle while they learn
        net.eval()
        (said,) = read(torch_file(net.state_dict()), net, 1e-5)
        assert re.fullmatch(r"Joined 2 weights with their (weight|spectral) norms\.", said)
    across = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3), dim=None)
    parts = across.parametrizations.weight
    torch.testing.assert_close(normalised(parts.original0.detach(), parts.original1.detach()), across.weight)
    assert spectral(torch.ones(2, 3), torch.ones(5), torch.ones(3)) is None


def test_a_parametrisation_that_nobody_knows_is_named():
    net = trained()
    nn.utils.parametrizations.orthogonal(net.fc)
    with pytest.raises(BadInput, match=r"`fc.parametrizations.weight.+remove_parametrizations"):
        read_checkpoint(torch_file(net.state_dict()), Net().state_dict())


def test_shared_weights_that_a_file_has_once_are_shared_again():
    net = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    net[1].weight = net[0].weight
    found = read_checkpoint(save({"0.weight": torch.arange(9.0).reshape(3, 3)}), net.state_dict())
    assert torch.equal(found.weights["1.weight"], found.weights["0.weight"])
    assert found.steps == ("Shared weights once more with `1.weight`, as the network does.",)


def legacy(value):
    packed = io.BytesIO()
    torch.save(value, packed, _use_new_zipfile_serialization=False)
    return packed.getvalue()


def test_files_of_old_and_settings_beside_weights_are_read():
    assert read(legacy(state())) == []
    kept = {"state_dict": state(), "args": argparse.Namespace(lr=0.1), "best": np.float64(0.5), "history": np.zeros(3)}
    says = ["Took the weights under `state_dict`.", "Left out what lies beside them: `args`, `best`, `history`."]
    assert read(torch_file(kept)) == says
    assert read(legacy(kept)) == says


def test_a_folder_as_a_zip_is_looked_through():
    optimiser, args = torch_file(adam()), torch_file({"lr": torch.tensor(0.1)})
    files = {"mine/model.safetensors": save(state()), "mine/optimizer.pt": optimiser, "mine/training_args.bin": args}
    said = "Took `model.safetensors` out of the zip; 2 files beside it were not read."
    assert read(zipped(files)) == [said]
    assert read(zipped({"x/other.pt": args, "x/weights.pth": torch_file(state()), "__MACOSX/._weights.pth": b"x"}))
    some = list(state().items())
    parts = {"m/model-1.safetensors": save(dict(some[:5])), "m/model-2.safetensors": save(dict(some[5:]))}
    index = {"weight_map": {n: f"model-{1 if place < 5 else 2}.safetensors" for place, (n, _) in enumerate(some)}}
    parts["m/model.safetensors.index.json"] = json.dumps(index).encode()
    assert read(zipped(parts)) == ["Joined 2 parts of the network, as `model.safetensors.index.json` says."]
    del parts["m/model-2.safetensors"]
    with pytest.raises(BadInput, match=r"model-2.safetensors is not in this zip"):
        read_checkpoint(zipped(parts), state())


CLASSES = {
    "id2label": {0: "a", 1: "b", 2: "c"},
    "class_to_idx": {"c": 2, "a": 0, "b": 1},
    "classes": ["a", "b", "c"],
}


@pytest.mark.parametrize("key", CLASSES)
def test_classes_that_a_file_names_are_found(key):
    found = read_checkpoint(torch_file({"model": state(), key: CLASSES[key]}), state())
    assert found.classes == ("a", "b", "c")
    inside = zipped({"pytorch_model.bin": torch_file(state()), "config.json": json.dumps({key: CLASSES[key]}).encode()})
    assert read_checkpoint(inside, state()).classes == ("a", "b", "c")


def test_what_differs_is_told_tensor_by_tensor():
    with pytest.raises(DoesNotFit) as told:
        read_weights(
            save({"a.weight": torch.zeros(4, 3), "b": torch.zeros(1).half(), "count": torch.tensor(1)}), WANTED
        )
    assert [(each.name, each.expected, each.found) for each in told.value.differences] == [
        ("a.weight", "3 x 4, float32", "4 x 3, float32"),
        ("a.bias", "3, float32", ""),
        ("b", "", "1, float16"),
    ]
    assert told.value.shapes["a.weight"] == (4, 3)


@pytest.mark.filterwarnings("ignore")
@given(st.data())
def test_one_changed_byte_in_weights_ends_in_weights_or_a_sentence(data):
    wanted = {"a": torch.arange(12.0).reshape(3, 4)}
    content = bytearray(
        data.draw(
            st.sampled_from([torch_file(wanted), legacy(wanted), save(wanted), zipped({"a.pt": torch_file(wanted)})])
        )
    )
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadInput):
        assert read_weights(bytes(content), wanted)["a"].shape == (3, 4)
