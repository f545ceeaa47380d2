"""What a network forgot, against a few lines of numpy."""

import numpy as np
import pytest
import torch

from core.measure import forgotten
from core.pruning import PruningPlan, prune
from core.tasks import load


@pytest.mark.parametrize("name", ["fashion-mlp", "reuters-cnn"])
def test_what_was_forgotten_is_what_numpy_finds(name):
    task = load(name)
    model = prune(task, PruningPlan(sparsity=0.9)).model
    found = forgotten(task, model)
    before, truth = (each.numpy() for each in task.classifier.answers(task.model, "validation"))
    after = task.classifier.answers(model, "validation")[0].numpy()
    lost = np.flatnonzero((before == truth) & (after != truth))
    assert sorted(each.place for each in found.examples) == lost.tolist()
    assert found.gained == ((before != truth) & (after == truth)).sum()
    for number, label in enumerate(task.classes):
        known = (truth == number) & (before == truth)
        if known.any():
            assert found.share[label].value == pytest.approx((after[known] != number).mean())
    sure = [each.sure for each in found.examples]
    assert sure == sorted(sure, reverse=True)
    with torch.no_grad():
        shares = task.classifier.logits(task.model, "validation").softmax(1)
    for each in found.examples[:5]:
        assert each.sure == pytest.approx(float(shares[each.place].max()))
        assert each.truth == task.classes[truth[each.place]] == task.classifier.example("validation", each.place).said
        assert each.now == task.classes[after[each.place]]


def test_a_network_forgets_nothing_of_itself(mlp):
    found = forgotten(mlp, mlp.model)
    assert found.examples == () and found.gained == 0
    assert all(share.value == 0 for share in found.share.values())


def test_without_classes_nothing_can_be_forgotten():
    task = load("movielens-ncf")
    with pytest.raises(ValueError, match="no classes"):
        forgotten(task, task.model)
