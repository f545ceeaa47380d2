"""People's own weights and labelled sets: judged as they are meant, and never half-way."""

import io
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from core.errors import BadInput
from core.tasks import load
from core.tasks.base import UploadAdapter
from core.tasks.brought import Labelled, answer, bring_checkpoint, judge, read_labelled
from core.uploads import LeftOut
from tests.core.uploads.files import left, picture, zipped


def test_a_network_with_weights_of_ones_own_says_whose_they_are(mlp):
    changed_weights = {name: value + 1 for name, value in mlp.model.state_dict().items()}
    mine = bring_checkpoint(mlp, save(changed_weights)).task
    assert mine.info == replace(mlp.info, title=f"{mlp.info.title}, your weights", weights="brought by you")
    assert "this project" not in mine.info.weights
    assert all(torch.equal(value, changed_weights[name]) for name, value in mine.model.state_dict().items())
    assert not any(torch.equal(value, changed_weights[name]) for name, value in mlp.model.state_dict().items())


CLASSES = ("T-shirt", "Trousers", "Coat")
NAMES = {"T-shirt/top": "T-shirt", "Trouser": "Trousers"}


def picture_task(**own):
    """A task that takes pictures and names the class by how light they are."""
    inputs = lambda given: torch.tensor([[float(np.asarray(each).mean())] for each in given])  # noqa: E731
    return SimpleNamespace(uploads=UploadAdapter("picture", inputs, **own), classes=CLASSES)


def test_folders_named_as_the_data_names_them_are_matched():
    files = {"T-shirt_top/1.png": picture(), "Trouser/2.png": picture(), "T-shirt/top/3.png": picture()}
    read = read_labelled(picture_task(aliases=NAMES), zipped(files))
    assert (read.labels, read.left_out, read.of) == ([0, 1, 0], (), 3)
    assert read.counts == {"T-shirt": 2, "Trousers": 1, "Coat": 0}


def test_without_other_names_the_same_folders_are_left_out_and_named():
    files = {"T-shirt_top/1.png": picture(), "Trouser/2.png": picture(), "Coat/3.png": picture()}
    read = read_labelled(picture_task(), zipped(files))
    assert (read.labels, read.of) == ([2], 3)
    assert set(left(read)) == {"folder T-shirt_top (1 file)", "folder Trouser (1 file)"}


def test_a_picture_has_the_one_label_of_its_folder_where_there_could_be_several():
    read = read_labelled(picture_task(multi=True), zipped({"Coat/1.png": picture(), "T-shirt/2.png": picture()}))
    assert read.labels == [(2,), (0,)]
    assert read.counts == {"T-shirt": 1, "Trousers": 0, "Coat": 1}


def test_what_a_task_refuses_is_left_out_with_its_reason():
    def check(given):
        if given.width > 100:
            raise BadInput("This picture is too wide.", "Cut it.")

    files = {"Coat/wide.png": picture((200, 20)), "Coat/good.png": picture()}
    read = read_labelled(picture_task(check=check), zipped(files))
    assert read.left_out == (LeftOut("Coat/wide.png", "This picture is too wide."),)
    assert read.counts["Coat"] == 1


def fixed(answers):
    """A network that says to a picture of this grey the answers of the table."""
    table = torch.tensor(answers)
    return lambda inputs: table[inputs[:, 0].long()]


def grey(value):
    file = io.BytesIO()
    Image.new("L", (10, 10), value).save(file, "PNG")
    return file.getvalue()


def test_what_gets_no_answer_is_wrong_and_a_network_without_answers_has_no_figure():
    task = picture_task()
    given = read_labelled(task, zipped({"T-shirt/0.png": grey(0), "T-shirt/1.png": grey(1), "Coat/2.png": grey(2)}))
    nan, inf = float("nan"), float("inf")
    *_, some = judge(task, fixed([[9.0, 0, 0], [nan, nan, nan], [0.0, 0, 9]]), given)
    assert (some.value, some.n) == (pytest.approx(2 / 3), 3)
    for nothing in ([nan, nan, nan], [inf, 0, 0], [nan, 5, 0]):
        *_, none = judge(task, fixed([nothing] * 3), given)
        assert np.isnan([none.value, none.low, none.high]).all()


