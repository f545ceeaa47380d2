"""Files that other machines send: only what they should be, only so many, and nothing of the folder's own goes."""

import hashlib
import os

from core.data_folder import MARK, read_artefact, receive_artefact


def named(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_that_was_sent_is_there_only_if_it_is_the_one_that_was_named(tmp_path):
    files = tmp_path / "files"
    assert receive_artefact(files, named(b"weights"), b"weights", 100)
    assert read_artefact(files, named(b"weights")) == b"weights"
    assert not receive_artefact(files, named(b"others"), b"damaged", 100)
    assert read_artefact(files, named(b"others")) is None


def test_the_longest_ago_sent_go_first_and_what_was_not_sent_stays(tmp_path):
    own = b"own" * 100
    (tmp_path / named(own)).write_bytes(own)
    sent = [bytes([number]) * 40 for number in range(4)]
    for age, content in enumerate(sent[:3]):
        assert receive_artefact(tmp_path, named(content), content, 120)
        os.utime(tmp_path / f"{named(content)}{MARK}", (age, age))
    assert receive_artefact(tmp_path, named(sent[3]), sent[3], 120)
    assert [read_artefact(tmp_path, named(each)) is not None for each in sent] == [False, True, True, True]
    assert read_artefact(tmp_path, named(own)) == own
    assert len(list(tmp_path.glob(f"*{MARK}"))) == 3


def test_a_folder_that_takes_nothing_is_no_error(tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    assert not receive_artefact(tmp_path / "taken", named(b"weights"), b"weights", 100)
