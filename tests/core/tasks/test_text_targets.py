"""Text networks learn something new: honest parts, a fresh head over the same body, and all that a task can do."""

import collections
import itertools

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.build import text_targets
from core.errors import BadInput, TaskUnavailable
from core.export import bundle
from core.pruning import PruningPlan, prune, shrink
from core.tasks import load, targets
from core.tasks.assets import ROOT, Assets
from core.tasks.base import SPLITS
from core.tasks.brought import judge, read_labelled
from core.tasks.text.data import read_texts
from core.tasks.text.targets import MESSAGES, PASSAGES, TARGETS
from core.tuning import Recipe, fine_tune, preset_for
from core.tuning.trainable import trainable
from tests.core.downloaded import import_model, unpack, with_downloaded_weights

NETWORKS = ("reuters-cnn", "reuters-minilm")


@pytest.fixture(scope="module", params=NETWORKS)
def task(request):
    return load(request.param, target="groups", examples=10)


def test_both_networks_offer_both_targets_with_their_terms():
    held = Assets.open().manifest["data"]
    for name in NETWORKS:
        assert targets(name) == list(TARGETS) == ["groups", "books"]
    for each in TARGETS.values():
        assert each.target.source and held[each.collection.name]["licence"]


@pytest.mark.parametrize("collection", [MESSAGES, PASSAGES], ids=lambda each: each.name)
def test_no_text_is_in_two_parts_and_every_class_in_each(collection):
    parts = {split: read_texts(Assets.open(), collection, split) for split in SPLITS}
    for one, other in itertools.combinations(parts.values(), 2):
        assert not set(one.texts) & set(other.texts)
    for split, part in parts.items():
        assert set(part.classes) == set(range(len(collection.classes)))
        assert len(part.texts) == Assets.open().manifest["data"][collection.name]["splits"][split]


def test_it_has_a_fresh_head_over_the_pretrained_body(task):
    network = task.info.name.partition("~")[0]
    single = ROOT / "models" / f"{network}.safetensors"
    shipped = load_file(single if single.exists() else ROOT / "models" / network / "model.safetensors")
    own = {name.removeprefix("network."): value for name, value in task.model.state_dict().items()}
    differing = {name for name, value in shipped.items() if not torch.equal(own[name], value.float())}
    assert differing == {"fc.weight", "fc.bias"} or differing == {"classifier.weight", "classifier.bias"}
    assert task.model(task.example).shape == (1, 6)
    assert task.info.name == f"{network}~groups:10"
    assert task.info.parameters == sum(each.numel() for each in task.model.parameters())


def test_it_learns_with_batches_larger_than_its_data_and_holds_its_zeros(task):
    for preset in ("quick", "careful"):
        assert preset_for(task, preset).steps
    recipe = Recipe(steps=3, batch_size=64, learning_rate=1e-3, augment=("drop",))
    pruned = prune(task, PruningPlan(sparsity=0.5, granularity="channel"))
    *_, last = fine_tune(task, pruned, recipe)
    small = shrink(last.pruned)(task.example)
    assert torch.allclose(small, last.model(task.example), atol=1e-4)
    for name, mask in last.pruned.masks.items():
        assert not last.model.get_parameter(name)[~mask].any()


def test_the_fresh_head_can_learn_alone_and_stays_whole_unless_asked_for(task):
    head = "fc" if "cnn" in task.info.name else "network.classifier"
    assert trainable(task.model, task.prunable, "last-1") == {f"{head}.weight", f"{head}.bias"}
    assert f"{head}.weight" in task.opt_in_parameters
    assert f"{head}.weight" not in prune(task, PruningPlan(sparsity=0.9)).masks


def test_its_download_answers_with_its_own_classes(task, tmp_path, monkeypatch):
    pruned = prune(task, PruningPlan(sparsity=0.5))
    quality = task.evaluate(pruned.model, "test", 100)
    judged = {(stage, split): quality for stage in ("dense", "pruned") for split in ("validation", "test")}
    lines = unpack(bundle(task, pruned, judged=judged), tmp_path)
    module = import_model(tmp_path, monkeypatch)
    build = next(line.strip() for line in lines if line.strip().startswith("network = "))
    assert "the largest names the class: cars, motorcycles" in " ".join(lines)
    assert build == {
        "TextCNN": "network = TextCNN(classes=6)",
        "TextTransformer": "network = TextTransformer()",  # config.json beside it says how many classes
    }.get(type(task.model).__name__)
    network = module.TextCNN(classes=6) if "TextCNN" in build else module.TextTransformer()
    assert torch.equal(with_downloaded_weights(network, tmp_path)(task.example), pruned.model(task.example))


