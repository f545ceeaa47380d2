"""Bring your own: what fits is judged, what does not is a sentence and a table, and it stays in the visit."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
import torch
import torchvision
from PIL import Image
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from core.downloads import RemoteFile
from core.experiment import Experiment
from core.language import text, translate
from core.measure import cost
from core.pruning import PruningPlan, prune
from core.store import StoreUnavailable, new_key
from core.tasks import brought, load
from core.tasks.hub import lookup
from core.tasks.hub.local import note_fetched
from core.tasks.imagenet.files import weights_file
from core.tasks.vision.upload import AS_CLOTHES
from core.tuning import Recipe
from pages.parts.bring.hub import JOB
from pages.shared import cache, visit
from pages.shared.format import format_bytes, format_quality
from tests.conftest import ROOT
from tests.core.tasks.test_hub import COMMIT, FOLDER, TOKENS, small_classifier
from tests.core.tasks.test_imagenet import archive_of
from tests.core.uploads.files import Payload, huge_png, picture, torch_file, zipped
from tests.pages.kept import keep_reached
from tests.pages.test_explore import metric
from tests.pages.test_measure import until


def open_page(page="bring", key=None, **query):
    """Open a page; key: of the visit, a new one by default."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    if key:
        app.session_state["visit key"] = key
    for name, value in query.items():
        app.query_params[name] = value
    return settled(app.switch_page(f"pages/{page}.py").run().run())


def settled(app):
    """Wait until all that is judged beside the page is there."""
    busy = ("Judging:", "Waiting for its turn")
    return until(app, lambda: not any(each.value.startswith(busy) for each in app.caption))


def give(app, key, name, content, kind="application/octet-stream"):
    app.file_uploader(key=key).upload(name, content, kind)
    return settled(app.run())


def messages(app):
    return " ".join(each.value for each in app.error)


def photographed(place=0):
    """A picture of the validation data as somebody would bring it: dark clothes on white, 280 pixels wide."""
    task = load("fashion-mlp")
    grey = Image.open(io.BytesIO(task.classifier.example("validation", place).image))
    large = Image.eval(grey, lambda value: 255 - value).resize((280, 280), Image.Resampling.NEAREST)
    packed = io.BytesIO()
    large.save(packed, "PNG")
    return packed.getvalue()


def weaker_weights():
    """The state of the shipped network without one of its answers."""
    weaker = {name: value.clone() for name, value in load("fashion-mlp").model.state_dict().items()}
    weaker["fc3.weight"][0] = 0
    return weaker


def in_hand(app):
    return app.selectbox(key="model").value


def addressed(app):
    """What the address of a page says, as a reload or a new tab has it."""
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


def test_weights_of_ones_own_are_judged_pruned_taken_home_and_stay_in_hand():
    task, weaker = load("fashion-mlp"), weaker_weights()
    app = open_page(model="fashion-mlp", threshold="90")
    before = metric(app, "Accuracy, dense").value
    assert not app.get("download_button")
    give(app, "weights-fashion-mlp", "mine.safetensors", save(weaker))
    assert not app.exception and not app.error
    theirs = brought.with_weights(task, weaker)
    for stage, model in {"dense": theirs.model, "pruned": prune(theirs, PruningPlan(sparsity=0.9)).model}.items():
        assert metric(app, f"Accuracy, {stage}").value == format_quality(task.evaluate(model, limit=1000))
    mine = metric(app, "Accuracy, dense").value
    assert mine != before
    assert any(each.proto.label == "Download" for each in app.get("download_button"))
    app.file_uploader(key="weights-fashion-mlp").clear()
    settled(app.run())
    assert metric(app, "Accuracy, dense").value == mine
    assert "own-weights" not in app.session_state
    app.selectbox(key="model").set_value("fashion-mlp")
    assert metric(settled(app.run()), "Accuracy, dense").value == before


def test_a_file_that_was_taken_over_does_not_keep_others_from_being_chosen():
    app = open_page(model="fashion-mlp")
    give(app, "weights-fashion-mlp", "mine.safetensors", save(weaker_weights()))
    mine = in_hand(app)
    assert mine.startswith("fashion-mlp#")
    app.selectbox(key="model").set_value("fashion-mlp")
    settled(app.run())
    assert in_hand(app) == "fashion-mlp"
    app.selectbox(key="model").set_value(mine)
    assert in_hand(settled(app.run())) == mine
    assert not app.exception and not app.error and not app.warning


