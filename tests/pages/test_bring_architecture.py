"""An architecture by its name: a checkpoint with classes of its own is in hand on every page."""

import io

import torch
import torchvision

from tests.pages.test_bring import open_page, settled


def test_a_checkpoint_for_an_architecture_by_name_is_in_hand():
    torch.manual_seed(0)
    file = io.BytesIO()
    torch.save({"state_dict": torchvision.models.squeezenet1_1(num_classes=4).state_dict()}, file)
    app = open_page("bring")
    app.segmented_control(key="source").set_value("An architecture by name").run()
    app.selectbox(key="architecture-torchvision").set_value("tv:squeezenet1_1").run()
    app.text_input(key="classes-tv:squeezenet1_1").set_value("ash, birch, elm, oak").run()
    app.file_uploader(key="checkpoint-tv:squeezenet1_1").upload("trees.pth", file.getvalue(), "application/x").run()
    app = settled(app.run())
    assert not app.exception
    name = app.selectbox(key="model").value
    assert name.startswith("tv:squeezenet1_1:4#")
    assert any("It has 4 classes" in each.value for each in app.markdown)
    assert any("zip with one folder" in each.label for each in app.get("file_uploader"))
    app.switch_page("pages/explore.py").run()
    assert not app.exception
    assert app.selectbox(key="model").value == name
    app.switch_page("pages/fine_tune.py").run()
    assert not app.exception
    assert any("came without examples" in each.value for each in app.info)
