"""Text classifiers of the Hub, from a server of this machine that answers as the Hub does."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from core.downloads import FetchFailed, fetch
from core.errors import BadInput, TaskUnavailable
from core.export import bundle
from core.jobs.work import loader
from core.pruning import PruningPlan, prune
from core.stages import Packed, catalogue_name, load_network, pack, with_stored_weights
from core.store import open_store, put_artefact
from core.tasks import brought
from core.tasks import load as load_named
from core.tasks.hub import lookup
from core.tasks.hub.local import FETCHED, find_local, note_fetched
from core.tasks.hub.task import load as load_task
from tests.conftest import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FOLDER = ROOT / "assets" / "models" / "reuters-minilm"
WEIGHTS, TOKENS = "model.safetensors", "tokenizer_config.json"


class Hub(BaseHTTPRequestHandler):
    """Knows one network, someone/topics, with the files in `server.files`."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/someone/topics/revision/"):
            known = path.rsplit("/", 1)[-1] in ("main", COMMIT)
            self._answer(json.dumps(self._about()).encode() if known else None, "RevisionNotFound")
        elif path.startswith("/api/models/"):
            self._answer(None, "RepoNotFound")
        else:
            self.server.asked.append(path)
            self._answer(self.server.files.get(path.removeprefix(f"/someone/topics/resolve/{COMMIT}/")))

    def _about(self) -> dict[str, object]:
        def sibling(name: str, content: bytes) -> dict[str, object]:
            told = {"rfilename": name, "size": len(content)}
            if name.endswith((".safetensors", ".bin")):
                digest = self.server.digests.get(name) or hashlib.sha256(content).hexdigest()
                told["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
            return told

        siblings = [sibling(name, content) for name, content in self.server.files.items()]
        about = {"id": "someone/topics", "modelId": "someone/topics", "sha": COMMIT, "siblings": siblings}
        return {**about, "cardData": {"license": "apache-2.0"}, "tags": [], "private": False, "downloads": 0}

    def _answer(self, content: bytes | None, code: str = "EntryNotFound") -> None:
        self.send_response(404 if content is None else 200)
        if content is None:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def small_classifier(folder):
    """A transformer of one narrow layer that never learned anything, with the words of the shipped one."""
    config = AutoConfig.from_pretrained(FOLDER)
    config.hidden_size, config.intermediate_size, config.num_hidden_layers, config.num_attention_heads = 32, 64, 1, 2
    torch.manual_seed(0)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    return {name: (folder / name).read_bytes() for name in ("config.json", WEIGHTS)}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_classifier(tmp_path_factory.mktemp("small"))


@pytest.fixture
def outside(small):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.daemon_threads = True
    server.files = {**small, **{name: (FOLDER / name).read_bytes() for name in ("tokenizer.json", TOKENS)}}
    server.asked, server.digests = [], {}
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def looked_up(outside, tmp_path, name="someone/topics", revision="main"):
    return lookup.look_up(name, revision, tmp_path, f"http://127.0.0.1:{outside.server_port}")


def fetched(outside, tmp_path):
    found = looked_up(outside, tmp_path)
    for one in found.files:
        list(fetch(one))
    note_fetched(found)
    return found


def test_a_fetched_classifier_answers_is_judged_and_is_pruned(outside, tmp_path):
    found = fetched(outside, tmp_path)
    assert (found.revision, found.licence) == (COMMIT, "apache-2.0")
    assert found.size == sum(map(len, outside.files.values()))
    task = load_task(found)
    assert COMMIT in task.info.source
    said = brought.answer(task, task.model, "opec ministers agree to cut crude oil output")
    assert said.said == list(task.model.network.config.id2label.values())[task.classes.index(said.said)]
    texts = ["wheat exports fall", "the bank cut its interest rate"]
    theirs = AutoModelForSequenceClassification.from_pretrained(found.folder).float().eval()
    words = AutoTokenizer.from_pretrained(found.folder)(texts, padding=True, return_tensors="pt")
    asked = {name: words[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        assert torch.allclose(task.model(task.uploads.inputs(texts)), theirs(**asked).logits, atol=1e-5)
    given = brought.read_labelled(task, f"text,label\nopec cuts crude oil output,{said.said}\n".encode())
    *_, quality = brought.judge(task, prune(task, PruningPlan(sparsity=0.3)).model, given)
    assert (quality.value, quality.n) == (1.0, 1)
    assert bundle(task, prune(task, PruningPlan(sparsity=0.3)))


def test_the_same_revision_is_fetched_once(outside, tmp_path):
    fetched(outside, tmp_path)
    asked = len(outside.asked)
    fetched(outside, tmp_path)
    assert len(outside.asked) == asked == 4


def test_weights_that_are_not_those_of_the_hub_are_refused(outside, tmp_path):
    outside.digests = {WEIGHTS: "0" * 64}
    with pytest.raises(FetchFailed, match="its hash differs"):
        fetched(outside, tmp_path)
    assert not list(tmp_path.rglob(WEIGHTS))


@pytest.mark.parametrize(
    ("name", "revision", "sentence"),
    [
        ("no one/at all", "main", "is no id of the Hub"),
        ("../../etc", "main", "is no id of the Hub"),
        ("someone/else", "main", "has no someone/else that is open"),
        ("someone/topics", "yesterday", "has no revision yesterday"),
        ("someone/topics", "a b", "is no revision"),
    ],
)
def test_what_the_hub_does_not_have_is_a_sentence(outside, tmp_path, name, revision, sentence):
    with pytest.raises(BadInput) as told:
        looked_up(outside, tmp_path, name, revision)
    assert sentence in told.value.what


def test_a_network_without_safetensors_or_too_large_is_not_fetched(outside, tmp_path, monkeypatch):
    monkeypatch.setattr(lookup, "LARGEST", 1000)
    with pytest.raises(BadInput, match="has more than"):
        looked_up(outside, tmp_path)
    outside.files["pytorch_model.bin"] = outside.files.pop(WEIGHTS)
    with pytest.raises(BadInput, match=r"does not come as one file model\.safetensors"):
        looked_up(outside, tmp_path)
    assert not outside.asked


def test_no_hub_is_a_sentence(outside, tmp_path):
    outside.shutdown()
    outside.server_close()
    with pytest.raises(FetchFailed, match="The Hub cannot be"):
        looked_up(outside, tmp_path)


def changed_config(outside, **changes):
    config = json.loads(outside.files["config.json"])
    outside.files["config.json"] = json.dumps({**config, **changes}).encode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"auto_map": {"AutoModelForSequenceClassification": "evil.Model"}}, "needs code of its own"),
        ({"vocab_size": 10**9}, "larger than its file"),
        ({"model_type": "nonsense"}, "cannot be opened"),
        ({"num_labels": 3, "id2label": {"0": "a"}, "label2id": {"a": 0}}, ""),
    ],
)
def test_hostile_configurations_are_a_sentence(outside, tmp_path, changes, sentence):
    changed_config(outside, **changes)
    with pytest.raises((BadInput, TaskUnavailable)) as told:
        load_task(fetched(outside, tmp_path))
    assert sentence in told.value.what


