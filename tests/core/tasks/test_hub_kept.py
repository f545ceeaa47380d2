"""What of the Hub is kept on a server: so many networks, so many bytes; what was longest unused goes first."""

import os
import time

import pytest

from core.errors import BadInput
from core.tasks.hub import kept
from core.tasks.hub.kept import FETCHED, kept_in, list_kept, make_room


def keep(folder, name, used, size=100, whole=True):
    """Lay down a network that was used so many seconds ago."""
    place = kept_in(f"someone/{name}", "0" * 40, folder)
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(bytes(size))
    for file in ("model.safetensors", FETCHED) if whole else ("model.safetensors",):
        (place / file).touch()
        os.utime(place / file, (0, time.time() - used))
    return place


def names(folder):
    return [each.folder.parent.name for each in list_kept(folder)]


def test_what_was_longest_unused_goes_until_the_new_one_has_room(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "MOST_KEPT", 3)
    for name, used in (("a", 300), ("b", 100), ("c", 200)):
        keep(tmp_path, name, used)
    gone = make_room(kept_in("someone/new", "0" * 40, tmp_path), 100, tmp_path)
    assert [each.parent.name for each in gone] == ["someone--a"]
    assert names(tmp_path) == ["someone--c", "someone--b"]
    monkeypatch.setattr(kept, "MOST_BYTES", 250)
    make_room(kept_in("someone/new", "0" * 40, tmp_path), 100, tmp_path)
    assert names(tmp_path) == ["someone--b"]


def test_the_network_that_is_wanted_and_what_just_arrives_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "MOST_KEPT", 1)
    wanted = keep(tmp_path, "wanted", 300)
    keep(tmp_path, "arriving", 5, whole=False)
    keep(tmp_path, "given-up", 10_000, whole=False)
    keep(tmp_path, "other", 1)
    make_room(wanted, 100, tmp_path)
    assert names(tmp_path) == ["someone--wanted", "someone--arriving"]


def test_one_that_never_fits_is_a_sentence_and_costs_nobody_anything(tmp_path):
    keep(tmp_path, "a", 300)
    with pytest.raises(BadInput, match="3 GB of the Hub at most"):
        make_room(kept_in("someone/new", "0" * 40, tmp_path), 10**10, tmp_path)
    assert names(tmp_path) == ["someone--a"]
