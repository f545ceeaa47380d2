"""Checkpoints on the page: what was done is said, own classes get names, and what does not fit says what would."""

import torch
from safetensors.torch import save

from core.tasks import load
from core.tasks.vision.networks import LeNet5
from tests.core.uploads.files import torch_file
from tests.pages.test_bring import give, in_hand, messages, open_page, settled


def said(app):
    return " ".join(each.value for each in app.markdown)


def test_a_checkpoint_with_an_optimiser_and_classes_of_its_own_is_put_in_hand():
    net = LeNet5()
    net.fc2 = torch.nn.Linear(500, 3)
    around = {"epoch": 3, "state_dict": {f"module.{name}": value for name, value in net.state_dict().items()}}
    app = open_page(model="fashion-lenet5")
    give(app, "weights-fashion-lenet5", "checkpoint.pth.tar", torch_file({**around, "optimizer": {"state": {}}}))
    assert not app.exception and not app.error
    first = in_hand(app)
    assert first.startswith("fashion-lenet5#")
    for step in ("Took the weights under `state_dict`.", "Left out the optimiser.", "Took `module.` off 8 names."):
        assert step in said(app)
    app.text_area[0].set_value("cat, dog")
    assert "3 answers, not 2" in messages(settled(app.run()))
    app.text_area[0].set_value("cat, dog, owl")
    settled(app.run())
    assert not app.exception and not app.error
    assert in_hand(app) != first and in_hand(app).startswith("fashion-lenet5#")


def test_what_does_not_fit_says_what_it_would_fit():
    app = open_page(model="fashion-mlp")
    give(app, "weights-fashion-mlp", "theirs.safetensors", save(load("fashion-resnet").model.state_dict()))
    assert "does not fit" in messages(app)
    assert any("ResNet" in each.value for each in app.info)
