"""Networks of torchvision, fetched from a server of this machine."""

import hashlib
import io
import tarfile

import pytest
import torch
import torchvision
from PIL import Image

from core.downloads import RemoteFile, fetch
from core.errors import TaskUnavailable
from core.pruning import PruningPlan, prune, shrink
from core.tasks import load, missing
from core.tasks.imagenet.data import CLASSES, Photographs
from core.tasks.imagenet.files import weights_file
from core.tasks.imagenet.networks import NETWORKS, best_weights
from core.tasks.imagenet.view import View
from core.tuning import Recipe, fine_tune
from tests.core.misbehaving_server import serving


@pytest.fixture
def outside():
    with serving() as server:
        yield server


def archive_of(pictures_each: int) -> bytes:
    """An archive of the form of Imagenette: ten class folders in two parts, JPEG pictures of 160 pixels."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for part in ("train", "val"):
            for place, wnid in enumerate(CLASSES):
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
    places = [best_weights("mobilenet_v3_small").meta["categories"].index(each) for each in task.classes]
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
    usual = best_weights("resnet18").transforms(crop_size=160, resize_size=160)
    view = View(160, tuple(usual.mean), tuple(usual.std))
    ours = view.normal(view.square(picture)[None])[0]
    assert torch.allclose(ours, usual(picture), atol=0.03)  # it resizes pixels, not numbers, so they are rounded


def test_damaged_weights_are_a_sentence(served):
    for one in served:
        list(fetch(one))
    served[0].path.write_bytes(b"damaged")
    with pytest.raises(TaskUnavailable, match=r"damaged\. Delete .*mobilenet_v3_small"):
        load("imagenet-mobilenet_v3_small")


@pytest.mark.parametrize("key", NETWORKS)
def test_what_is_said_of_a_network_is_what_torchvision_says(key):
    weights, known = best_weights(key), NETWORKS[key]
    assert key in torchvision.models.list_models(module=torchvision.models)
    assert known.parameters == weights.meta["num_params"]
    assert known.size == round(weights.meta["_file_size"] * 2**20)
    assert known.accuracy == next(iter(weights.meta["_metrics"].values()))["acc@1"]
    found = weights_file(key)
    assert found.url == weights.url
    assert found.path.name == weights.url.rsplit("/")[-1]
    assert len(found.digest) >= 8 and found.digest in found.path.name
    with torch.device("meta"):
        model = torchvision.models.get_model(key)
    assert known.parameters == sum(each.numel() for each in model.parameters())
    assert set(CLASSES.values()) <= set(weights.meta["categories"])


def test_the_classes_are_those_of_imagenette():
    theirs = torchvision.datasets.Imagenette._WNID_TO_CLASS
    assert {wnid: names[0] for wnid, names in theirs.items()} == CLASSES
    assert list(CLASSES) == sorted(CLASSES)


def photographs(tmp_path):
    """Folders as Imagenette has them: pictures that networks learned from and others in both of its parts."""
    names = {"train": ("n01440764_10026.JPEG", "ILSVRC2012_val_00000293.JPEG", "n01440764_2.JPEG"), "val": ()}
    names["val"] = ("n01440764_9931.JPEG", "ILSVRC2012_val_00009111.JPEG", "ILSVRC2012_val_00017472.JPEG")
    for part, files in names.items():
        for wnid in CLASSES:
            folder = tmp_path / part / wnid
            folder.mkdir(parents=True)
            for file in files:
                Image.new("RGB", (64, 64)).save(folder / file.replace("n01440764", wnid))
    return Photographs(tmp_path, View(32, (0.5,) * 3, (0.2,) * 3))


def test_only_pictures_that_no_network_learned_from_judge(tmp_path):
    found = photographs(tmp_path)
    assert [found.count(split) for split in ("train", "validation", "test")] == [30, 15, 15]
    for split in ("validation", "test"):
        assert all("ILSVRC2012_val_" in path for path, _ in found._splits[split])
    assert not any("ILSVRC2012_val_" in path for path, _ in found._splits["train"])
    assert not {path for path, _ in found._splits["validation"]} & {path for path, _ in found._splits["test"]}
