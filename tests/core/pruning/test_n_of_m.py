"""N of every M neighbours stay."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.pruning import PruningPlan, prune
from core.pruning.granularities.n_of_m import keep_n_of_m

patterns = st.integers(2, 16).flatmap(lambda m: st.tuples(st.integers(1, m - 1), st.just(m)))


@given(patterns, st.lists(st.integers(1, 20), min_size=1, max_size=3), st.integers(0, 9), st.booleans())
def test_n_of_m_holds_in_every_group_ragged_tails_too(pattern, shape, seed, ties):
    n, m = pattern
    rng = np.random.default_rng(seed)
    size = (3, *shape)
    values = rng.integers(0, 3, size).astype(np.float32) if ties else rng.random(size, np.float32)
    kept = keep_n_of_m(torch.from_numpy(values), n, m).numpy()
    assert kept.shape == size
    rows = np.moveaxis(values, 1, -1).reshape(-1, size[1])
    stay = np.moveaxis(kept, 1, -1).reshape(-1, size[1])
    for row, mask in zip(rows, stay, strict=True):
        for start in range(0, size[1], m):
            group, here = row[start : start + m], mask[start : start + m]
            assert here.sum() == min(n, len(group))
            expected = np.sort(np.argsort(-group, kind="stable")[:n])  # of equal ones the first
            assert np.array_equal(np.flatnonzero(here), expected)


def test_a_pattern_leaves_dense_what_an_override_says(lenet):
    pruned = prune(lenet, PruningPlan(granularity="1:4", overrides={"fc2.weight": 0.0}))
    shares = {layer.name: layer.sparsity for layer in pruned.layers}
    assert shares == {"conv1.weight": 0.0, "conv2.weight": 0.75, "fc1.weight": 0.75, "fc2.weight": 0.0}
