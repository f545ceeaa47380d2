"""Experiments: the same content, the same id; and through a link and back without loss."""

import dataclasses
import hashlib
import string
import subprocess
import sys
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, PlaygroundError
from core.experiment import Experiment, read_link
from core.pruning import REPAIRS, PruningPlan
from core.tuning import Recipe
from tests.conftest import ROOT

names = st.text(string.ascii_letters + string.digits + "._:,/ @%&=#+äß中", min_size=1, max_size=20).filter(
    lambda name: name.strip()
)
shares = st.floats(0, 1)


@st.composite
def plans(draw):
    amount = draw(st.sampled_from(["sparsity", "threshold", "none", "pattern"]))
    overrides = draw(st.dictionaries(names, shares, max_size=3))
    common = {"criterion": draw(st.sampled_from(["magnitude", "random", "activation", "first-order"]))}
    common |= {"seed": draw(st.integers(0, 10**9)), "embeddings": draw(st.booleans())}
    common["norm"] = draw(st.sampled_from(["l1", "l2"]))
    if amount == "pattern":
        m = draw(st.integers(2, 16))
        return PruningPlan(granularity=f"{draw(st.integers(1, m - 1))}:{m}", **common)
    granularity = draw(st.sampled_from(["weight", "neuron", "channel", "head"]))
    scope = draw(st.sampled_from(["global", "lamp"] if amount == "threshold" else ["global", "layer", "lamp", "erk"]))
    value = {
        "sparsity": lambda: {"sparsity": draw(shares)},
        "threshold": lambda: {"threshold": draw(st.floats(0, 1e6))},
    }.get(amount, dict)()
    return PruningPlan(granularity=granularity, scope=scope, overrides=overrides, **value, **common)


@st.composite
def recipes(draw):
    return Recipe(
        epochs=draw(st.integers(1, 200)),
        learning_rate=draw(st.floats(1e-9, 1)),
        augment=tuple(draw(st.lists(st.sampled_from(["flip", "shift", "erase"]), unique=True))),
        seconds=draw(st.none() | st.floats(0.1, 1e5)),
        steps=draw(st.none() | st.integers(1, 100_000)),
        strategy=draw(st.sampled_from(["one-shot", "gradual", "rewind"])),
        distill=draw(shares),
        cosine=draw(st.booleans()),
        seed=draw(st.integers(0, 10**9)),
    )


experiments = st.builds(
    Experiment,
    network=names,
    target=st.just("") | names,
    plan=plans(),
    repair=st.sampled_from(["", *REPAIRS]),
    recipe=st.none() | recipes(),
    parent=st.just("") | st.text("0123456789abcdef", min_size=20, max_size=20),
)


@given(experiments)
def test_every_experiment_goes_through_a_link_and_back_to_the_same_id(experiment):
    address = urlencode(experiment.to_link())
    back = Experiment.from_link(dict(parse_qsl(address, keep_blank_values=True)))
    assert back == experiment
    assert back.id == experiment.id


@given(experiments)
def test_what_is_stored_is_read_back(experiment):
    assert Experiment.from_dict(experiment.to_dict()) == experiment


@given(experiments, experiments)
def test_different_content_has_another_id(one, other):
    assert (one.id == other.id) == (one == other)


def test_the_id_is_that_of_another_process():
    experiment = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.9, scope="lamp"), recipe=Recipe(epochs=3))
    program = (
        "from core.experiment import Experiment; from core.pruning import PruningPlan; from core.tuning import Recipe;"
        "print(Experiment('fashion-mlp', plan=PruningPlan(scope='lamp', sparsity=0.9), recipe=Recipe(epochs=3)).id)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == experiment.id
    written = '{"network":"fashion-mlp","plan":{"scope":"lamp","sparsity":0.9},"recipe":{"epochs":3}}'
    assert experiment.id == hashlib.sha256(written.encode()).hexdigest()[:20]


def test_a_parent_is_kept_by_its_id():
    parent = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.5), recipe=Recipe())
    child = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.8), parent=parent)
    assert child.parent == parent.id
    assert child == dataclasses.replace(child, parent=parent.id)


@pytest.mark.parametrize(
    ("link", "plan"),
    [
        ({"model": "fashion-mlp", "threshold": "90.5"}, PruningPlan(sparsity=0.905)),
        ({"model": "fashion-mlp", "threshold": "90", "scope": "lamp"}, PruningPlan(sparsity=0.9, scope="lamp")),
        ({"model": "fashion-mlp"}, PruningPlan(sparsity=0.8)),
        ({"model": "fashion-mlp", "remove": "N:M"}, PruningPlan(granularity="2:4")),
        ({"model": "fashion-mlp", "remove": "N:M", "n": "1", "m": "3"}, PruningPlan(granularity="1:3")),
        (
            {"model": "fashion-mlp", "threshold": "50", "remove": "channel", "judge": "first-order", "norm": "l1"},
            PruningPlan(sparsity=0.5, granularity="channel", criterion="first-order", norm="l1"),
        ),
        (
            {"model": "fashion-mlp", "threshold": "50", "own": "fc1.weight:0,fc2.weight:12.5", "tables": "True"},
            PruningPlan(sparsity=0.5, overrides={"fc1.weight": 0.0, "fc2.weight": 0.125}, embeddings=True),
        ),
    ],
)
def test_old_links_still_work(link, plan):
    assert Experiment.from_link(link) == Experiment("fashion-mlp", plan=plan)


@pytest.mark.parametrize(
    "link",
    [
        {"threshold": "a lot"},
        {"threshold": "101"},
        {"threshold": "nan"},
        {"threshold": "1e999999999"},
        {"cut": "-1"},
        {"cut": "inf"},
        {"remove": "everything"},
        {"remove": "N:M", "n": "9", "m": "4"},
        {"remove": "N:M", "n": "٣"},
        {"judge": "<script>alert(1)</script>"},
        {"scope": "'; DROP TABLE experiments; --"},
        {"own": "fc1.weight"},
        {"own": "fc1.weight:200"},
        {"learn": "{"},
        {"learn": "[1]"},
        {"learn": '{"epochs": "many"}'},
        {"learn": '{"nothing": 1}'},
        {"learn": '{"augment": 5}'},
        {"learn": "[" * 3000},
        {"parent": "../../etc/passwd"},
        {"model": ""},
        {"model": "a\x00b"},
        {"seed": "-1"},
        {"own": "x" * 100_000},
        {"remove": "head", "judge": "bn-scale"},
    ],
    ids=lambda link: ", ".join(f"{key}={value[:20]}" for key, value in link.items()),
)
def test_a_broken_link_opens_something_and_says_what_was_wrong(link):
    found, notes = read_link(link)
    assert isinstance(found, Experiment)
    assert notes
    assert all(len(note) < 200 for note in notes)
    with pytest.raises(BadInput):
        Experiment.from_link(link)


@given(
    st.dictionaries(
        st.sampled_from(["model", "threshold", "cut", "remove", "n", "m", "own", "learn", "parent"]),
        st.text(max_size=40),
    )
)
def test_no_link_whatever_breaks_the_page(link):
    found, _ = read_link(link)
    assert Experiment.from_link(found.to_link()) == found


@pytest.mark.parametrize(
    "content", [{}, {"network": "x", "plan": {"colour": 1}}, {"network": 5}, {"network": "x", "more": 1}]
)
def test_what_is_no_experiment_is_a_sentence(content):
    with pytest.raises(PlaygroundError):
        Experiment.from_dict(content)