def test_an_item_that_cannot_be_read_ends_nothing_half_way():
    def inputs(items):
        if any(item == "bad" for item in items):
            raise BadInput("None of these words is known.", "Type others.")
        return torch.tensor([[float(len(item))] for item in items])

    task = SimpleNamespace(uploads=UploadAdapter("text", inputs), classes=("a", "b"))
    items = ["x"] * 40 + ["bad"] + ["x"] * 9
    told = list(judge(task, lambda seen: torch.cat([seen, -seen], 1), Labelled(items, [0] * 50, (), 50, {"a": 50})))
    assert (told[-1].n, told[-1].value) == (50, 49 / 50)


ODD = "text,label\nopec cuts crude oil output,crude oil\n😀😀,grain\n你好,grain\n,grain\nwheat exports fall,grain\n"


def test_what_a_network_cannot_read_is_named_and_all_the_rest_is_judged():
    task = load("reuters-cnn")
    given = read_labelled(task, ODD.encode() + b"corn exports fall,grain\n" * 40)
    assert [each.what for each in given.left_out] == ["line 3", "line 4", "line 5"]
    assert all("known" in each.why or "no text" in each.why for each in given.left_out)
    assert (len(given.items), given.of) == (42, 45)
    assert given.counts["grain"] == 41 and given.counts["crude oil"] == 1 and sum(given.counts.values()) == 42
    told = list(judge(task, task.model, given))
    assert told[-1].n == 42


def test_a_set_of_nothing_that_can_be_read_is_refused():
    with pytest.raises(BadInput, match=r"Line 2: .*known"):
        read_labelled(load("reuters-cnn"), "text,label\n😀,grain\n你好,grain\n".encode())


TOXIC = ("toxic", "insult", "threat;mild", "a|b")


def task_of_several_labels(**own):
    """A task that reads its answers from the text itself, as numbers."""

    def inputs(texts):
        return torch.tensor([[float(each) for each in text.split()] for text in texts])

    return SimpleNamespace(uploads=UploadAdapter("text", inputs, multi=True, **own), classes=TOXIC)


def test_each_label_is_sure_by_itself():
    said = answer(task_of_several_labels(), lambda seen: seen, "-6 -7 2 0")
    assert said.said == "threat;mild, a|b (each label is judged by itself)"
    expected = [
        (name, round(100 / (1 + math.exp(-x)), 1))
        for name, x in (("threat;mild", 2), ("a|b", 0), ("toxic", -6), ("insult", -7))
    ]
    assert [(row["Answer"], row["Sure, %"]) for row in said.rows] == expected
    assert answer(task_of_several_labels(), lambda seen: seen, "-6 -7 -8 -9").said.startswith("none of them")
    assert answer(task_of_several_labels(), lambda seen: seen, "nan 1 1 1").said == "no answer"


def test_a_cell_holds_several_labels_or_none():
    rows = {
        "": (),
        "toxic": (0,),
        "toxic;insult": (0, 1),
        " Insult | TOXIC ": (0, 1),
        "threat;mild": (2,),
        "a|b": (3,),
        "toxic;threat;mild|a|b": (0, 2, 3),
        "toxic;toxic;": (0,),
    }
    content = "text,label\n" + "".join(f'1 1 1 1,"{cell}"\n' for cell in rows)
    given = read_labelled(task_of_several_labels(), content.encode())
    assert list(given.labels) == list(rows.values())
    assert given.counts == {"toxic": 5, "insult": 2, "threat;mild": 2, "a|b": 2}
    assert given.left_out == ()


def test_a_cell_with_one_label_that_is_none_is_named():
    given = read_labelled(task_of_several_labels(), b"text,label\n1 1 1 1,toxic;rude\n1 1 1 1,toxic\n")
    assert given.left_out == (LeftOut("line 2", "It has the label 'rude', which is no class here."),)


def test_right_is_who_names_exactly_the_labels():
    content = (
        b"text,label\n9 -9 -9 -9,toxic\n9 9 -9 -9,toxic\n-9 -9 -9 -9,\n9 -9 -9 -9,toxic;insult\nnan 1 1 1,insult\n"
    )
    *_, quality = judge(task_of_several_labels(), lambda seen: seen, read_labelled(task_of_several_labels(), content))
    assert (quality.value, quality.n) == (2 / 5, 5)
