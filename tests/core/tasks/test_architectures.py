"""Architectures of torchvision and timm by name: read from a checkpoint, pruned, made smaller, loaded again."""

import io
import zipfile

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file, save
from torch import nn

from core.errors import BadInput, BadPlan, TaskUnavailable, UnknownTask
from core.export import bundle
from core.measure import macs
from core.pruning import PruningPlan, prune, shrink
from core.stages import Packed, load_network, pack, with_stored_weights
from core.store import open_store, put_artefact
from core.tasks import load, targets
from core.tasks.brought import answer
from core.tasks.imagenet.attention import heads_of
from core.tasks.libraries import (
    Architecture,
    architectures,
    construction,
    is_of_library,
    task_for_checkpoint,
    why_no_timm,
)
from core.uploads import DoesNotFit

timm = pytest.importorskip("timm")


def saved(model: nn.Module) -> bytes:
    file = io.BytesIO()
    torch.save({"state_dict": model.state_dict(), "epoch": 3}, file)
    return file.getvalue()


def random_network(name: str, classes: int, seed: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    library, _, name = name.partition(":")
    if library == "timm":
        return timm.create_model(name, num_classes=classes).eval()
    return torchvision.models.get_model(name, num_classes=classes).eval()


@pytest.fixture(scope="module")
def squeezenet():
    theirs = random_network("tv:squeezenet1_1", 5)
    return theirs, task_for_checkpoint("tv:squeezenet1_1", saved(theirs))


def test_the_lists_are_those_of_the_libraries():
    assert architectures("tv") == [f"tv:{name}" for name in torchvision.models.list_models(module=torchvision.models)]
    assert architectures("timm") == [f"timm:{name}" for name in timm.list_models()]


def test_names_are_told_from_those_of_the_catalogue():
    assert str(Architecture.read("tv:resnet18:10")) == "tv:resnet18:10"
    assert Architecture.read("timm:vit_tiny_patch16_224.augreg_in21k").classes == 1000
    assert is_of_library("tv:resnet18:10") and not is_of_library("hub:a/b@c") and not is_of_library("tv-set")
    for wrong in ("tv:resnet18:1", "tv:resnet18:0010", "tv:../x", "tv:resnet18:9999999", "tv:resnet18~digits", "jax:x"):
        with pytest.raises(UnknownTask):
            Architecture.read(wrong)
    for wrong in ("tv:resnet19:10", "tv:raft_large:10", "timm:vit_tiny_patch16_224.nobody:10"):
        with pytest.raises(UnknownTask, match="has no classifier named"):
            load(wrong)
    assert targets("tv:resnet18:10") == []


def test_the_number_of_classes_is_read_and_the_answers_are_the_networks_own(squeezenet):
    theirs, brought = squeezenet
    task = brought.task
    assert task.info.name == "tv:squeezenet1_1:5"
    assert task.classes == tuple(f"class {place}" for place in range(1, 6))
    assert any("5 classes" in step for step in brought.steps)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(task.model(x), theirs(x))
    named = task_for_checkpoint("tv:squeezenet1_1", save(theirs.state_dict()), ["a", "b", "c", "d", "e"]).task
    assert named.classes == ("a", "b", "c", "d", "e")
    with pytest.raises(BadInput, match="5 answers, not 2"):
        task_for_checkpoint("tv:squeezenet1_1", save(theirs.state_dict()), ["a", "b"])


def test_it_loads_again_by_its_name_and_stored_weights(squeezenet, tmp_path):
    theirs, brought = squeezenet
    store = open_store(folder=tmp_path)
    kept = put_artefact(store, pack(Packed(brought.task.model.state_dict(), classes=tuple("vwxyz"))))
    network = with_stored_weights(brought.task.info.name, kept)
    again = load_network(network, load, store.files)
    assert again.info.name == network and again.classes == tuple("vwxyz")
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(again.model(x), theirs(x))


def test_a_picture_is_seen_as_by_the_usual_weights(squeezenet):
    theirs, brought = squeezenet
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8))
    usual = torchvision.models.get_model_weights("squeezenet1_1").DEFAULT.transforms()
    seen = brought.task.uploads.inputs([picture])
    assert seen.shape == (1, 3, 224, 224)
    torch.testing.assert_close(seen[0], usual(picture), atol=0.06, rtol=0)
    with torch.no_grad():
        assert answer(brought.task, brought.task.model, picture).said == f"class {int(theirs(seen).argmax()) + 1}"


def test_a_picture_is_seen_as_timm_sees_it():
    settings = timm.data.resolve_data_config({}, model=timm.create_model("vit_tiny_patch16_224"))
    view = construction.view_of(Architecture.read("timm:vit_tiny_patch16_224"))
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8))
    theirs = timm.data.create_transform(**settings)(picture)
    torch.testing.assert_close(view.pixels.inputs([picture])[0], theirs, atol=0.06, rtol=0)


def test_what_needs_data_says_so(squeezenet):
    _, brought = squeezenet
    with pytest.raises(BadInput, match="examples"):
        brought.task.evaluate(brought.task.model)
    with pytest.raises(BadInput, match="examples"):
        prune(brought.task, PruningPlan(sparsity=0.5, criterion="first-order"))


def test_another_networks_file_is_refused_by_its_shapes():
    other = random_network("tv:squeezenet1_0", 5)
    with pytest.raises(DoesNotFit) as refused:
        task_for_checkpoint("tv:squeezenet1_1", saved(other))
    assert refused.value.differences
    head = random_network("tv:squeezenet1_1", 5)
    head.classifier[1] = nn.Conv2d(512, 1, 1)
    with pytest.raises(BadInput, match="1 answers"):
        task_for_checkpoint("tv:squeezenet1_1", saved(head))


