"""The bytes that a value is said to hold, against those that the allocator gives it."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
import torch

from core.keys import Key
from core.measure import judge_plan
from core.memory import bytes_in_memory
from core.pruning import PruningPlan, rank


@dataclasses.dataclass
class Record:
    name: str
    numbers: np.ndarray
    parts: dict[str, tuple[float, ...]]


MADE = {
    "text": lambda: "x" * 50_000,
    "array": lambda: np.ones((100, 100), np.float32),
    "record": lambda: Record("y" * 1000, np.ones(3000), {f"part {i}": (i / 3, i / 7) for i in range(500)}),
    "list of records": lambda: [Record(f"{i}", np.ones(100), {}) for i in range(100)],
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_an_estimate_is_near_what_was_allocated(made):
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    value = made()
    allocated = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert bytes_in_memory(value) == pytest.approx(allocated, rel=1 / 2)


def test_what_is_held_twice_counts_once():
    text = "x" * 10_000
    assert bytes_in_memory([text, text]) < 10_500 < 20_000 < bytes_in_memory([text, "y" * 10_000])
    circle = []
    circle.append(circle)
    assert bytes_in_memory(circle) < 200


def test_tensors_count_by_their_elements():
    assert bytes_in_memory({"logits": torch.zeros(1000, 10)}) == pytest.approx(40_000, rel=0.05)


def test_the_answer_to_a_step_of_the_slider_counts_with_what_each_example_gave(mlp):
    plan = PruningPlan(sparsity=0.5)
    *_, result = judge_plan(mlp, plan, rank(mlp, plan))
    alone = dataclasses.replace(result, quality=dataclasses.replace(result.quality, outcomes=None))
    assert bytes_in_memory(result) > bytes_in_memory(alone) + 5_000 / 8  # a bit an example
    assert bytes_in_memory(result) < 20_000


def test_keys_that_differ_in_anything_are_different_answers():
    plan = PruningPlan(sparsity=0.5)
    keys = [Key("a", "quality"), Key("b", "quality"), Key("a", "test"), Key("a", "quality", plan)]
    keys += [Key("a", "quality", plan, steps=1), Key("a", "quality", plan, steps=2)]
    assert len({*keys, Key("a", "quality", PruningPlan(sparsity=0.5))}) == len(keys)
