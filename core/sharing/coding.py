"""Shared weights as one file: where weights are kept, and which value each takes, in nearly as few bits as can be.

Each place and each code is written with the bits that its frequency asks for, by the range coder of `constriction`.
"""

import copy
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load, save
from torch import nn

from core.sharing.shared import SharedWeights, shareable, written_once

LEAST = 2
"""Codes of a layer that a model of frequencies is made of at least."""

HALF = 60_000.0
"""The largest number that is written in 16 bits."""


def to_range_coded(shared: SharedWeights) -> bytes:
    """Write a network with shared weights as safetensors: one stream of bits, and a few short tables.

    stream: where weights are kept and their codes, layer by layer; sizes: how many are kept and how many values there
    are, of each layer; values: the shared values; odds: how often each is taken, of 65,535; rest: all else, in 16 bits
    where that holds it. Shared values are rounded to 16 bits.
    """
    import constriction

    model, encoder = constriction.stream.model, constriction.stream.queue.RangeEncoder()
    sizes, values, odds = [], [], []
    for name in shareable(shared.model):
        codes = shared.codes[name].flatten().numpy()
        kept = codes != 0
        counts = np.bincount(codes[kept] - 1, minlength=max(len(shared.values[name]), LEAST))
        often = np.maximum(np.round(counts * (65_535 / max(counts.max(), 1))), 1).astype(np.uint16)
        encoder.encode(kept.astype(np.int32), model.Bernoulli(float(kept.sum() / len(kept)), perfect=False))
        if kept.any():
            chances = model.Categorical(often / often.sum(dtype=float), perfect=False)
            encoder.encode((codes[kept] - 1).astype(np.int32), chances)
        sizes += [int(kept.sum()), len(often)]
        values.append(np.resize(shared.values[name].numpy(), len(often)))
        odds.append(often)
    rest = _rest(shared.model)
    return save(
        {
            "stream": encoder.get_compressed(),
            "sizes": np.array(sizes, np.int32),
            "values": _narrow(np.concatenate(values) if values else np.zeros(0, np.float32)),
            "odds": np.concatenate(odds) if odds else np.zeros(0, np.uint16),
            "rest": _narrow(np.concatenate(rest) if rest else np.zeros(0, np.float32)),
        }
    )


def from_range_coded(content: bytes, network: nn.Module) -> nn.Module:
    """Return a copy of a network with the weights of a file: the same steps as the lines in a download's README."""
    import constriction

    made, model = copy.deepcopy(network), constriction.stream.model
    file: dict[str, Any] = load(content)
    sizes, values, odds, rest = (file[name] for name in ("sizes", "values", "odds", "rest"))
    decoder = constriction.stream.queue.RangeDecoder(file["stream"])
    coded = shareable(made)
    with torch.no_grad():
        for name, old in written_once(made).items():
            count = old.numel()
            if name in coded:
                (kept, many), sizes = sizes[:2], sizes[2:]
                new = np.zeros(count, np.float32)
                places = decoder.decode(model.Bernoulli(float(kept / count), perfect=False), count) == 1
                if kept:
                    chances = model.Categorical(odds[:many] / odds[:many].sum(dtype=float), perfect=False)
                    new[places] = values[:many][decoder.decode(chances, int(kept))]
                values, odds = values[many:], odds[many:]
            else:
                new, rest = rest[:count], rest[count:]
            old.copy_(torch.from_numpy(new.astype(np.float32)).reshape(old.shape))
    return made


def _rest(network: nn.Module) -> list[np.ndarray]:
    coded = shareable(network)
    return [value.float().flatten().numpy() for name, value in written_once(network).items() if name not in coded]


def _narrow(numbers: np.ndarray) -> np.ndarray:
    """Return numbers in 16 bits, unless one of them does not fit there."""
    fits = bool(np.isfinite(numbers).all()) and float(np.abs(numbers).max(initial=0)) < HALF
    return numbers.astype(np.float16 if fits else np.float32)


LOADING = """import constriction, numpy as np, torch
from safetensors.numpy import load_file

file, model, weights, seen = load_file("shared.safetensors"), constriction.stream.model, {}, set()
sizes, values, odds, rest = (file[name] for name in ("sizes", "values", "odds", "rest"))
decoder = constriction.stream.queue.RangeDecoder(file["stream"])
for name, old in network.state_dict().items():
    if not old.is_floating_point() or old.data_ptr() in seen:
        continue
    count = old.numel()
    seen |= {old.data_ptr()} if count else set()
    if old.ndim > 1 and count:
        (kept, many), sizes = sizes[:2], sizes[2:]
        new = np.zeros(count, np.float32)
        places = decoder.decode(model.Bernoulli(float(kept / count), perfect=False), count) == 1
        if kept:
            chances = model.Categorical(odds[:many] / odds[:many].sum(dtype=float), perfect=False)
            new[places] = values[:many][decoder.decode(chances, int(kept))]
        values, odds = values[many:], odds[many:]
    else:
        new, rest = rest[:count], rest[count:]
    weights[name] = torch.from_numpy(new.astype(np.float32)).reshape(old.shape)
network.load_state_dict(weights, strict=False)"""
"""The same as `from_range_coded`, for a README: it needs constriction, numpy and safetensors."""