def test_a_network_made_smaller_comes_back():
    task = load("tv:squeezenet1_1:3")
    small = shrink(prune(task, PruningPlan(sparsity=0.3, granularity="channel")))
    brought = task_for_checkpoint("tv:squeezenet1_1", save(small.state_dict()))
    assert brought.task.info.name == "tv:squeezenet1_1:3"
    assert any("fewer units" in step for step in brought.steps)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(brought.task.model(x), small(x))


def test_what_is_too_large_is_refused_before_it_is_built():
    with pytest.raises(BadInput, match=r"vit_h_14 has 2,\d+ MB"):
        task_for_checkpoint("tv:vit_h_14", b"x")


def test_without_timm_the_line_that_installs_it_is_named(monkeypatch):
    monkeypatch.setattr(construction, "find_spec", lambda name: None)
    assert "pip install -r requirements-extra.txt" in why_no_timm()
    assert not [name for name in architectures() if name.startswith("timm:")]
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(TaskUnavailable, match=r"requirements-extra\.txt"):
        load("timm:vit_tiny_patch16_224:3")


def test_answers_for_training_alone_are_left_out():
    torch.manual_seed(0)
    theirs = torchvision.models.googlenet(num_classes=3, init_weights=False, transform_input=True).eval()
    brought = task_for_checkpoint("tv:googlenet", saved(theirs))
    assert "Left out the answers that are for training alone." in brought.steps
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(brought.task.model(x), theirs(x))


def test_weights_and_units_go_and_the_smaller_network_answers_alike():
    task = load("timm:vit_tiny_patch16_224:4")
    assert prune(task, PruningPlan(sparsity=0.7)).sparsity == pytest.approx(0.7, abs=1e-4)
    pruned = prune(task, PruningPlan(sparsity=0.3, granularity="channel"))
    small = shrink(pruned)
    with torch.no_grad():
        x = torch.randn(2, *task.example.shape[1:])
        torch.testing.assert_close(small(x), pruned.model(x), atol=1e-3, rtol=1e-3)
    assert sum(macs(small, task.example).values()) < 0.9 * sum(macs(task.model, task.example).values())


def tiny_swin():
    torch.manual_seed(0)
    return timm.models.swin_transformer.SwinTransformer(
        img_size=32, patch_size=4, embed_dim=16, depths=(1, 1), num_heads=(2, 4), window_size=4, num_classes=3
    ).eval()


def tiny_vit(**more):
    torch.manual_seed(0)
    return timm.models.vision_transformer.VisionTransformer(
        img_size=32, patch_size=16, embed_dim=32, depth=2, num_heads=4, num_classes=3, **more
    ).eval()


def task_around(model):
    from tests.core.pruning.networks import task_of

    task = task_of(model, torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(1)), torch.arange(6) % 3)
    object.__setattr__(task, "heads", heads_of(model, task.example))
    return task


@pytest.mark.parametrize("model", [tiny_vit(), tiny_vit(qk_norm=True), tiny_swin()], ids=["vit", "qk-norm", "swin"])
def test_heads_of_timm_are_found_and_cut_out(model):
    task = task_around(model)
    assert len(task.heads) == 2
    pruned = prune(task, PruningPlan(sparsity=0.1, granularity="head"))
    small = shrink(pruned)
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(small(x), pruned.model(x), atol=1e-4, rtol=1e-4)
    assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in model.parameters())


def test_heads_that_lie_elsewhere_are_not_taken_for_heads():
    class Turned(timm.layers.Attention):
        """The same layer with query, key and value of one head side by side."""

        def forward(self, x, *_, **__):
            n, places, _ = x.shape
            q, k, v = self.qkv(x).reshape(n, places, self.num_heads, 3, self.head_dim).permute(3, 0, 2, 1, 4).unbind(0)
            said = nn.functional.scaled_dot_product_attention(q, k, v)
            return self.proj(said.transpose(1, 2).reshape(n, places, -1))

    model = tiny_vit()
    for block in model.blocks:
        block.attn.__class__ = Turned
    assert heads_of(model, torch.zeros(1, 3, 32, 32)) == ()


def test_heads_of_torchvisions_swin_are_found_and_why_they_cannot_be_cut_out_is_said():
    torch.manual_seed(0)
    model = torchvision.models.SwinTransformer([4, 4], 16, [1, 1], [2, 4], [4, 4], num_classes=3).eval()
    task = task_around(model)
    assert [heads.count for heads in task.heads] == [2, 4]
    pruned = prune(task, PruningPlan(sparsity=0.1, granularity="head"))
    assert any(layer.kept < layer.weights for layer in pruned.layers)
    with pytest.raises(BadPlan, match="shifted windows"):
        shrink(pruned)


def test_the_download_builds_the_network_by_its_library(squeezenet, tmp_path):
    _, brought = squeezenet
    pruned = prune(brought.task, PruningPlan(sparsity=0.5))
    with zipfile.ZipFile(io.BytesIO(bundle(brought.task, pruned))) as packed:
        packed.extractall(tmp_path)
    readme = (tmp_path / "README.md").read_text()
    assert "from torchvision.models import get_model" in readme
    assert 'get_model("squeezenet1_1", num_classes=5)' in readme
    network = torchvision.models.get_model("squeezenet1_1", num_classes=5)
    network.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(x), pruned.model(x))
