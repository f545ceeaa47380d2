"""ONNX files judged on a person's own examples, and in int8; the app's own export read back."""

import io

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from core.errors import BadInput
from core.export.formats import FORMATS
from core.onnx_files import (
    PictureReading,
    answers,
    classes_of,
    judge_onnx,
    number_feeds,
    number_input,
    picture_feeds,
    picture_input,
    prune_onnx,
    quantise_onnx,
    read_numbers,
    read_pictures,
    read_token_ids,
    takes_tokens,
    token_feeds,
    tokenise,
)
from core.pruning import PruningPlan, prune
from core.tasks.vision.data import DEVIATION, MEAN
from tests.core.onnx_files.graphs import file_of, perceptron, read, stored, weight
from tests.core.uploads.files import zipped

CLOTHES = PictureReading((28, 28), 1, mean=(MEAN,), deviation=(DEVIATION,))


@pytest.fixture(scope="module")
def exported(lenet):
    return read(FORMATS["onnx"].build(lenet, prune(lenet, PruningPlan())))


@pytest.fixture(scope="module")
def clothes(lenet):
    """The first test pictures as somebody would bring them: a zip with a folder for each class, by its number."""
    files = {}
    for place in range(300):
        item = lenet.classifier.example("test", place)
        files[f"test/{int(lenet.classifier.labels('test')[place])}/{place:04}.png"] = original(item.image)
    return read_pictures(zipped(files), 10)


def original(packed):
    small = Image.open(io.BytesIO(packed)).convert("L")
    if small.size != (28, 28):
        small = small.resize((28, 28), Image.Resampling.NEAREST)
    stream = io.BytesIO()
    small.save(stream, "PNG")
    return stream.getvalue()


def test_our_own_export_read_back_and_pruned_scores_as_torch_does(lenet, exported, clothes):
    plan = PruningPlan(sparsity=0.8)
    ours = prune(lenet, plan)
    pruned = prune_onnx(exported, plan)
    for name, mask in ours.masks.items():
        np.testing.assert_array_equal(pruned.masks[name], mask.numpy())
    assert picture_input(exported).channels == 1 and classes_of(exported) == 10
    examples = clothes.examples
    *_, found = judge_onnx(
        exported, pruned.content, lambda some: picture_feeds(exported, CLOTHES, some), examples.items, examples.labels
    )
    expected = lenet.evaluate(ours.model, "test", 300)
    assert (found.value, found.n) == (expected.value, 300)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_int8_answers_nearly_alike_is_smaller_and_keeps_the_zeros(exported, clothes):
    pruned = prune_onnx(exported, PruningPlan(sparsity=0.8))
    feeds = [picture_feeds(exported, CLOTHES, clothes.examples.items[at : at + 8]) for at in range(0, 64, 8)]
    for batches, smaller in ((feeds, 0.3), ((), 0.35)):
        small = quantise_onnx(exported, pruned.content, batches)
        assert len(small) < smaller * len(pruned.content)
        before, after = (
            np.concatenate(list(answers(exported, each, lambda some: some[0], feeds[:4])))
            for each in (pruned.content, small)
        )
        assert (before.argmax(1) == after.argmax(1)).mean() > 0.9
        model = onnx.load_model_from_string(small)
        (whole,) = (numpy_helper.to_array(each) for each in model.graph.initializer if sorted(each.dims) == [500, 800])
        assert whole.dtype == np.int8
        assert np.count_nonzero(whole) <= np.count_nonzero(stored(pruned.content, "fc1.weight"))


