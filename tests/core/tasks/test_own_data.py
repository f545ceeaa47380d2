"""Own data as what a network learns: parts that share nothing, any classes, sentences for what cannot be."""

import csv
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core.errors import BadInput
from core.export import bundle
from core.pruning import PruningPlan, prune
from core.tasks import load
from core.tasks.base import UploadAdapter
from core.tasks.imagenet.view import View
from core.tasks.names import TaskName
from core.tasks.own_data import adapt_to_own, look_at_own_data, read_own_data
from core.tuning import Recipe, fine_tune
from tests.core.downloaded import import_model, unpack, with_downloaded_weights

NAME = TaskName("fashion-mlp", "own-" + 64 * "0")


def pictures(counts, copies=0):
    """Make a zip of folders: in each class bars of their own direction, on noise."""
    generator = np.random.default_rng(0)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for place, (name, count) in enumerate(counts.items()):
            for number in range(count):
                pixels = generator.integers(0, 60, (28, 28))
                pixels[(slice(None), slice(4 * place + 2, 4 * place + 6))[:: 1 if place % 2 else -1]] = 255
                content = io.BytesIO()
                Image.fromarray(pixels.astype(np.uint8)).save(content, "PNG")
                archive.writestr(f"data/{name}/{number}.png", content.getvalue())
                if number < copies:
                    archive.writestr(f"data/{name}/copy {number}.png", content.getvalue())
    return packed.getvalue()


def table(rows):
    written = io.StringIO()
    csv.writer(written).writerows([("text", "label"), *rows])
    return written.getvalue().encode()


def test_a_network_learns_classes_of_ones_own_and_the_shared_one_stays_as_it_is(mlp):
    before = {name: value.clone() for name, value in mlp.model.state_dict().items()}
    content = pictures({"tall": 20, "wide": 20, "other": 20})
    task = adapt_to_own(mlp, content, NAME)
    assert task.classes == ("other", "tall", "wide")
    assert task.info.name == str(NAME)
    assert [task.count(split) for split in ("train", "validation", "test")] == [42, 9, 9]
    *_, last = fine_tune(task, prune(task, PruningPlan(sparsity=0.5)), Recipe(steps=40, batch_size=16))
    assert task.evaluate(last.model, "test").value == 1.0
    assert all(torch.equal(value, before[name]) for name, value in mlp.model.state_dict().items())
    again = adapt_to_own(mlp, content, NAME)
    assert all(
        torch.equal(one, other)
        for one, other in zip(task.model.state_dict().values(), again.model.state_dict().values(), strict=True)
    )


def test_no_example_is_in_two_parts_and_copies_are_left_out(mlp):
    own = read_own_data(mlp, pictures({"a": 12, "b": 30}, copies=5))
    assert len(own.items) == 42
    assert own.left_out[-1].what == "10 copies"
    seen = [place for part in own.places.values() for place in part]
    assert sorted(seen) == list(range(42))
    contents = {part: {own.items[place].tobytes() for place in places} for part, places in own.places.items()}
    assert not contents["train"] & contents["validation"]
    assert not contents["test"] & (contents["train"] | contents["validation"])
    for places in own.places.values():
        assert set(own.labels[places]) == {0, 1}


def test_fewer_examples_are_among_more_and_every_class_is_there(mlp):
    content = pictures({"a": 40, "b": 12})
    few, many = (adapt_to_own(mlp, content, TaskName("fashion-mlp", NAME.target, count)) for count in (4, 20))
    generator = torch.Generator().manual_seed(0)
    (inputs, labels), *_ = few.batches("train", 100, generator)
    (more, _), *_ = many.batches("train", 100, generator)
    assert set(labels.tolist()) == {0, 1}
    assert all((more == each).flatten(1).all(1).any() for each in inputs)


@pytest.mark.parametrize("side", [28, 224])
def test_pictures_of_ones_own_are_held_in_a_third_of_the_memory_of_what_the_network_takes(mlp, side):
    task = mlp
    if side == 224:
        pixels = View(side, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 256).pixels
        model = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 10))
        uploads = UploadAdapter("picture", pixels.inputs, pixels=pixels)
        task = replace(mlp, model=model, example=torch.zeros(1, 3, side, side), uploads=uploads)
    content = pictures({"tall": 12, "wide": 12})
    own, adapted = read_own_data(task, content), adapt_to_own(task, content, NAME)
    held = adapted.draw.__self__.held
    taken = task.uploads.inputs(list(own.items))
    assert held.dtype == torch.uint8 and held.shape == taken.shape
    assert held.nbytes <= taken.nbytes / 3
    few = adapted.inputs.few(4)
    assert few.dtype == torch.float32 and torch.equal(few, taken[own.places["validation"][:4]])


