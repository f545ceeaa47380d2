"""Networks that people bring: smaller ones are rebuilt, other answers get names, and what cannot be judged says so."""

import io
import json
import zipfile

import pytest
import torch
import torchvision
from safetensors.torch import save
from torch import nn

from core.errors import BadInput
from core.export import bundle
from core.pruning import PruningPlan, prune
from core.stages import Packed, pack, unpack
from core.tasks import load
from core.tasks.architectures import networks_that_fit
from core.tasks.brought import bring_checkpoint, with_weights
from core.tasks.text.networks import TextCNN
from core.tasks.vision.networks import LeNet5
from core.uploads import DoesNotFit, read_checkpoint
from tests.conftest import ROOT
from tests.core.uploads.files import torch_file, zipped
from tests.core.uploads.test_checkpoints import put_before


def pictures():
    return torch.randn(5, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def same(one, other, inputs=None, tolerance=1e-5):
    inputs = pictures() if inputs is None else inputs
    with torch.no_grad():
        torch.testing.assert_close(one(inputs), other(inputs), rtol=0, atol=tolerance)


def files_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", ["lenet", "resnet"])
def test_what_was_taken_home_comes_back(name, request):
    task = request.getfixturevalue(name)
    pruned = prune(task, PruningPlan(sparsity=0.5, granularity="channel"))
    home = bundle(task, pruned, ("safetensors", "sparse"), judged=figures(task))
    files = files_in(home)
    whole = bring_checkpoint(task, home)
    assert whole.steps[0].startswith("Took `weights.safetensors` out of the zip")
    same(whole.task.model, pruned.model)
    sparse = bring_checkpoint(task, files["sparse.safetensors"])
    assert sparse.steps[0].startswith("Unpacked ")
    same(sparse.task.model, pruned.model)
    assert prune(sparse.task, PruningPlan()).sparsity == pytest.approx(pruned.sparsity)
    for content in (files["small.safetensors"], zipped({"small.safetensors": files["small.safetensors"]})):
        small = bring_checkpoint(task, content)
        assert any(step.startswith("Rebuilt the network with fewer units") for step in small.steps)
        same(small.task.model, pruned.model)
        assert small.task.info.parameters < task.info.parameters and not small.own_classes
    again = prune(small.task, PruningPlan(sparsity=0.5, granularity="channel"))
    assert again.sparsity == pytest.approx(0.5, abs=0.1)
    kept = unpack(pack(Packed(small.task.model.state_dict())))
    same(with_weights(task, kept.weights).model, pruned.model)


def figures(task):
    """Figures that are known already, so that nothing is judged."""
    quality = task.evaluate(task.model, limit=10)
    return {(stage, split): quality for stage in ("dense", "pruned") for split in ("validation", "test")}


def with_head(outputs):
    torch.manual_seed(2)
    net = LeNet5()
    net.fc2 = nn.Linear(500, outputs)
    return net.eval()


def test_a_head_of_its_own_has_classes_of_its_own(lenet):
    net = with_head(3)
    mine = bring_checkpoint(lenet, torch_file({"state_dict": net.state_dict()}))
    assert mine.own_classes and mine.task.classes == ("class 1", "class 2", "class 3")
    assert mine.steps[-1] == "Its 3 answers are other ones than those of this app's network: nobody named them yet."
    same(mine.task.model, net)
    named = bring_checkpoint(lenet, torch_file(net.state_dict()), ["cat", "dog", "owl"])
    assert named.task.classes == ("cat", "dog", "owl")
    by_file = bring_checkpoint(lenet, torch_file({"model": net.state_dict(), "class_to_idx": {"b": 1, "a": 0, "c": 2}}))
    assert by_file.task.classes == ("a", "b", "c")
    with pytest.raises(BadInput, match="3 answers, not 2"):
        bring_checkpoint(lenet, torch_file(net.state_dict()), ["cat", "dog"])
    with pytest.raises(BadInput, match="one number"):
        bring_checkpoint(lenet, torch_file(with_head(1).state_dict()))
    as_many = bring_checkpoint(lenet, torch_file({"model": with_head(10).state_dict(), "classes": list("abcdefghij")}))
    assert as_many.task.classes == tuple("abcdefghij")
    kept = unpack(pack(Packed(net.state_dict(), classes=("x", "y", "z"))))
    assert with_weights(lenet, kept.weights, kept.about, kept.classes).classes == ("x", "y", "z")


def test_what_has_no_data_says_so_with_a_way_out(lenet):
    mine = bring_checkpoint(lenet, torch_file(with_head(3).state_dict())).task
    assert [mine.count(split) for split in ("train", "validation", "test")] == [0, 0, 0]
    for needs in (
        lambda: mine.evaluate(mine.model),
        lambda: mine.batches("train", 4, torch.Generator()),
        lambda: prune(mine, PruningPlan(sparsity=0.5, criterion="first-order")),
    ):
        with pytest.raises(BadInput, match="no examples of this network's classes") as told:
            needs()
        assert told.value.advice
    pruned = prune(mine, PruningPlan(sparsity=0.5, granularity="neuron"))
    assert set(files_in(bundle(mine, pruned))) >= {"weights.safetensors", "small.safetensors"}
    assert lenet.count("validation") > 0 and lenet.classes[0] == "T-shirt"


def test_a_tensor_that_is_larger_or_joins_nothing_is_refused(lenet):
    state = lenet.model.state_dict()
    wide = {"fc1.weight": torch.zeros(600, 800), "fc1.bias": torch.zeros(600), "fc2.weight": torch.zeros(10, 600)}
    torn = {**state, "conv1.weight": state["conv1.weight"][:7], "conv1.bias": state["conv1.bias"][:7]}
    for bad in ({**state, **wide}, torn, {**state, "conv1.weight": torch.zeros(20, 1, 3, 3)}):
        with pytest.raises(DoesNotFit) as told:
            bring_checkpoint(lenet, save(bad))
        assert told.value.differences
    with pytest.raises(DoesNotFit):
        bring_checkpoint(load("cartpole-policy"), save(state))


def test_the_transformer_of_this_app_is_read_as_transformers_saves_it():
    task, folder = load("reuters-minilm"), ROOT / "assets" / "models" / "reuters-minilm"
    files = {f"mine/{each.name}": each.read_bytes() for each in folder.iterdir()}
    mine = bring_checkpoint(task, zipped(files, zipfile.ZIP_STORED))
    names = len(task.model.state_dict())
    assert mine.steps == (
        "Took `model.safetensors` out of the zip; 3 files beside it were not read.",
        f"Put `network.` before {names} names.",
        f"Turned {names} tensors from half precision (float16) to single precision.",
    )
    assert mine.task.classes == task.classes
    same(mine.task.model, task.model, task.example, 0)
    from transformers import AutoModelForSequenceClassification

    config = json.loads(files["mine/config.json"]) | {"id2label": {str(place): f"topic {place}" for place in range(3)}}
    other = AutoModelForSequenceClassification.from_config(task.model.network.config.__class__(**config))
    half = torch_file(other.eval().half().state_dict())
    theirs = bring_checkpoint(task, zipped({"pytorch_model.bin": half, "config.json": json.dumps(config).encode()}))
    assert theirs.task.classes == ("topic 0", "topic 1", "topic 2")
    with torch.no_grad():
        seen = (task.example != task.model.pad).long()
        expected = other.float()(task.example, attention_mask=seen).logits
        torch.testing.assert_close(theirs.task.model(task.example)[:, :3], expected, rtol=0, atol=1e-4)


def test_networks_that_a_checkpoint_fits_are_told_by_shapes():
    def shapes(model, prefix=""):
        return {f"{prefix}{name}": tuple(value.shape) for name, value in model.state_dict().items()}

    with torch.device("meta"):
        resnet18 = torchvision.models.resnet18(num_classes=7)
        resnet34 = torchvision.models.resnet34()
    assert networks_that_fit(shapes(resnet18, "module.")) == [("imagenet-resnet18", "body")]
    assert ("imagenet-resnet18", "body") not in networks_that_fit(shapes(resnet34))
    assert networks_that_fit(shapes(TextCNN())) == [("reuters-cnn", "whole")]
    assert networks_that_fit({"a": (3, 4)}) == []


def test_a_deeper_network_is_never_taken_for_a_shallower_one():
    def network(blocks):
        return torchvision.models.ResNet(torchvision.models.resnet.BasicBlock, blocks, num_classes=3)

    deep = put_before("module.", network([1, 1, 1, 2]).state_dict())
    with pytest.raises(DoesNotFit):
        read_checkpoint(torch_file(deep), network([1, 1, 1, 1]).state_dict())