def test_brought_weights_are_in_hand_on_another_page_and_nobody_else_sees_them():
    key, title = new_key(), "LeNet-300-100, your weights (mine.safetensors)"
    app = open_page(key=key, model="fashion-mlp", threshold="50")
    give(app, "weights-fashion-mlp", "mine.safetensors", save(weaker_weights()))
    again = open_page("explore", key, **addressed(app))
    assert not again.exception and not again.error
    assert in_hand(again) == in_hand(app)
    assert title in again.selectbox(key="model").options
    task = brought.with_weights(load("fashion-mlp"), weaker_weights())
    pruned = prune(task, PruningPlan(sparsity=0.5)).model
    assert metric(again, "Accuracy").value == format_quality(task.evaluate(pruned))
    other = open_page("explore", new_key(), model="fashion-mlp")
    assert not [each for each in other.selectbox(key="model").options if "your weights" in each]
    chinese = open_page("explore", key, **{**addressed(app), "lang": "zh"})
    named = text("{title}, your weights ({file})", title="LeNet-300-100", file="mine.safetensors")
    assert translate("zh", named) in chinese.selectbox(key="model").options
    assert title in open_page("compare", key).selectbox(key="model").options


def test_what_the_store_cannot_keep_is_used_in_this_page_only(monkeypatch):
    def full(store, content):
        raise StoreUnavailable("The weights could not be kept: no room.", "Make some.")

    monkeypatch.setattr("pages.parts.bring.weights.put_artefact", full)
    app = open_page(model="fashion-mlp", threshold="90")
    before = metric(app, "Accuracy, dense").value
    give(app, "weights-fashion-mlp", "mine.safetensors", save(weaker_weights()))
    for _ in range(2):
        assert not app.exception and not app.error
        assert "no room. Your weights are used in this page only." in app.warning[0].value
        assert (in_hand(app), metric(app, "Accuracy, dense").value != before) == ("fashion-mlp", True)
        settled(app.run())
    app.file_uploader(key="weights-fashion-mlp").clear()
    assert metric(settled(app.run()), "Accuracy, dense").value == before


def test_the_stage_in_hand_is_judged_beside_the_dense_network():
    key, plan, task = new_key(), PruningPlan(sparsity=0.9), load("fashion-mlp")
    tuned = brought.with_weights(task, weaker_weights(), "fine-tuned")
    network = prune(tuned, plan)
    quality = task.evaluate(network.model)
    experiment = Experiment("fashion-mlp", plan=plan, recipe=Recipe(steps=1))
    keep_reached(key, experiment, network, dict.fromkeys(("dense", "pruned", "tuned"), quality))
    app = open_page(key=key, model="fashion-mlp", threshold="90", stage="Fine-tuned")
    assert not app.exception and not app.error
    expected = format_quality(task.evaluate(network.model, limit=1000))
    assert metric(app, "Accuracy, fine-tuned").value == expected
    assert not [each for each in app.metric if each.label == "Accuracy, pruned"]
    app = open_page(key=key, model="fashion-mlp", threshold="90", stage="Dense")
    assert [each.label for each in app.metric if "," in each.label] == ["Accuracy, dense"]


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Lay down a small classifier of the Hub, as a fetch does; return what it found."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = lookup.kept_in("someone/topics", COMMIT)
    folder.mkdir(parents=True)
    files = {**small_classifier(folder), **{name: (FOLDER / name).read_bytes() for name in ("tokenizer.json", TOKENS)}}
    remotes = []
    for name, content in files.items():
        (folder / name).write_bytes(content)
        remotes.append(RemoteFile(name, "https://nowhere", folder / name, "sha256", "", len(content)))
    found = lookup.HubModel("someone/topics", COMMIT, "apache-2.0", folder, tuple(remotes))
    note_fetched(found)
    return found


