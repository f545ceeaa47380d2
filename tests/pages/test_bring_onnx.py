"""An ONNX file on the page: pruned, judged on pictures, made int8, kept over a reload; a bad one is a sentence."""

import io

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image

from core.onnx_files import prune_onnx, read_onnx
from core.pruning import PruningPlan
from core.store import new_key
from pages.shared.format import format_percent
from tests.core.onnx_files.graphs import file_of, weight
from tests.core.uploads.files import zipped
from tests.pages.test_bring import give, messages, settled
from tests.pages.test_bring import open_page as open_bring
from tests.pages.test_explore import metric
from tests.pages.test_measure import until


def small_network():
    """A network of pictures (n, 1, 8, 8) and three classes."""
    nodes = [
        helper.make_node("Conv", ["x", "filters"], ["h"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "w"], ["y"], transB=1),
    ]
    weights = {"filters": weight(4, 1, 3, 3), "w": weight(3, 256, seed=1)}
    number = TensorProto.FLOAT
    return file_of(nodes, weights, {"x": (number, ["n", 1, 8, 8])}, {"y": (number, ["n", 3])})


def pictures():
    drawn = np.random.default_rng(5).integers(0, 256, (30, 8, 8), np.uint8)
    files = {}
    for place, pixels in enumerate(drawn):
        packed = io.BytesIO()
        Image.fromarray(pixels).save(packed, "PNG")
        files[f"{place % 3}/{place}.png"] = packed.getvalue()
    return zipped(files)


def open_page(key):
    app = open_bring(key=key)
    app.session_state["source"] = "An ONNX file"
    return settled(app.run())


def done(app):
    return until(app, lambda: any(each.label == "File" for each in app.metric) and "Judging" not in texts(app))


def texts(app):
    return " ".join(each.value for each in app.caption)


def test_a_file_is_pruned_judged_made_int8_and_found_again_after_a_reload():
    key, content = new_key(), small_network()
    app = open_page(key)
    app = done(give(app, "onnx-file", "mine.onnx", content))
    pruned = prune_onnx(read_onnx(content), PruningPlan(sparsity=0.8))
    assert metric(app, "Sparsity").value == format_percent(pruned.sparsity)
    app = done(give(app, "onnx-set", "set.zip", pictures()))
    until(app, lambda: any(each.label == "Accuracy" for each in app.metric) and "so far" not in texts(app))
    assert "n = 30" in metric(app, "Accuracy, dense").delta
    assert app.get("download_button")[0].label == "Download"
    app.button(key="onnx-int8-button").click().run()
    until(app, lambda: any(each.label == "Accuracy, int8" for each in app.metric))
    app.selectbox(key="onnx-what").select("2:4").run()
    done(app)
    assert metric(app, "Sparsity").value == format_percent(
        prune_onnx(read_onnx(content), PruningPlan(granularity="2:4")).sparsity
    )
    again = done(open_page(key))
    assert "mine.onnx" in texts(again) and metric(again, "Sparsity").value == format_percent(pruned.sparsity)


@pytest.mark.parametrize("content", [b"nonsense", small_network()[:-40]])
def test_a_damaged_file_is_a_sentence(content):
    app = give(open_page(new_key()), "onnx-file", "bad.onnx", content)
    assert "ONNX file" in messages(app) and not app.exception
