"""Confusion matrices against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from core.measure import confusion, mistakes
from core.pruning import PruningPlan, prune
from core.tasks import load


def test_confusion_is_that_of_scikit_learn_and_the_mistakes_that_grew_lead(lenet):
    pruned = prune(lenet, PruningPlan(sparsity=0.93)).model
    before, after = confusion(lenet, lenet.model), confusion(lenet, pruned)
    guessed, truth = lenet.classifier.answers(pruned, "validation")
    assert (after == confusion_matrix(truth, guessed)).all()
    assert after.sum() == lenet.count("validation")
    grown = mistakes(lenet.classes, before, after)
    assert len(grown) == 3
    rises = [now - then for _, _, then, now in grown]
    assert rises == sorted(rises, reverse=True)
    apart = after - before
    np.fill_diagonal(apart, 0)
    assert rises[0] == apart.max() > 0
    truth_name, said_name, then, now = grown[0]
    place = lenet.classes.index(truth_name), lenet.classes.index(said_name)
    assert (before[place], after[place]) == (then, now)
    assert mistakes(lenet.classes, before, before) == []


def test_only_classifiers_have_a_confusion_matrix():
    task = load("cartpole-policy")
    with pytest.raises(ValueError, match="no classes"):
        confusion(task, task.model)