def test_numbers_of_a_table_are_judged(tmp_path):
    network = read(perceptron())
    rows = np.random.default_rng(3).normal(size=(40, 4)).astype(np.float32)
    named = np.concatenate(list(answers(network, network.content, lambda some: number_feeds(network, some), rows)))
    lines = [f"{','.join(map(str, row))},{label}" for row, label in zip(rows, named.argmax(1), strict=True)]
    table = "\n".join(["a,b,c,d,label", *lines, "1,2,oh,4,0", "1,2,3,4,9"]).encode()
    found = read_numbers(table, number_input(network), 3)
    assert (len(found.examples.items), len(found.examples.left_out)) == (40, 2)
    *_, quality = judge_onnx(
        network, network.content, lambda some: number_feeds(network, some), found.examples.items, found.examples.labels
    )
    assert (quality.value, quality.n) == (1.0, 40)


def test_token_ids_are_padded_and_masked_and_a_tokenizer_makes_them():
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["e"]),
        helper.make_node("Cast", ["attention_mask"], ["m"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["m", "last"], ["u"]),
        helper.make_node("Mul", ["e", "u"], ["k"]),
        helper.make_node("ReduceSum", ["k", "middle"], ["y"], keepdims=0),
    ]
    weights = {"table": weight(20, 3), "last": np.array([2]), "middle": np.array([1])}
    ids = (TensorProto.INT64, ["n", "l"])
    network = read(
        file_of(nodes, weights, {"input_ids": ids, "attention_mask": ids}, {"y": (TensorProto.FLOAT, ["n", 3])})
    )
    assert takes_tokens(network) and not picture_input(network) and not number_input(network)
    texts = [[1, 2, 3], [4]]
    (found,) = answers(network, network.content, lambda some: token_feeds(network, some), texts)
    expected = [stored(network.content, "table")[text].sum(0) for text in texts]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"good": 1, "bad": 2, "[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    assert tokenise(made.to_str().encode(), ["good bad", "bad good good"]) == [[1, 2], [2, 1, 1]]
    with pytest.raises(BadInput, match="tokenizer"):
        tokenise(b"{}", ["good"])
    with pytest.raises(BadInput, match="token ids"):
        read_token_ids("good bad")


def test_a_file_of_fixed_batch_is_given_whole_batches():
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    number = TensorProto.FLOAT
    network = read(file_of(nodes, {"w": weight(4, 3)}, {"x": (number, [4, 4])}, {"y": (number, [4, 3])}))
    rows = np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32)
    found = np.concatenate(list(answers(network, network.content, lambda some: number_feeds(network, some), rows)))
    np.testing.assert_allclose(found, rows @ weight(4, 3), rtol=1e-5)


def test_pictures_are_normalised_in_either_layout():
    red = Image.new("RGB", (50, 30), (255, 0, 51))
    number = TensorProto.FLOAT
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"])]
    for shape, last in ((["n", 3, 8, 8], False), (["n", 8, 8, 3], True)):
        network = read(file_of(nodes, {"w": weight(192, 2)}, {"x": (number, shape)}, {"y": (number, ["n", 2])}))
        about = picture_input(network)
        assert (about.channels_last, about.height, about.width, about.channels) == (last, 8, 8, 3)
        reading = PictureReading((8, 8), 3, last, (0.5,), (0.5,))
        batch = picture_feeds(network, reading, [red])["x"]
        assert batch.shape == (1, *shape[1:])
        np.testing.assert_allclose(batch[0, 0, 0] if last else batch[0, :, 0, 0], [1, -1, -0.6], atol=1e-6)


def test_folders_name_the_outputs_or_are_refused():
    content = zipped({f"all/{name}/a.png": original(_png()) for name in ("dog", "cat")})
    assert read_pictures(content, 2).classes == ("cat", "dog")
    assert read_pictures(content, None).classes == ("cat", "dog")
    assert read_pictures(content, 2, ("dog", "cat")).classes == ("dog", "cat")
    with pytest.raises(BadInput, match="10 outputs, and this zip 2 folders"):
        read_pictures(content, 10)
    with pytest.raises(BadInput, match="1 names"):
        read_pictures(content, 2, ("dog",))


def _png():
    stream = io.BytesIO()
    Image.new("L", (28, 28), 90).save(stream, "PNG")
    return stream.getvalue()