def test_a_network_that_never_learned_to_sort_is_refused(outside, tmp_path):
    tensors = load(outside.files[WEIGHTS])
    outside.files[WEIGHTS] = save({name: value for name, value in tensors.items() if "classifier" not in name})
    with pytest.raises(BadInput, match="was not trained to sort texts"):
        load_task(fetched(outside, tmp_path))


@pytest.fixture
def at_home(outside, tmp_path, monkeypatch):
    """A network that was fetched to where downloads are kept; afterwards nobody can be asked."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path / "data"))
    found = fetched(outside, Path(torch.hub.get_dir()))
    outside.shutdown()
    return found


NAME = f"hub:someone/topics@{COMMIT}"


def test_what_was_fetched_is_loaded_by_its_name_without_a_network(at_home, tmp_path):
    store = open_store()
    task = load_network(NAME, load_named, store.files)
    assert (task.info.name, catalogue_name(NAME), task.info.shipped) == (NAME, NAME, False)
    assert find_local("someone/topics", COMMIT).licence == "apache-2.0"
    assert "licence: apache-2.0" in task.info.source
    pruned = prune(task, PruningPlan(sparsity=0.5)).model
    name = with_stored_weights(NAME, put_artefact(store, pack(Packed(pruned.state_dict()))))
    load = loader()
    for each, model in ((NAME, task.model), (name, pruned)):
        there = load(each)
        assert there.info.name == each
        assert all(torch.equal(a, b) for a, b in zip(there.model.parameters(), model.parameters(), strict=True))


@pytest.mark.parametrize("lost", [WEIGHTS, FETCHED, "tokenizer.json"])
def test_what_is_not_all_here_is_a_sentence(at_home, lost):
    (at_home.folder / lost).unlink()
    with pytest.raises(TaskUnavailable) as told:
        load_named(NAME)
    assert str(told.value) == "someone/topics of the Hub is not on this server. Fetch it again on Bring your own."


@pytest.mark.parametrize("name", ["hub:", "hub:../..@" + COMMIT, "hub:someone/topics", "hub:someone/topics@main"])
def test_a_name_that_cannot_be_one_is_a_sentence(name):
    with pytest.raises(TaskUnavailable, match="names no network of the Hub"):
        load_named(name)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"licence": 1, "files": 2}'])
def test_a_damaged_note_is_a_sentence(at_home, content):
    (at_home.folder / FETCHED).write_text(content)
    with pytest.raises(TaskUnavailable, match="Fetch it again"):
        load_named(NAME)
