"""What a pruned network costs: files against what is on disk, operations against closed forms, time in turn."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import nn

from core.measure import ENCODINGS, Latency, advice, cost, effective, file_sizes, latencies, macs, variants
from core.measure.latency import SparseLinear
from core.pruning import PruningPlan, prune

TENSORS = st.dictionaries(
    st.sampled_from(["a.weight", "b.weight", "b.bias", "c.values", "d.bits"]),
    st.tuples(st.integers(0, 5), st.integers(1, 9), st.floats(0, 1), st.integers(0, 99)),
    min_size=1,
)


@pytest.mark.parametrize("name", ENCODINGS)
@given(described=TENSORS)
def test_an_encoding_gives_back_every_bit(name, described):
    tensors = {}
    for key, (rows, columns, density, seed) in described.items():
        rng = np.random.default_rng(seed)
        value = rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < density)
        tensors[key] = torch.from_numpy(value.astype(np.float32))
    tensors["odd"] = torch.tensor([[-0.0, 0.0], [float("inf"), float("nan")]])
    tensors["count"] = torch.tensor(7)
    back = ENCODINGS[name].decode(ENCODINGS[name].encode(tensors))
    assert set(back) == set(tensors)
    for key, value in tensors.items():
        assert back[key].shape == value.shape
        assert back[key].numpy().tobytes() == value.numpy().tobytes()


def test_sizes_are_those_of_files_on_disk(lenet, tmp_path):
    pruned = prune(lenet, PruningPlan(sparsity=0.9))
    found = file_sizes(pruned.model)
    tensors = {name: value.contiguous() for name, value in pruned.model.state_dict().items()}
    for name, encoding in ENCODINGS.items():
        path = tmp_path / name
        path.write_bytes(encoding.encode(tensors))
        assert path.stat().st_size == found[name]
    assert torch.equal(load_file(tmp_path / "dense")["fc1.weight"], pruned.model.fc1.weight)
    kept = sum(int(mask.sum()) for mask in pruned.masks.values())
    total = sum(mask.numel() for mask in pruned.masks.values())
    assert found["bitmask"] == pytest.approx(total / 8 + 4 * kept, rel=0.02)
    assert found["csr"] == pytest.approx(6 * kept, rel=0.05)
    assert found["bitmask"] < found["dense"] / 5


def test_operations_follow_their_closed_form(lenet):
    found = macs(lenet.model, lenet.example)
    assert found == {"conv1": 24 * 24 * 20 * 25, "conv2": 8 * 8 * 50 * 20 * 25, "fc1": 800 * 500, "fc2": 500 * 10}
    pruned = prune(lenet, PruningPlan(sparsity=0.9, scope="layer"))
    left = effective(pruned.model, found)
    assert all(left[name] == pytest.approx(0.1 * count, rel=0.01) for name, count in found.items())


@given(st.integers(1, 6), st.integers(1, 8), st.booleans())
def test_a_sparse_layer_says_what_the_dense_one_says(rows, columns, bias):
    torch.manual_seed(rows * columns)
    layer = nn.Linear(columns, rows, bias=bias)
    with torch.no_grad():
        layer.weight[torch.rand(rows, columns) < 0.7] = 0
        for shape in ((3, columns), (2, 4, columns)):
            inputs = torch.randn(shape)
            torch.testing.assert_close(SparseLinear(layer)(inputs), layer(inputs), rtol=1e-5, atol=1e-6)


def test_what_could_be_shipped_depends_on_what_was_removed(lenet):
    single, left_out = variants(lenet.model, prune(lenet, PruningPlan(sparsity=0.9)))
    assert set(single) == {"dense", "with zeros", "sparse (CSR)"}
    units, also = variants(lenet.model, prune(lenet, PruningPlan(sparsity=0.5, granularity="channel")))
    assert left_out == also == {}
    assert set(units) == {"dense", "with zeros", "smaller"}
    (inputs, _) = next(iter(lenet.batches("validation", 8, torch.Generator().manual_seed(0), ())))
    with torch.no_grad():
        for models in (single, units):
            expected = models["with zeros"](inputs)
            for name in set(models) - {"dense", "with zeros"}:
                torch.testing.assert_close(models[name](inputs), expected, rtol=1e-4, atol=1e-5)


def test_times_have_quartiles_in_order_and_the_larger_network_takes_longer():
    models = {"small": nn.Linear(8, 8), "large": nn.Sequential(*(nn.Linear(400, 400) for _ in range(40)))}
    models["small"] = nn.Sequential(nn.Linear(400, 8))
    *_, found = latencies(models, torch.randn(16, 400), seconds=0.1)
    for each in found.values():
        assert 0 < each.low <= each.median <= each.high
        assert each.runs >= 15
    assert found["small"].median < found["large"].median


def test_the_advice_follows_from_the_figures():
    files = {"dense": 1_000_000, "zipped": 250_000, "csr": 400_000}
    fast, slow = Latency(1.0, 0.9, 1.1, 20), Latency(2.0, 1.9, 2.1, 20)
    said = advice(files, {1: {"dense": slow, "with zeros": slow, "smaller": fast}})
    assert said[0] == "Smallest file: zipped, 250.0 kB, 4.0 times smaller than that of the whole network."
    assert said[1] == "One at a time: the smaller network is 2.0 times faster than the whole network."
    (_, same) = advice(files, {64: {"dense": slow, "with zeros": Latency(1.95, 1.85, 2.0, 20)}})
    assert same == "64 at a time: no gain in time that could be told from chance."
    (_, slower) = advice(files, {64: {"dense": fast, "sparse (CSR)": slow}})
    assert slower.startswith("64 at a time: nothing gets faster")
    assert advice({"dense": 5_000}, {}) == ["Smallest file: plain, 5.0 kB."]


def test_tied_weights_are_written_and_weighed():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(6, 6), nn.Linear(6, 6)
            self.two.weight = self.one.weight

        def forward(self, x):
            return self.two(self.one(x))

    model = Tied()
    assert cost(model).file >= 4 * (2 * 36 + 12)
    assert set(file_sizes(model)) == set(ENCODINGS)
    assert macs(nn.LSTM(3, 4), torch.zeros(1, 2, 3)) is not None