@pytest.mark.parametrize(
    "name", ["fashion-mlp", "fashion-lenet5~light:50", "fashion-lenet5~turned:50", "fashion-mlp~digits:50"]
)
def test_bytes_that_are_held_make_the_very_inputs_of_each_kind_of_pictures(name):
    uploads = load(name).uploads
    noise = np.random.default_rng(0)
    few = [Image.fromarray(noise.integers(0, 256, (60, 40 + n, 3), dtype=np.uint8)) for n in range(5)]
    assert torch.equal(uploads.pixels.normal(uploads.pixels.read(few)[[3, 1]]), uploads.inputs(few)[[3, 1]])


def test_texts_of_ones_own_are_learned_from_scratch_too():
    task = load("reuters-cnn")
    rows = [(f"the company raised its dividend by {n} cents", "money") for n in range(14)]
    rows += [(f"wheat and corn harvest of {n} tons was good", "farm") for n in range(14)]
    for start in ("pretrained", "scratch"):
        name = TaskName("reuters-cnn", NAME.target, start=start)
        adapted = adapt_to_own(task, table(rows), name)
        assert adapted.classes == ("farm", "money")
        *_, last = fine_tune(adapted, prune(adapted, PruningPlan()), Recipe(steps=30, batch_size=8))
        assert last.quality.value > 0.8
    assert adapted.classifier.example("test", 0).rows[0]["Text"]


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("reuters-minilm", "TextTransformer()"),  # config.json beside it says how many classes
        ("reuters-cnn", "TextCNN(classes=3)"),
        ("fashion-mlp", "LeNet300(classes=3)"),
        ("fashion-lenet5", "LeNet5(classes=3)"),
        ("fashion-resnet", "SmallResNet(classes=3)"),
    ],
)
def test_what_learned_ones_own_data_is_loaded_elsewhere(name, build, tmp_path, monkeypatch):
    task, words = load(name), ("banks", "cows", "ships")
    rows = [(f"text number {n} about {word}", word) for word in words for n in range(12)]
    content = pictures(dict.fromkeys(words, 12)) if name.startswith("fashion") else table(rows)
    adapted = adapt_to_own(task, content, TaskName(name, NAME.target))
    whole = prune(adapted, PruningPlan())
    quality = adapted.evaluate(whole.model, "test")
    judged = {(stage, split): quality for stage in ("dense", "pruned") for split in ("validation", "test")}
    assert f"    network = {build}" in unpack(bundle(adapted, whole, judged=judged), tmp_path)
    kind, _, given = build.removesuffix(")").partition("(")
    network = getattr(import_model(tmp_path, monkeypatch), kind)(**({"classes": 3} if given else {}))
    assert torch.equal(with_downloaded_weights(network, tmp_path)(adapted.example), whole.model(adapted.example))


MANY = [(f"text number {n}", f"{n}") for n in range(300)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (table([(f"text {n}", "one") for n in range(30)]), "one class"),
        (table([(f"text {n}", "ab"[n == 0]) for n in range(30)]), r"Too few examples.*b \(1\)"),
        (table([(f"text {n}", "ab"[n % 2]) for n in range(18)]), "Too few examples"),
        (table(MANY), "300 classes, all of them numbers"),
        (table([("same text", "a"), ("same  text", "b")]), "two classes"),
        (b"no table at all", "."),
    ],
    ids=["one class", "one example", "nine each", "numbers", "two labels", "no table"],
)
def test_what_cannot_be_learned_is_a_sentence(content, sentence):
    with pytest.raises(BadInput, match=sentence):
        read_own_data(load("reuters-cnn"), content)


def test_a_zip_of_one_folder_or_of_none_is_a_sentence(mlp):
    with pytest.raises(BadInput, match="one class"):
        read_own_data(mlp, pictures({"alone": 12}))
    with pytest.raises(BadInput, match="takes no examples"):
        read_own_data(load("cartpole-policy"), pictures({"a": 12, "b": 12}))


def test_ratings_of_people_who_are_new_are_learned_and_loaded_elsewhere(tmp_path, monkeypatch):
    task = load("movielens-ncf")
    films = task.films
    generator = np.random.default_rng(0)
    rows = [("user", "item", "rating")]
    for user in range(3):
        for film in generator.permutation(200)[:20]:
            rows.append((f"user {user}", films.titles[film], str(1 + (film + user) % 5)))
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    content = written.getvalue().encode()
    looked = look_at_own_data(task, content)
    assert (looked.kind, looked.target.counts) == ("rating", (10,))
    adapted = adapt_to_own(task, content, TaskName("movielens-ncf", NAME.target))
    assert adapted.info.metric == "RMSE"
    assert adapted.count("train") > adapted.count("test") >= 9
    whole = prune(adapted, PruningPlan())
    *_, last = fine_tune(adapted, whole, Recipe(steps=20, batch_size=16))
    assert last.quality.n == adapted.count("validation")
    lines = unpack(bundle(adapted, whole), tmp_path)
    assert "    network = NCF(users=3, films=9066)" in lines
    network = import_model(tmp_path, monkeypatch).NCF(users=3, films=9066)
    assert torch.equal(with_downloaded_weights(network, tmp_path)(adapted.example), whole.model(adapted.example))
