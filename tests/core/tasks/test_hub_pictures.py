"""Classifiers of pictures of the Hub: their answers are those of transformers' own pipeline."""

import functools
import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoConfig, AutoModelForImageClassification, pipeline

from core.errors import BadInput, BadPlan
from core.pruning import PruningPlan, prune, shrink
from core.tasks import brought
from core.tasks.hub.lookup import HubModel
from core.tasks.hub.task import load

CLASSES = ("tench, Tinca tinca", "church", "gas pump, petrol pump")

SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
USUAL = {
    "do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
    "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.25],
}  # fmt: skip
PROCESSORS = {
    "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}, "resample": 2},
    "convnext": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 32}, "resample": 3},
}
KINDS = {
    "vit": ({**SMALL, "image_size": 32, "patch_size": 8}, "vit"),
    "resnet": ({"embedding_size": 8, "hidden_sizes": [8, 12], "depths": [1, 1], "layer_type": "basic"}, "convnext"),
    "convnext": ({"hidden_sizes": [8, 12], "depths": [1, 1], "num_stages": 2}, "convnext"),
    "swin": (
        {"image_size": 32, "patch_size": 4, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 2},
        "vit",
    ),
}
"""Architecture -> its sizes, and how it reads pictures."""


def write_picture_classifier(kind, folder, **further):
    sizes, processor = KINDS[kind]
    names = dict(enumerate(CLASSES))
    config = AutoConfig.for_model(
        kind, **{"id2label": names, "label2id": {v: k for k, v in names.items()}, **sizes, **further}
    )
    torch.manual_seed(0)
    model = AutoModelForImageClassification.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder)
    import json

    (folder / "preprocessor_config.json").write_text(json.dumps({**USUAL, **PROCESSORS[processor]}))
    return folder


def loaded(folder, kind="pictures"):
    return load(HubModel(f"someone/{kind}", "0" * 40, "mit", folder, ()))


@pytest.fixture(scope="session")
def hub_pictures(tmp_path_factory):
    @functools.cache
    def find(kind):
        folder = write_picture_classifier(kind, tmp_path_factory.mktemp(kind))
        return folder, loaded(folder, kind)

    return find


def pictures():
    draw = np.random.default_rng(0)
    return [
        Image.fromarray(draw.integers(0, 256, (*size, 3), dtype=np.uint8)).resize((size[1] * 3, size[0] * 3))
        for size in ((20, 30), (40, 16), (32, 32))
    ]


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