def test_a_network_of_the_hub_is_in_hand_once_it_is_here(fetched):
    key, name = new_key(), f"hub:someone/topics@{COMMIT}"
    visit._visits().get(key, visit.VisitMemory).jobs[JOB] = SimpleNamespace(active=False, error=None, results=[fetched])
    app = open_page(key=key, model="fashion-mlp", threshold="50")
    app.session_state["source"] = "A classifier of the Hub"
    settled(app.run())
    assert not app.exception and not app.error
    assert in_hand(app) == name
    assert any(f"pinned at commit {COMMIT[:12]}. Licence: apache-2.0" in each.value for each in app.caption)
    assert any("has no examples here" in each.value for each in app.caption)
    app.text_area(key=f"text-{name}").set_value("opec cut crude oil output")
    app.run()
    assert [each.value for each in app.markdown if each.value.startswith("**Pruned**")]
    again = open_page("compare", key, **addressed(app))
    assert not again.exception and not again.error
    assert in_hand(again) == name
    assert any("someone/topics - texts (the Hub) is left out" in each.value for each in again.warning)
    shutil.rmtree(fetched.folder)
    cache._hub_task.clear()
    gone = open_page(key=key, **addressed(app))
    assert not gone.exception
    assert "is not on this server. Fetch it again on Bring your own." in messages(gone)
    gone.session_state["source"] = "A classifier of the Hub"
    assert gone.run().button(key="hub")


def test_a_torch_file_serves_as_well():
    app = open_page(model="fashion-mlp")
    give(app, "weights-fashion-mlp", "mine.pth", torch_file(load("fashion-mlp").model.state_dict()))
    assert not app.exception and not app.error
    assert any("Of your weights" in each.value for each in app.caption)


def test_what_does_not_fit_is_a_table():
    other = load("fashion-lenet5").model.state_dict()
    app = open_page(model="fashion-mlp", threshold="90")
    shipped = metric(app, "Accuracy, dense").value
    give(app, "weights-fashion-mlp", "other.safetensors", save({k: v for k, v in other.items() if "conv" in k}))
    assert "does not fit" in messages(app)
    (table,) = [frame.value for frame in app.dataframe if "Tensor" in frame.value]
    assert list(table.columns) == ["Tensor", "Expected", "In the file"]
    assert "fc1.weight" in set(table["Tensor"])
    assert metric(app, "Accuracy, dense").value == shipped
    assert app.slider(key="threshold").value == 90


HOSTILE_WEIGHTS = {
    "a program": (lambda path: torch_file({"a": Payload(path)}), "could be a program"),
    "noise": (lambda path: os.urandom(5000), "neither safetensors nor"),
    "nothing": (lambda path: b"", "empty"),
    "not numbers": (
        lambda path: save({k: v * float("nan") for k, v in load("fashion-mlp").model.state_dict().items()}),
        "not numbers",
    ),
}


@pytest.mark.parametrize(("content", "sentence"), HOSTILE_WEIGHTS.values(), ids=HOSTILE_WEIGHTS)
def test_hostile_weights_are_a_sentence_and_nothing_is_lost(tmp_path, content, sentence):
    file = tmp_path / "never"
    app = open_page(model="fashion-mlp", threshold="90")
    give(app, "weights-fashion-mlp", "mine.pt", content(file))
    assert not app.exception
    assert sentence in messages(app)
    assert not file.exists()
    assert app.slider(key="threshold").value == 90
    assert metric(app, "Accuracy, pruned").value


def test_a_picture_of_ones_own_is_answered_by_both():
    app = open_page(model="fashion-lenet5", threshold="50")
    task = load("fashion-lenet5")
    give(app, "picture-fashion-lenet5", "shirt.png", photographed(), "image/png")
    assert not app.exception and not app.error
    truth = task.classifier.example("validation", 0).said
    said = [re.fullmatch(r"\*\*(Dense|Pruned)\*\*: (.+)", each.value) for each in app.markdown]
    assert {found[1]: found[2] for found in said if found} == {"Dense": truth, "Pruned": truth}


