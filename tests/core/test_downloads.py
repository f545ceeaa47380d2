"""Downloads, from a server that misbehaves in every way: each fault is a sentence and leaves nothing behind."""

import errno
import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from core.downloads import FetchFailed, RemoteFile, fetch, fetching, transfer
from tests.core.misbehaving_server import serving

WEIGHTS = bytes(range(256)) * 4_000
"""About a megabyte; what it holds does not matter to a download."""


@pytest.fixture
def outside():
    with serving(**{"weights.pth": WEIGHTS}) as server:
        yield server


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


def archive_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


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


def test_a_server_may_send_elsewhere(outside, tmp_path):
    wanted = remote(outside, tmp_path, "moved")
    list(fetch(wanted))
    assert wanted.path.read_bytes() == WEIGHTS
    assert outside.asked == ["/moved/weights.pth", "/well/weights.pth"]


def test_two_may_fetch_the_same_file_at_once(outside, tmp_path):
    wanted = remote(outside, tmp_path)
    first, second = fetch(wanted), fetch(wanted)
    next(first), next(second)
    list(second)
    list(first)
    assert wanted.path.read_bytes() == WEIGHTS
    assert left_behind(tmp_path) == [wanted.path]


def test_two_may_unpack_the_same_archive_at_once(outside, tmp_path):
    outside.files["weights.pth"] = packed = archive_of({"inside/one.txt": b"one", "inside/two.txt": b"two"})
    wanted = remote(outside, tmp_path, content=packed, path=tmp_path / "inside", unpack="inside")
    first, second = fetch(wanted), fetch(wanted)
    next(first), next(second)
    list(second)
    list(first)
    assert sorted(left_behind(tmp_path)) == [wanted.path / "one.txt", wanted.path / "two.txt"]


FAULTS = {
    "cut": "cut off",
    "silent": "stopped sending",
    "slow": "too slowly",
    "replaced": "its hash differs",
    "gone": "no the weights any more (404)",
    "busy": "503",
    "endless": "far more",
    "round": "does not give out",
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
    nearly = shutil_usage = transfer.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda folder: nearly._replace(free=len(WEIGHTS) - 1))
    with pytest.raises(FetchFailed, match="no room for the weights"):
        list(fetch(remote(outside, tmp_path)))
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda folder: shutil_usage)

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
    next(arriving)  # a sign of life, though not a byte has come
    arriving.close()
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


def test_an_archive_that_climbs_out_is_refused(outside, tmp_path):
    outside.files["weights.pth"] = packed = archive_of({"../climbed.txt": b"out"})
    hostile = remote(outside, tmp_path, content=packed, unpack="imagenette2-160")
    with pytest.raises(FetchFailed, match="cannot be unpacked"):
        list(fetch(hostile))
    assert left_behind(tmp_path) == []
