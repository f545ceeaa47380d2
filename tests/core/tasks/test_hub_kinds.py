"""Classifiers of texts of every common kind: they answer as transformers' own pipeline does, whole and smaller."""

import functools
import json

import pytest
import torch
from transformers import pipeline

from core.errors import BadInput, BadPlan, BadRecipe, PlaygroundError
from core.export import bundle
from core.measure import cost, macs
from core.pruning import PruningPlan, prune, shrink
from core.tasks import brought
from core.tasks.hub.heads import NONE_KNOWN, OTHER_ORDER, SHARED_TABLE
from core.tasks.hub.lookup import HubModel
from core.tasks.hub.task import load
from core.tuning import Recipe, fine_tune
from tests.core.downloaded import import_model, unpack, with_downloaded_weights
from tests.core.tasks.hub_networks import (
    KINDS,
    LONGEST,
    PACKED_OTHERWISE,
    SENTENCES,
    change_config,
    write_text_classifier,
)

TEXTS = ["wheat exports fall!", "!", "a film of rare beauty, and a very dull one too", "What? <pad> [PAD] no"]
LONG = " ".join(SENTENCES)

WITHOUT_HEADS = ("mpnet", "t5")
"""Kinds whose layers share one table of relative positions."""


def loaded(folder, kind="network"):
    return load(HubModel(f"someone/{kind}", "0" * 40, "mit", folder, ()))


@pytest.fixture(scope="session")
def hub(tmp_path_factory):
    """Kind -> its folder and its task, each made once."""

    @functools.cache
    def find(kind):
        folder = write_text_classifier(kind, tmp_path_factory.mktemp(kind))
        return folder, loaded(folder, kind)

    return find


def shares_of_pipeline(folder, classes, texts):
    """What transformers itself says of each text, (n, classes) in the order of the network."""
    judge = pipeline("text-classification", model=str(folder), top_k=None)
    said = [{one["label"]: one["score"] for one in each} for each in judge(texts, truncation=True, max_length=LONGEST)]
    return torch.tensor([[each[name] for name in classes] for each in said])


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_the_pipeline_alone_in_a_batch_and_cut(hub, kind):
    folder, task = hub(kind)
    texts = [*TEXTS, LONG]
    wanted = shares_of_pipeline(folder, task.classes, texts)
    with torch.inference_mode():
        together = task.model(task.uploads.inputs(texts)).softmax(1)
        alone = torch.cat([task.model(task.uploads.inputs([text])).softmax(1) for text in texts])
    assert torch.allclose(together, wanted, atol=1e-5)
    assert torch.allclose(alone, wanted, atol=1e-5)
    assert wanted.std(0).max() > 0.01  # they do depend on the text
    assert task.uploads.how_much(TEXTS[0]) == ""
    assert task.uploads.how_much(LONG).startswith(f"Only the first {LONGEST} of its ")


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_removed_units_a_network_says_the_same(hub, kind):
    _, task = hub(kind)
    texts = task.uploads.inputs([*TEXTS, LONG])
    whole = sum(each.numel() for each in task.model.parameters())
    for granularity in ("neuron", "head"):
        plan = PruningPlan(granularity=granularity, sparsity=0.15)
        if granularity == "head" and kind in WITHOUT_HEADS:
            with pytest.raises(BadPlan) as told:
                prune(task, plan)
            assert told.value.what == SHARED_TABLE
            continue
        pruned = prune(task, plan)
        small = shrink(pruned)
        assert 0.05 < pruned.sparsity < 0.3
        assert sum(each.numel() for each in small.parameters()) < 0.97 * whole
        with torch.inference_mode():
            assert torch.allclose(small(texts), pruned.model(texts), atol=1e-4)
            assert not torch.allclose(small(texts), task.model(texts), atol=1e-3)