def test_a_photograph_becomes_what_the_network_knows():
    task = load("fashion-mlp")
    ours = AS_CLOTHES.inputs([Image.open(io.BytesIO(photographed(3)))])
    (inputs, _), *_ = task.batches("validation", 5000, torch.Generator().manual_seed(0), ())
    apart = (inputs - ours).flatten(1).abs().mean(1)
    assert float(apart.min()) < 0.05


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a", "not a picture"),
        (huge_png(10_000, 10_000), "million pixels"),
        (picture((1, 1)), "1 by 1 pixels"),
    ],
)
def test_hostile_pictures_are_a_sentence(content, sentence):
    app = open_page(model="fashion-mlp")
    give(app, "picture-fashion-mlp", "mine.png", content, "image/png")
    assert not app.exception
    assert sentence in messages(app)
    assert metric(app, "Accuracy, pruned").value


def test_a_set_of_ones_own_is_judged_on_both():
    task = load("fashion-mlp")
    files = {
        f"my set/{task.classifier.example('validation', place).said}/{place}.png": photographed(place)
        for place in range(40)
    }
    app = open_page(model="fashion-mlp", threshold="0")
    give(app, "set-fashion-mlp", "mine.zip", zipped(files), "application/zip")
    assert not app.exception and not app.error
    assert any("your own 40 examples" in each.value for each in app.caption)
    values = [each.value for each in app.metric if each.label == "Accuracy, dense"]
    right = task.classifier.answers(task.model, "validation")
    expected = float((right[0][:40] == right[1][:40]).float().mean())
    assert float(values[-1].removesuffix(" %")) == pytest.approx(
        100 * expected, abs=6
    )  # resizing costs a picture or two


def test_texts_of_ones_own_are_answered_and_judged():
    app = open_page(model="reuters-cnn", threshold="50")
    app.text_area(key="text-reuters-cnn").set_value("opec ministers agree to cut crude oil output").run()
    assert any(each.value == "**Dense**: crude oil" for each in app.markdown)
    table = "text,label\nopec cuts crude oil output,crude oil\nwheat and corn exports fall,grain\n"
    give(app, "set-reuters-cnn", "mine.csv", table.encode(), "text/csv")
    assert not app.exception and not app.error
    task = load("reuters-cnn")
    for stage, model in {"dense": task.model, "pruned": prune(task, PruningPlan(sparsity=0.5)).model}.items():
        *_, quality = brought.judge(task, model, brought.read_labelled(task, table.encode()))
        assert [each.value for each in app.metric if each.label == f"Accuracy, {stage}"][-1] == format_quality(quality)
    give(app, "set-reuters-cnn", "mine.csv", b"text,label\noil,nonsense\n", "text/csv")
    assert "which is no class here" in messages(app)
    app.text_area(key="text-reuters-cnn").set_value("\u4f60\u597d").run()
    assert "None of these words is known" in messages(app)


def test_a_model_that_looks_at_nothing_says_so():
    app = open_page(model="cartpole-policy")
    assert any("takes no pictures or texts" in each.value for each in app.info)
    assert not app.exception


