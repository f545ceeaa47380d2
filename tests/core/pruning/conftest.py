"""Small networks that several test files look at."""

import pytest

from core.tasks import Task
from tests.core.pruning.networks import attentive_task, two_layer_task


@pytest.fixture
def attentive() -> Task:
    return attentive_task()


@pytest.fixture
def two_layers() -> Task:
    return two_layer_task()