@pytest.mark.parametrize("kind", PACKED_OTHERWISE)
def test_heads_that_lie_otherwise_are_a_sentence_and_other_units_go_all_the_same(hub, kind):
    _, task = hub(kind)
    assert all(each.together for each in task.heads)
    with pytest.raises(BadPlan) as told:
        prune(task, PruningPlan(granularity="head", sparsity=0.2))
    assert told.value.what == (OTHER_ORDER if kind.startswith("gpt-bigcode") else NONE_KNOWN)
    assert prune(task, PruningPlan(sparsity=0.5)).sparsity == pytest.approx(0.5, abs=1e-3)
    if kind != "bloom":  # what cannot be told there is which rows belong to a head, so that some would go as neurons
        pruned, texts = prune(task, PruningPlan(granularity="neuron", sparsity=0.15)), task.uploads.inputs(TEXTS)
        with torch.inference_mode():
            assert torch.allclose(shrink(pruned)(texts), pruned.model(texts), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_what_layers_share_is_counted_once_and_words_only_go_if_asked(hub, kind):
    _, task = hub(kind)
    network = task.model.network
    assert task.info.parameters == cost(task.model).parameters == network.num_parameters()
    sizes = {name: value.numel() for name, value in task.model.named_parameters()}
    words = network.get_input_embeddings().weight.numel()
    plain = prune(task, PruningPlan(sparsity=0.5))
    assert [layer.name for layer in plain.layers] == [name for name in task.prunable if sizes[name] != words]
    wide = prune(task, PruningPlan(sparsity=0.5, embeddings=True))
    assert sum(layer.weights for layer in wide.layers) == sum(layer.weights for layer in plain.layers) + words
    assert plain.sparsity == pytest.approx(0.5, abs=1e-3)
    untouched = network.get_input_embeddings().weight
    assert torch.equal(plain.model.network.get_input_embeddings().weight, untouched)
    counted = macs(task.model, task.example)
    assert sum(counted[name.removesuffix(".weight")] for name in task.prunable if sizes[name] != words) > 0


def test_one_that_sorts_with_several_labels_judges_each_by_itself(tmp_path):
    folder = write_text_classifier("bert", tmp_path, problem_type="multi_label_classification")
    task = loaded(folder)
    said = brought.answer(task, task.model, TEXTS[0])
    (wanted,) = shares_of_pipeline(folder, task.classes, TEXTS[:1])
    found = {row["Answer"]: row["Sure, %"] for row in said.rows}
    assert [found[name] for name in task.classes] == pytest.approx((100 * wanted).tolist(), abs=0.06)
    labelled = brought.read_labelled(task, b"text,label\nwheat exports fall,dull;good\nthe bank,\n")
    assert labelled.labels == [(0, 2), ()]


@pytest.mark.parametrize("problem", [None, "regression"])
def test_one_that_answers_with_a_number_says_it_as_the_pipeline_does(tmp_path, problem):
    folder = write_text_classifier(
        "distilbert", tmp_path, id2label={0: "stars"}, label2id={"stars": 0}, problem_type=problem
    )
    task = loaded(folder)
    judge = pipeline("text-classification", model=str(folder))
    said = brought.answer(task, task.model, TEXTS[0])
    assert float(said.said) == pytest.approx(judge(TEXTS[0])[0]["score"], abs=6e-4)
    assert task.classes == ()
    with pytest.raises(BadInput, match="answers with a number"):
        brought.read_labelled(task, b"text,label\nwheat,1\n")
    assert bundle(task, prune(task, PruningPlan(sparsity=0.3)))


@pytest.mark.parametrize("kind", ["gpt2", "bart"])
def test_a_fine_tune_without_data_is_a_sentence_at_once(hub, kind):
    _, task = hub(kind)
    with pytest.raises(BadRecipe, match="nothing to learn from"):
        list(fine_tune(task, prune(task, PruningPlan(sparsity=0.3)), Recipe(steps=5)))


def test_a_download_holds_all_that_reading_texts_takes_and_answers_alike_as_onnx(hub, tmp_path, monkeypatch):
    onnxruntime = pytest.importorskip("onnxruntime")
    _, task = hub("gpt2")
    pruned = prune(task, PruningPlan(sparsity=0.5))
    unpack(bundle(task, pruned, ("safetensors", "onnx")), tmp_path)
    from transformers import AutoTokenizer

    words = AutoTokenizer.from_pretrained(tmp_path)(TEXTS)["input_ids"]
    inputs = task.uploads.inputs(TEXTS)
    assert [row[row >= 0].tolist() for row in inputs] == words
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    with torch.inference_mode():
        wanted = pruned.model(inputs).numpy()
    assert session.run(None, {"input": inputs.numpy()})[0] == pytest.approx(wanted, abs=1e-4)
    network = with_downloaded_weights(import_model(tmp_path, monkeypatch).TextClassifier(), tmp_path)
    with torch.inference_mode():
        assert network(inputs).numpy() == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("criterion", ["activation", "first-order"])
def test_a_criterion_that_needs_data_says_that_there_is_none(hub, criterion):
    _, task = hub("bert")
    with pytest.raises(BadPlan, match="came without any"):
        prune(task, PruningPlan(sparsity=0.3, criterion=criterion))


def test_a_tokenizer_that_is_a_file_of_sentencepiece_alone_cuts_as_sentencepiece_does(tmp_path):
    sentencepiece = pytest.importorskip("sentencepiece")
    folder = write_text_classifier("t5", tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    numbers = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1, "minloglevel": 2}
    with (folder / "spiece.model").open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES), model_writer=file, vocab_size=100, hard_vocab_limit=False, **numbers
        )
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer", "extra_ids": 0}')
    task = loaded(folder)
    cut = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    for text in (TEXTS[0], TEXTS[2]):
        assert task.uploads.inputs([text])[0].tolist() == [*cut.encode(text), 1]
    assert "spiece.model" in task.packaging.files


def test_a_network_that_reads_more_than_word_pieces_is_refused_instead_of_answering_otherwise(tmp_path):
    folder = write_text_classifier("bert", tmp_path)
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    for each in content["post_processor"]["single"]:
        next(iter(each.values()))["type_id"] = 1
    path.write_text(json.dumps(content))
    change_config(
        folder, name="tokenizer_config.json", model_input_names=["input_ids", "token_type_ids", "attention_mask"]
    )
    with pytest.raises(BadInput, match="answers differently here than by itself"):
        loaded(folder)


def test_a_text_without_any_word_piece_is_a_sentence(hub):
    _, task = hub("t5")
    with pytest.raises(BadInput, match="no text to read"):
        task.uploads.inputs(["  "])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"num_hidden_layers": 10**9}, "larger than its file"),
        ({"num_labels": 10**9}, "more than 10,000 classes"),
        ({"architectures": ["BertForMaskedLM"]}, "was made for something else"),
        ({"quantization_config": {"quant_method": "gptq"}}, "rounded"),
        ({"hidden_act": "nonsense"}, "cannot be opened"),
    ],
)
def test_configurations_that_nobody_can_use_are_a_sentence(tmp_path, changes, sentence):
    folder = write_text_classifier("bert", tmp_path)
    change_config(folder, **changes)
    with pytest.raises(PlaygroundError) as told:
        loaded(folder)
    assert sentence in told.value.what
