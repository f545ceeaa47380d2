"""The network that writes: what it may see, what its figures are, what it writes, and how tales become pieces."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.build import tales as build
from core.errors import BadInput
from core.measure import macs
from core.measure.cost import PRODUCTS
from core.pruning import PruningPlan, prune, shrink
from core.quality import change, mean
from core.tasks import load
from core.tasks.assets import ROOT, Assets
from core.tasks.tales.data import TaleData, Tales, read_tales
from core.tasks.tales.figures import count_pairs, score_pairs
from core.tasks.tales.networks import TaleWriter
from core.tasks.tales.pieces import Pieces, plain_text
from core.tasks.tales.writing import compare_writing, write

TEXT = "Once upon a time there was a king, and the king had a daughter; the daughter had a cat, and the cat had none."


@pytest.fixture(scope="module")
def task():
    return load("tales-lm")


@pytest.fixture(scope="module")
def pieces(task):
    return Pieces.read(task.packaging.files["tokenizer.json"])


def small_network():
    torch.manual_seed(0)
    return TaleWriter(pieces=30, width=16, layers=2, heads=4, context=12).eval()


def test_later_pieces_do_not_change_what_is_said_earlier():
    model, numbers = small_network(), torch.arange(12)[None]
    changed = torch.cat([numbers[:, :7], 29 - numbers[:, 7:]], 1)
    with torch.no_grad():
        one, other = model(numbers), model(changed)
        torch.testing.assert_close(model(numbers[:, :7]), one[:, :7])
    assert torch.equal(one[:, :7], other[:, :7])
    assert (one[:, 7:] != other[:, 7:]).any(-1).all()


def test_attention_is_that_of_torch():
    model = small_network().blocks[0].attention
    theirs = torch.nn.MultiheadAttention(16, 4, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([each.weight for each in (model.query, model.key, model.value)]))
        theirs.out_proj.weight.copy_(model.out.weight)
        x, later = torch.randn(3, 9, 16), torch.ones(9, 9, dtype=torch.bool).triu(1)
        torch.testing.assert_close(model(x), theirs(x, x, x, attn_mask=later)[0])


def test_perplexity_is_exp_of_the_mean_cross_entropy_by_hand(task):
    texts = [plain_text(text) for text in read_tales(Assets.open(), "validation").texts]
    pieces = Pieces.read(task.packaging.files["tokenizer.json"])
    costs, owner = [], []
    for number, text in enumerate(texts):
        numbers = pieces.encode(text)
        for begin in range(0, len(numbers) - 128, 128):
            with torch.no_grad():
                said = task.model(torch.tensor([numbers[begin : begin + 128]]))[0].double().log_softmax(1)
            costs += [-float(said[i, numbers[begin + 1 + i]]) for i in range(128)]
            owner.append(number)
    found = task.evaluate(task.model)
    assert found.n == len(owner) == task.count("validation")
    assert found.outcomes.units == len(set(owner)) == 6
    assert found.value == pytest.approx(math.exp(np.mean(costs)), rel=1e-4)


def test_the_interval_of_a_perplexity_is_exp_of_that_of_the_mean():
    values, owner = np.random.default_rng(0).normal(3.5, 0.4, 120), np.arange(120) % 12
    plain, made = mean(values, "MAE", clusters=owner), mean(values, "Perplexity", transform="exp", clusters=owner)
    found = (made.value, made.low, made.high)
    assert found == pytest.approx([math.exp(each) for each in (plain.value, plain.low, plain.high)], rel=1e-6)
    worse = mean(values + 0.5, "Perplexity", transform="exp", clusters=owner)
    assert made.better_than(worse) and change(worse, made).better
    assert worse.relative(made).value == pytest.approx(math.exp(-0.5))


def test_texts_become_pieces_and_texts_again(pieces):
    for split in ("train", "validation", "test"):
        for text in read_tales(Assets.open(), split).texts:
            assert plain_text(text) == text
            assert pieces.decode(pieces.encode(text)) == text
    assert plain_text(" \u201cDon\u2019t\u201d,\n he  said\u2014once ") == '"Don\'t", he said-once'


def test_no_tale_is_in_two_splits_and_training_windows_lie_in_one_tale(task, pieces):
    titles = [title for split in ("train", "validation", "test") for title in read_tales(Assets.open(), split).titles]
    assert len(titles) == len(set(titles)) == 52
    learned = Tales(["one", "two"], ["the king " * 6, "a cat and " * 8])
    data = TaleData(lambda split: learned, pieces, 4)
    row, starts = data.windows("train")
    whole = [set(tuple(each.tolist()) for each in numbers.unfold(0, 5, 1)) for numbers in data.encoded("train")]
    assert {tuple(row[i : i + 5].tolist()) for i in starts.tolist()} == whole[0] | whole[1]


def test_a_seed_writes_the_same_and_the_dense_network_is_left_alone(task):
    first = task.demo.answer(task.model, task.demo.start, 7)
    pruned = prune(task, PruningPlan(sparsity=0.9))
    pruned.model(torch.zeros(1, 3, dtype=torch.long))
    assert task.demo.answer(task.model, task.demo.start, 7) == first
    assert task.demo.answer(task.model, task.demo.start, 8).text != first.text
    other = task.demo.answer(pruned.model, task.demo.start, 7)
    assert other.text != first.text
    assert "first" in compare_writing(first, other)
    assert compare_writing(first, first) == "It writes the same, word for word."


def test_what_is_written_is_drawn_as_likely_as_the_network_finds_it():
    class Fixed(torch.nn.Module):
        def forward(self, numbers):
            return torch.tensor([0.5, 0.3, 0.2]).log().expand(*numbers.shape, 3) * 0.7  # the temperature undoes it

    drawn = np.bincount(write(Fixed(), [0], 8, seed=1, length=4000), minlength=3) / 4000
    assert drawn == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


def test_a_beginning_that_cannot_be_read_is_a_sentence(task):
    for wrong in ("", "  ", "谢谢", "x" * 3_000):
        with pytest.raises(BadInput):
            task.demo.answer(task.model, wrong)
    with pytest.raises(BadInput):
        task.demo.answer(task.model, "The king", 0)
    silent = prune(task, PruningPlan()).model
    with torch.no_grad():
        silent.norm.weight.fill_(float("nan"))
    assert task.demo.answer(silent, "The king").said.startswith("no answer")


def test_counted_pairs_are_shares_of_what_was_counted(pieces):
    data = TaleData(lambda split: Tales(["tale"], [TEXT]), pieces, 8)
    table = count_pairs(data)
    assert table.sum(1).numpy() == pytest.approx(np.ones(pieces.count))
    numbers = pieces.encode(TEXT)
    king, behind = numbers.index(pieces.encode(" king")[0]), pieces.encode(" king")[0]
    follows = [numbers[i + 1] for i in range(len(numbers) - 1) if numbers[i] == behind]
    assert set(table[behind].topk(len(set(follows))).indices.tolist()) == set(follows)
    passages = data.passages("train")
    expected = math.exp(-float(table[passages.pieces[:, :-1], passages.pieces[:, 1:]].log().mean()))
    assert score_pairs(data.passages, lambda: table, "train").value == pytest.approx(expected)
    assert king >= 0


def test_heads_and_hidden_units_go_and_the_smaller_network_says_the_same(task):
    inputs = task.example.expand(2, -1).contiguous()
    for granularity in ("head", "neuron"):
        pruned = prune(task, PruningPlan(sparsity=0.3, granularity=granularity))
        small = shrink(pruned)
        with torch.no_grad():
            torch.testing.assert_close(small(inputs), pruned.model(inputs), rtol=1e-4, atol=1e-4)
        assert sum(p.numel() for p in small.parameters()) < 0.85 * task.info.parameters


def test_embeddings_count_once_and_only_if_asked_for(task):
    names = [name for name, _ in task.model.named_parameters()]
    assert sum("embedding" in name for name in names) == 1
    pruned = prune(task, PruningPlan(sparsity=0.5, embeddings=True))
    weight = pruned.model.embedding.weight
    assert 0 < float((weight == 0).float().mean()) < 1
    with torch.no_grad():
        said = pruned.model(task.example)
    assert said.shape == (1, task.example.shape[1], len(weight))


def test_operations_are_those_counted_by_hand(task):
    found = macs(task.model, task.inputs_of_usual_size(1))
    width, length = 192, 128
    assert found["blocks.0.fc1"] == length * width * 4 * width
    products = 4 * 2 * length * length * width + length * width * 1024
    assert found[PRODUCTS] == products
    assert sum(found.values()) == 4 * length * 12 * width**2 + products


def test_a_build_of_a_few_steps_makes_what_ships(tmp_path, monkeypatch):
    """With tables of two tales each, in a small network."""
    rows = "\n".join(f"Tale {i}\t{TEXT} Now {i} more. {TEXT}" for i in range(2 * build.HELD + 2))
    folder = tmp_path / "datasets"
    folder.mkdir()
    for file in ("grimm-tales.tab", "andersen.tab"):
        (folder / file).write_text(
            f"Title\tContent\nstring\tstring\n\t\n{rows}\nHerr Korbes\t{TEXT}\n", encoding="utf-8"
        )
    assets = Assets.open_or_begin(tmp_path / "assets")
    parts = build.prepare(assets, tmp_path)
    assert {part: len(found.titles) for part, found in parts.items()}["validation"] == build.HELD
    assert all("Herr Korbes" not in found.titles for found in parts.values())
    assert read_tales(assets, "test") == parts["test"] or read_tales(assets, "test").texts == parts["test"].texts
    learned = build.learn_pieces(parts["train"].texts, 60)
    assert learned.decode(learned.encode(TEXT)) == TEXT


def test_the_manifest_names_source_and_terms():
    data = Assets.open().manifest["data"]["tales"]
    assert "out of copyright" in data["licence"]
    assert (ROOT / "data" / "tales-TERMS.txt").exists()


def test_dropout_is_only_for_learning(task):
    model = replace(task).model
    with torch.no_grad():
        assert torch.equal(model(task.example), model(task.example))