def test_without_a_network_fetching_is_a_sentence_and_what_was_fetched_is_explored(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    script = "from tests.pages.test_bring import offered; offered()"  # workers inherit where there is no network
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def offered():
    """Ask for a network that is not here, without a way to the outside."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params["model"] = "imagenet-resnet18"
    app.run()
    assert not app.exception
    assert any("does not ship with the app" in each.value for each in app.markdown)
    app.button(key="fetch").click().run()
    until(app, lambda: app.error)
    assert "download.pytorch.org cannot be reached." in app.error[0].value
    assert any("Without a network, these work all the same: LeNet-5" in each.value for each in app.caption)
    assert app.button(key="fetch")
    app.selectbox(key="model").set_value("fashion-mlp").run()
    assert metric(app, "Accuracy").value
    explored(app)
    app.switch_page("pages/bring.py").run()
    app.session_state["source"] = "A classifier of the Hub"
    app.run()
    app.button(key="hub").click().run()
    until(app, lambda: app.error)
    assert "The Hub cannot be" in app.error[0].value


def explored(app):
    """Lay down a network and pictures as a download would, then explore it and come to know all its figures."""
    home = Path(os.environ["TORCH_HOME"]) / "hub"
    weights = weights_file("mobilenet_v3_small").path
    weights.parent.mkdir(parents=True, exist_ok=True)
    torch.save(torchvision.models.get_model("mobilenet_v3_small").state_dict(), weights)
    with tarfile.open(fileobj=io.BytesIO(archive_of(4))) as packed:
        packed.extractall(home, filter="data")
    app.selectbox(key="model").set_value("imagenet-mobilenet_v3_small").run()
    until(app, lambda: metric(app, "Zipped file").value != "..." and metric(app, "Accuracy").delta != "...")
    task = load("imagenet-mobilenet_v3_small")
    pruned = prune(task, PruningPlan(sparsity=0.8))
    assert metric(app, "Accuracy").value == format_quality(task.evaluate(pruned.model))
    assert metric(app, "Zipped file").value == format_bytes(cost(pruned.model).zipped)
    assert metric(app, "Weights left").delta == f"of {sum(layer.weights for layer in pruned.layers):,}"
    shutil.rmtree(home)


def test_a_set_is_judged_once_and_never_on_the_page(monkeypatch):
    judged, here = [], []
    real = brought.judge

    def counting(task, model, labelled):
        judged.append(threading.get_ident())
        return real(task, model, labelled)

    monkeypatch.setattr("pages.parts.bring.labelled_set.judge", counting)
    table = "Text;Label\nopec cuts crude oil output;Crude Oil\nwheat exports fall;GRAIN\n你好;grain\n"
    app = open_page(model="reuters-cnn", threshold="50")
    give(app, "set-reuters-cnn", "mine.csv", table.encode(), "text/csv")
    assert not app.exception and not app.error
    assert any("Judged on 2 of your own 3 examples, of 2 of 8 classes" in each.value for each in app.caption)
    assert any("line 4" in str(frame.value.to_dict()) for frame in app.dataframe if "Why" in frame.value)
    for _ in range(3):
        settled(app.run())
    here.append(threading.get_ident())
    assert len(judged) == 2 and not set(judged) & set(here)
    app.slider(key="threshold").set_value(80.0).run()
    settled(app)
    assert len(judged) == 4


def test_what_is_pasted_is_cut_with_a_sentence_and_never_ignored():
    app = open_page(model="reuters-cnn", threshold="50")
    app.text_area(key="text-reuters-cnn").set_value("oil " * 12_500).run()  # 50,000 characters
    assert not app.exception and not app.error
    assert any("Only the first 128 of its 12,500 words are read." in each.value for each in app.info)
    assert any(each.value.startswith("**Dense**") for each in app.markdown)
    app.text_area(key="text-reuters-cnn").set_value("x" * 200_000).run()
    assert "200,000 characters" in messages(app)


@pytest.mark.parametrize(
    ("key", "model", "name", "content", "said"),
    [
        ("set-reuters-cnn", "reuters-cnn", "mine.xlsx", zipped({"xl/workbook.xml": b"<x/>"}), "Excel"),
        ("picture-fashion-mlp", "fashion-mlp", "a.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "HEIC"),
        ("picture-fashion-mlp", "fashion-mlp", "a.mov", b"\0\0\0\x14ftypqt  " + bytes(60), "not a picture"),
    ],
)
def test_files_of_every_ending_are_answered_in_our_own_words(key, model, name, content, said):
    app = open_page(model=model)
    give(app, key, name, content)
    assert not app.exception
    assert said in messages(app)


def test_a_photograph_of_any_usual_ending_is_read():
    app = open_page(model="fashion-mlp", threshold="50")
    packed = io.BytesIO()
    Image.open(io.BytesIO(photographed())).convert("RGB").save(packed, "JPEG")
    give(app, "picture-fashion-mlp", "coat.jfif", packed.getvalue())
    assert not app.exception and not app.error
    assert any(each.value.startswith("**Dense**") for each in app.markdown)


@pytest.mark.parametrize(
    ("address", "works"),
    [
        ("http://laptop:8501/bring", False),
        ("https://demo.org/bring", True),
        ("http://localhost:8501", True),
        ("", True),
    ],
)
def test_a_camera_that_cannot_work_is_not_offered(address, works, monkeypatch):
    monkeypatch.setattr(type(st.context), "url", property(lambda context: address))
    app = open_page(model="fashion-mlp")
    app.toggle(key="camera").set_value(True).run()
    assert not app.exception
    said = any("only over https" in each.value for each in app.warning)
    assert said != works
    assert bool(app.get("camera_input")) == works
