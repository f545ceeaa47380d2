"""Classifiers of pictures of the Hub: their answers are those of transformers' own pipeline."""

import functools
import io
import zipfile

import numpy as np
import pytest
import torch
from transformers import pipeline

from core.errors import BadInput, BadPlan
from core.pruning import PruningPlan, prune, shrink
from core.tasks import brought
from core.tasks.hub.lookup import HubModel
from core.tasks.hub.pictures import Processor
from core.tasks.hub.task import load
from tests.core.tasks.hub_picture_networks import CLASSES, KINDS, pictures, write_picture_classifier


def loaded(folder, kind="pictures"):
    return load(HubModel(f"someone/{kind}", "0" * 40, "mit", folder, ()))


@pytest.fixture(scope="session")
def hub_pictures(tmp_path_factory):
    @functools.cache
    def find(kind):
        folder = write_picture_classifier(kind, tmp_path_factory.mktemp(kind))
        return folder, loaded(folder, kind)

    return find


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_the_pipeline_alone_and_in_a_batch(hub_pictures, kind):
    folder, task = hub_pictures(kind)
    judge = pipeline("image-classification", model=str(folder), top_k=3)
    said = [{one["label"]: one["score"] for one in judge(picture)} for picture in pictures()]
    wanted = torch.tensor([[each[name] for name in CLASSES] for each in said])
    with torch.inference_mode():
        found = task.model(task.uploads.inputs(pictures())).softmax(1)
    assert torch.allclose(found, wanted, atol=1e-5)
    assert task.classes == CLASSES
    assert brought.answer(task, task.model, pictures()[0]).said == CLASSES[int(wanted[0].argmax())]


@pytest.mark.parametrize(
    ("kind", "granularity"), [("vit", "head"), ("vit", "neuron"), ("swin", "head"), ("resnet", "channel")]
)
def test_without_its_removed_units_a_network_says_the_same(hub_pictures, kind, granularity):
    _, task = hub_pictures(kind)
    pruned = prune(task, PruningPlan(granularity=granularity, sparsity=0.15))
    small, inputs = shrink(pruned), task.uploads.inputs(pictures())
    assert sum(each.numel() for each in small.parameters()) < sum(each.numel() for each in task.model.parameters())
    with torch.inference_mode():
        assert torch.allclose(small(inputs), pruned.model(inputs), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_held_as_bytes_that_make_the_very_inputs(hub_pictures, kind):
    _, task = hub_pictures(kind)
    held = task.uploads.pixels.read(pictures())
    assert held.dtype == torch.uint8
    assert torch.equal(task.uploads.pixels.normal(held), task.uploads.inputs(pictures()))


def test_a_processor_that_resizes_in_fractions_holds_what_the_network_takes():
    def resize_and_scale(images, return_tensors, do_rescale=True, **_):
        squares = torch.stack([torch.from_numpy(np.array(each.resize((8, 8)))).movedim(2, 0) for each in images])
        return {"pixel_values": (squares.float() + 0.3) / (255 if do_rescale else 1)}

    assert Processor(resize_and_scale).pixels() is None
    assert Processor(lambda images, return_tensors: {"pixel_values": torch.zeros(1)}).pixels() is None


def test_a_network_without_attention_says_so(hub_pictures):
    _, task = hub_pictures("resnet")
    with pytest.raises(BadPlan, match="has no attention heads"):
        prune(task, PruningPlan(granularity="head", sparsity=0.2))


def test_a_zip_of_class_folders_is_judged_by_the_first_of_several_names(hub_pictures):
    _, task = hub_pictures("vit")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for place, (folder, picture) in enumerate(zip(("tench", "church", "gas pump"), pictures(), strict=True)):
            content = io.BytesIO()
            picture.save(content, "PNG")
            archive.writestr(f"{folder}/{place}.png", content.getvalue())
    labelled = brought.read_labelled(task, packed.getvalue())
    *_, quality = brought.judge(task, task.model, labelled)
    assert (sorted(labelled.labels), quality.n) == ([0, 1, 2], 3)


def test_a_processor_of_huge_pictures_is_refused_before_it_makes_one(tmp_path):
    folder = write_picture_classifier("vit", tmp_path)
    path = folder / "preprocessor_config.json"
    path.write_text(path.read_text().replace('"height": 32', '"height": 320000'))
    with pytest.raises(BadInput, match="more than 1,024 pixels"):
        loaded(folder)
