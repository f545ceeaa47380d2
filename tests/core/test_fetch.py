"""Downloads, from a server that misbehaves in every way: each fault is a sentence and leaves nothing behind."""

import errno
import hashlib
import io
import os
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
import torchvision
from PIL import Image

from core import downloads as fetching
from core.downloads import FetchFailed, RemoteFile, fetch
from core.errors import TaskUnavailable
from core.pruning import PruningPlan, prune, shrink
from core.tasks import load, missing
from core.tasks.imagenet import task as imagenet
from core.tuning import Recipe, fine_tune

WEIGHTS = bytes(range(256)) * 4_000
"""About a megabyte; what it holds does not matter to a download."""


class Outside(BaseHTTPRequestHandler):
    """Serves what the test put into `server.files`, in the way that the path's first part names."""

    def do_GET(self) -> None:
        how, _, file = self.path.strip("/").partition("/")
        content = self.server.files.get(file)
        self.server.asked.append(self.path)
        if how == "gone" or content is None:
            self.send_error(404)
            return
        if how == "busy":
            self.send_error(503)
            return
        self.send_response(200)
        if how != "unannounced":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            if how == "cut":
                self.wfile.write(content[: len(content) // 2])
                self.connection.close()
            elif how == "silent":
                self.wfile.write(content[:1000])
                self.server.enough.wait(20)
            elif how == "slow":
                for begin in range(0, len(content), 500):
                    self.wfile.write(content[begin : begin + 500])
                    if self.server.enough.wait(0.2):
                        break
            elif how == "replaced":
                self.wfile.write(bytes(len(content)))
            elif how == "endless":
                while not self.server.enough.is_set():
                    self.wfile.write(content)
            else:
                self.wfile.write(content)
        except OSError:
            pass  # whoever asked is gone

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def outside():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    server.daemon_threads = True
    server.files, server.asked, server.enough = {"weights.pth": WEIGHTS}, [], threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.enough.set()
    server.shutdown()
    server.server_close()


def remote(outside, folder: Path, how: str = "well", content: bytes = WEIGHTS, **changes: object) -> RemoteFile:
    about = {
        "what": "the weights",
        "url": f"http://127.0.0.1:{outside.server_port}/{how}/weights.pth",
        "path": folder / "checkpoints" / "weights.pth",
        "algorithm": "sha256",
        "digest": hashlib.sha256(content).hexdigest()[:8],
        "size": len(content),
    }
    return RemoteFile(**{**about, **changes})


def left_behind(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("how", ["well", "unannounced"])
def test_a_file_arrives_with_progress_and_is_not_asked_for_twice(outside, tmp_path, how):
    wanted = remote(outside, tmp_path, how)
    seen = list(fetch(wanted))
    assert wanted.path.read_bytes() == WEIGHTS
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert seen[-1].done == len(WEIGHTS) == seen[-1].of
    assert left_behind(tmp_path) == [wanted.path]
    assert list(fetch(wanted)) == []
    assert len(outside.asked) == 1


FAULTS = {
    "cut": "cut off",
    "silent": "stopped sending",
    "slow": "too slowly",
    "replaced": "its hash differs",
    "gone": "no the weights any more (404)",
    "busy": "503",
    "endless": "far more",
}


@pytest.mark.parametrize(("how", "sentence"), FAULTS.items(), ids=FAULTS)
def test_each_fault_is_a_sentence_and_leaves_nothing(outside, tmp_path, how, sentence):
    wanted = remote(outside, tmp_path, how, size=1000 if how == "endless" else len(WEIGHTS))
    with pytest.raises(FetchFailed) as told:
        list(fetch(wanted, silence=0.5, window=1.0 if how == "slow" else 30.0))
    assert sentence in told.value.what
    assert told.value.advice
    assert left_behind(tmp_path) == []


def test_no_network_is_a_sentence(tmp_path, outside):
    port = outside.server_port
    outside.shutdown()
    outside.server_close()
    wanted = remote(outside, tmp_path, url=f"http://127.0.0.1:{port}/weights.pth")
    with pytest.raises(FetchFailed, match=r"cannot be reached\. Check that this server is connected"):
        list(fetch(wanted))
    with pytest.raises(FetchFailed, match="cannot be reached"):
        list(fetch(remote(outside, tmp_path, url="http://nowhere.invalid/weights.pth")))
    assert left_behind(tmp_path) == []


def test_only_the_web_is_fetched_from(tmp_path, outside):
    secret = tmp_path / "secret"
    secret.write_bytes(WEIGHTS)
    with pytest.raises(FetchFailed, match="no web address"):
        list(fetch(remote(outside, tmp_path / "cache", url=secret.as_uri())))


def test_a_full_disk_is_a_sentence_before_and_in_the_middle(outside, tmp_path, monkeypatch):
    nearly = shutil_usage = fetching.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda folder: nearly._replace(free=len(WEIGHTS) - 1))
    with pytest.raises(FetchFailed, match="no room for the weights"):
        list(fetch(remote(outside, tmp_path)))
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda folder: shutil_usage)

    class Full(io.FileIO):
        def write(self, chunk: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching.os, "fdopen", lambda handle, mode: Full(handle, "wb"))
    with pytest.raises(FetchFailed, match="no room for the weights"):
        list(fetch(remote(outside, tmp_path)))
    assert left_behind(tmp_path) == []


def test_stopping_in_the_middle_leaves_nothing_even_while_nothing_comes(outside, tmp_path):
    arriving = fetch(remote(outside, tmp_path, "silent"))
    next(arriving)
    begun = time.monotonic()
    next(arriving)  # a sign of life, though not a byte has come
    arriving.close()
    assert time.monotonic() - begun < 1
    assert left_behind(tmp_path) == []


def test_what_a_killed_download_left_is_swept_up_but_not_one_that_goes_on(outside, tmp_path):
    wanted = remote(outside, tmp_path)
    wanted.path.parent.mkdir()
    old, new = (wanted.path.parent / f".arriving-{age}" for age in ("old", "new"))
    for each in (old, new):
        each.write_bytes(b"half")
    os.utime(old, (0, 0))
    list(fetch(wanted))
    assert sorted(left_behind(tmp_path)) == [new, wanted.path]


# What torchvision would bring ------------------------------------------------------------------------------------


def archive_of(pictures_each: int) -> bytes:
    """An archive of the form of Imagenette: ten class folders in two parts, JPEG pictures of 160 pixels."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for part in ("train", "val"):
            for place, wnid in enumerate(imagenet.CLASSES):
                for number in range(pictures_each):
                    file = io.BytesIO()
                    Image.new("RGB", (213, 160), (25 * place, 20 * number, 90)).save(file, "JPEG")
                    entry = tarfile.TarInfo(f"imagenette2-160/{part}/{wnid}/{number}.JPEG")
                    entry.size = len(file.getvalue())
                    archive.addfile(entry, io.BytesIO(file.getvalue()))
    return packed.getvalue()


@pytest.fixture
def served(outside, tmp_path, monkeypatch):
    """MobileNetV3 and pictures on the server, as torchvision names them; returns the folder they are to go to."""
    torch.manual_seed(0)
    file = io.BytesIO()
    torch.save(torchvision.models.get_model("mobilenet_v3_small").state_dict(), file)
    outside.files = {"mobilenet.pth": file.getvalue(), "imagenette.tgz": archive_of(4)}
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    weights, pictures = missing("imagenet-mobilenet_v3_small")

    def at(one: RemoteFile, name: str) -> RemoteFile:
        content, url = outside.files[name], f"http://127.0.0.1:{outside.server_port}/well/{name}"
        digest = hashlib.new(one.algorithm, content).hexdigest()
        return RemoteFile(one.what, url, one.path, one.algorithm, digest, len(content), one.unpack)

    return at(weights, "mobilenet.pth"), at(pictures, "imagenette.tgz")


def test_a_fetched_network_is_a_task_like_all_others(served, tmp_path):
    name = "imagenet-mobilenet_v3_small"
    with pytest.raises(TaskUnavailable, match=r"not on this server yet\. Fetch them"):
        load(name)
    for one in served:
        assert list(fetch(one))
    assert missing(name) == ()
    assert sorted(path.name for path in (tmp_path / "hub").iterdir()) == ["checkpoints", "imagenette2-160"]

    task = load(name)
    assert task.classes[0] == "tench" and len(task.classes) == 10
    assert [task.count(split) for split in ("train", "validation", "test")] == [40, 20, 20]
    expected = torchvision.models.get_model("mobilenet_v3_small")
    expected.load_state_dict(torch.load(served[0].path, weights_only=True))
    (inputs, labels), *_ = task.batches("validation", 20, torch.Generator().manual_seed(0), ())
    places = [imagenet.weights_of("mobilenet_v3_small").meta["categories"].index(each) for each in task.classes]
    with torch.inference_mode():
        said = expected.eval()(inputs)[:, places].argmax(1)
    assert task.evaluate(task.model).value == pytest.approx(float((said == labels).float().mean()))

    pruned = prune(task, PruningPlan(sparsity=0.8))
    *_, last = fine_tune(task, pruned, Recipe(steps=2, batch_size=8))
    assert all(not value[~pruned.masks[n]].any() for n, value in last.model.named_parameters() if n in pruned.masks)
    smaller = shrink(prune(task, PruningPlan(sparsity=0.4, granularity="channel")))
    assert smaller(task.example).shape == (1, 1000)
    assert sum(p.numel() for p in smaller.parameters()) < 0.8 * task.info.parameters


def test_inputs_are_what_torchvision_makes_of_them():
    picture = Image.effect_noise((213, 160), 60).convert("RGB")
    usual = imagenet.weights_of("resnet18").transforms(crop_size=160, resize_size=160)
    view = imagenet.View(160, tuple(usual.mean), tuple(usual.std))
    ours = view.normal(view.square(picture)[None])[0]
    assert torch.allclose(ours, usual(picture), atol=0.03)  # it resizes pixels, not numbers, so they are rounded


def test_an_archive_that_climbs_out_is_refused(outside, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("../climbed.txt")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"out"))
    outside.files["weights.pth"] = packed.getvalue()
    hostile = remote(outside, tmp_path, content=packed.getvalue(), unpack="imagenette2-160")
    with pytest.raises(FetchFailed, match="cannot be unpacked"):
        list(fetch(hostile))
    assert left_behind(tmp_path) == []


def test_damaged_weights_are_a_sentence(served):
    for one in served:
        list(fetch(one))
    served[0].path.write_bytes(b"damaged")
    with pytest.raises(TaskUnavailable, match=r"damaged\. Delete .*mobilenet_v3_small"):
        load("imagenet-mobilenet_v3_small")


@pytest.mark.parametrize("key", imagenet.NETWORKS)
def test_what_is_said_of_a_network_is_what_torchvision_says(key):
    weights, known = imagenet.weights_of(key), imagenet.NETWORKS[key]
    assert key in torchvision.models.list_models(module=torchvision.models)
    assert known.parameters == weights.meta["num_params"]
    assert known.size == round(weights.meta["_file_size"] * 2**20)
    assert known.first == next(iter(weights.meta["_metrics"].values()))["acc@1"]
    found = imagenet.weights_file(key)
    assert found.url == weights.url
    assert found.path.name == weights.url.rsplit("/")[-1]
    assert len(found.digest) >= 8 and found.digest in found.path.name
    with torch.device("meta"):
        model = torchvision.models.get_model(key)
    assert known.parameters == sum(each.numel() for each in model.parameters())
    assert set(imagenet.CLASSES.values()) <= set(weights.meta["categories"])


def test_the_classes_are_those_of_imagenette():
    theirs = torchvision.datasets.Imagenette._WNID_TO_CLASS
    assert {wnid: names[0] for wnid, names in theirs.items()} == imagenet.CLASSES
    assert list(imagenet.CLASSES) == sorted(imagenet.CLASSES)