def test_texts_that_people_bring_are_judged_with_the_targets_classes(task):
    table = b"text,label\nmy car needs oil and a new engine,cars\nthe rocket left the earth,sci.space\n"
    labelled = read_labelled(task, table)
    *_, quality = judge(task, task.model, labelled)
    assert quality.n == 2


def test_a_text_of_the_validation_data_is_asked_for_by_its_number(task):
    said = task.demo.answer(task.model, " 2 ").said
    assert task.classifier.example("validation", 1).rows[0]["Text"] in said
    right = task.classes[task.classifier.labels("validation")[1]]
    assert said.startswith((f"{right} (right)",)) or f"(it is: {right})" in said
    with pytest.raises(BadInput, match="There is no text 601"):
        task.demo.answer(task.model, "601")
    with pytest.raises(BadInput):
        task.demo.answer(task.model, "9" * 5_000)


def test_examples_are_chosen_by_class_and_few_are_among_many():
    few, many = (load("reuters-cnn", target="groups", examples=count) for count in (12, 120))
    assert torch.bincount(few.classifier.labels("train")).tolist() == [2] * 6
    shown = [
        {task.classifier.example("train", i).rows[0]["Text"] for i in range(task.count("train"))}
        for task in (few, many)
    ]
    assert shown[0] < shown[1]
    assert few.count("test") == many.count("test") == 900
    with pytest.raises(BadInput, match="There are 1,500 training examples"):
        load("reuters-cnn", target="groups", examples=1_501)


def test_from_scratch_nothing_is_left_of_what_was_learned():
    adapted, scratch = (
        load("reuters-cnn", target="books", examples=10, start=start) for start in ("pretrained", "scratch")
    )
    for name, value in adapted.model.named_parameters():
        assert not torch.equal(value, scratch.model.get_parameter(name)), name
    torch.manual_seed(0)
    again = scratch.training.fresh()
    assert [each.shape for each in again.parameters()] == [each.shape for each in scratch.model.parameters()]


def test_a_damaged_file_of_a_target_is_named(broken_assets):
    (broken_assets / "data" / "books-train.json.gz").unlink()
    with pytest.raises(TaskUnavailable, match="books-train"):
        load("reuters-cnn", broken_assets, target="books", examples=10)


def test_messages_lose_subject_attribution_addresses_and_what_stands_in_two_threads(tmp_path):
    unique = " ".join(f"w{number}" for number in range(40))
    signature = "this signature stands below all that i write"
    file = tmp_path / "20newsgroups-train.tab"
    file.write_text(
        "Category\tText\nd\tstring\nclass\t\n\n"
        f"rec.autos\tre old cars in article x joe writes {unique} {signature} joe host edu\n"
        f"sci.space\tthe moon {' '.join('abcdefghij')} {unique.upper()} {signature}\n"
        "rec.autos\ttoo short\ntalk.politics.misc\tsomething else\n"
    )
    ((one, other),) = text_targets.without_repeated([list(text_targets.messages(file))])
    assert one.words == unique.split()[:-2] or one.words == unique.split()
    assert other.words == unique.upper().split()
    assert (one.group, one.thread) == (0, "old cars in article")


def test_every_author_is_in_one_part_and_each_part_has_both_kinds():
    readers_of = {author: "adult" if author < "M" else "children" for author in "ABCDEFMNOPQR"}
    part_of = text_targets.authors_by_part(readers_of, np.random.default_rng(0))
    assert set(part_of) == set(readers_of)
    counted = collections.Counter((part_of[author], readers) for author, readers in readers_of.items())
    held = {(part, kind): n for part, n in text_targets.AUTHORS_HELD.items() for kind in ("adult", "children")}
    assert counted == {**held, ("train", "adult"): 3, ("train", "children"): 3}
    passages = list(text_targets.passages(" ".join(map(str, range(130)))))
    assert [len(each.split()) for each in passages] == [60, 60]
