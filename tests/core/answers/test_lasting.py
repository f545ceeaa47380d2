"""Figures that outlast a server: equal to those that were found, never of something else, and bounded."""

import dataclasses
import zlib

import pytest
from sqlalchemy import func, select, update

from core.answers import Lasting, answer_name, answer_to_data, code_version, data_to_answer, fingerprint, names
from core.errors import BadInput
from core.keys import Key, about
from core.measure import Cost, PlanResult, cost, judge_plan
from core.pruning import PruningPlan, prune, rank
from core.stages import Subject
from core.store import open_store
from core.store.answers import LIMIT, find_answer, keep_answer
from core.store.database import reading, writing
from core.store.tables import answers
from core.tasks import load
from core.tasks.assets import Assets

PLAN = PruningPlan(sparsity=0.853, scope="lamp", overrides={"0.weight": 0.3})
"""One that stands at no stop of the slider, so that nothing of it ships."""


@pytest.fixture
def store(tmp_path):
    return open_store(folder=tmp_path)


@pytest.fixture(scope="module")
def assets():
    return Assets.open()


@pytest.fixture(scope="module")
def judged(request):
    """A network's figures, judged here."""
    task = load("fashion-mlp")
    name = task.prunable[0]
    plan = dataclasses.replace(PLAN, overrides={name: 0.3})
    *_, result = judge_plan(task, plan, rank(task, plan))
    return result


def key_of(result, what="result"):
    return about(Subject("fashion-mlp", result.plan), what)


def equal(one, other):
    """Whether two results say the same, down to each example's outcome."""
    assert one == other
    assert (one.quality.outcomes.values == other.quality.outcomes.values).all()
    return True


@pytest.mark.parametrize("network", ["fashion-mlp", "movielens-ncf", "cartpole-policy"])
def test_figures_of_each_field_come_back_as_they_were(network):
    task, plan = load(network), PruningPlan(sparsity=0.8)
    *_, result = judge_plan(task, plan, rank(task, plan))
    assert equal(data_to_answer(answer_to_data(result)), result)
    found = data_to_answer(answer_to_data(result)).quality
    assert found.halves()[0].value == result.quality.halves()[0].value
    counted = cost(prune(task, plan).model)
    assert data_to_answer(answer_to_data(counted)) == counted


def test_a_restart_is_warm(tmp_path, assets, judged):
    before = Lasting(open_store(folder=tmp_path), assets)
    assert before.find(key_of(judged)) is None
    before.keep(key_of(judged), judged)
    assert equal(Lasting(open_store(folder=tmp_path), assets).find(key_of(judged)), judged)


def test_two_servers_on_one_database_share_what_one_has_found(postgres, tmp_path, assets, judged):
    from sqlalchemy import create_engine

    one, other = (open_store(create_engine(postgres), tmp_path / name) for name in ("one", "other"))
    Lasting(one, assets).keep(key_of(judged), judged)
    assert equal(Lasting(other, assets).find(key_of(judged)), judged)


def test_an_answer_is_found_under_its_own_question_alone(store, assets, judged):
    lasting = Lasting(store, assets)
    lasting.keep(key_of(judged), judged)
    others = [
        about(Subject("fashion-lenet5", judged.plan), "result"),
        about(Subject("fashion-mlp", dataclasses.replace(judged.plan, sparsity=0.851)), "result"),
        about(Subject("fashion-mlp", dataclasses.replace(judged.plan, seed=1)), "result"),
        about(Subject("fashion-mlp", judged.plan, "fine-tuned", "0" * 64), "result"),
        about(Subject("fashion-mlp#" + "0" * 64, judged.plan), "result"),
        about(Subject("fashion-mlp", stage="dense"), "result"),
        key_of(judged, "cost"),
    ]
    assert [lasting.find(each) for each in others] == [None] * len(others)
    every = {answer_name(assets.manifest, each) for each in [*others, key_of(judged)]}
    assert len(every) == len(others) + 1


def test_what_has_no_files_of_its_own_does_not_last(assets):
    plan = PruningPlan(sparsity=0.5)
    for network in ("resnet18", "hub:someone/bert@" + "0" * 40, "fashion-mlp:digits", "unheard-of"):
        assert answer_name(assets.manifest, about(Subject(network, plan), "result")) == ""
        assert fingerprint(assets.manifest, network) == ""
    assert answer_name(assets.manifest, Key("fashion-mlp", "logits")) == ""


def test_new_files_or_new_code_make_all_answers_new(store, assets, judged, monkeypatch):
    Lasting(store, assets).keep(key_of(judged), judged)
    manifest = {**assets.manifest, "files": {**assets.manifest["files"]}}
    manifest["files"]["data/fashion-mnist-validation.npz"] = {"sha256": "0" * 64, "bytes": 1}
    assert Lasting(store, Assets(assets.root, manifest)).find(key_of(judged)) is None
    monkeypatch.setattr(names, "code_version", lambda: "another")
    assert Lasting(store, assets).find(key_of(judged)) is None


def test_the_version_of_the_code_is_that_of_every_file_that_computes(monkeypatch, tmp_path):
    copy = tmp_path / "core"
    for part in ("answers", *names.COMPUTES):
        (copy / part).mkdir(parents=True) if "." not in part else (copy / part).write_text("x = 1\n")
    (copy / "pruning" / "masks.py").write_text("a = 1\n")
    monkeypatch.setattr(names, "__file__", str(copy / "answers" / "names.py"))
    version = code_version.__wrapped__
    first = version()
    assert version() == first
    (copy / "pruning" / "masks.py").write_text("a = 2\n")
    second = version()
    (copy / "statistics.py").write_text("x = 2\n")
    assert len({first, second, version()}) == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 40, zlib.compress(b"{"), zlib.compress(b"[1]"), zlib.compress(b'{"cost": {"weights": "many"}}')],
)
def test_what_is_damaged_is_as_if_it_were_not_there_and_is_found_anew(store, assets, judged, content):
    lasting, name = Lasting(store, assets), answer_name(assets.manifest, key_of(judged))
    lasting.keep(key_of(judged), judged)
    with writing(store) as connection:
        connection.execute(update(answers).where(answers.c.name == name).values(content=content))
    assert lasting.find(key_of(judged)) is None
    assert find_answer(store, name) is None
    lasting.keep(key_of(judged), judged)
    assert equal(lasting.find(key_of(judged)), judged)


def test_a_bomb_is_not_unpacked(store, assets, judged):
    lasting, name = Lasting(store, assets), answer_name(assets.manifest, key_of(judged))
    keep_answer(store, name, zlib.compress(b" " * 60_000_000))
    assert lasting.find(key_of(judged)) is None


def test_an_answer_under_another_ones_name_is_not_believed(store, assets, judged):
    lasting = Lasting(store, assets)
    lasting.keep(key_of(judged), judged)
    other = about(Subject("fashion-mlp", dataclasses.replace(judged.plan, sparsity=0.42)), "result")
    content = find_answer(store, answer_name(assets.manifest, key_of(judged)))
    for key in (other, key_of(judged, "cost")):
        keep_answer(store, answer_name(assets.manifest, key), content)
        assert lasting.find(key) is None


def test_an_early_figure_does_not_last(store, assets, judged):
    early = dataclasses.replace(judged, settled=False)
    Lasting(store, assets).keep(key_of(judged), early)
    assert Lasting(store, assets).find(key_of(judged)) is None


def test_answers_stay_within_their_bytes_and_the_longest_unused_go(store, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_ANSWERS_LIMIT", "1000")
    for number in range(30):
        keep_answer(store, f"{number:064}", bytes(100))
        with writing(store) as connection:
            changed = update(answers).where(answers.c.name == f"{number:064}").values(used=float(number))
            connection.execute(changed)
    keep_answer(store, "f" * 64, bytes(2000))
    with reading(store) as connection:
        total = connection.execute(select(func.sum(answers.c.size))).scalar()
        left = {row.name for row in connection.execute(select(answers.c.name))}
    assert total <= 1000 < LIMIT
    assert f"{29:064}" in left and f"{0:064}" not in left and "f" * 64 not in left


def test_a_use_is_noted_once_an_hour_also_where_the_clock_has_jumped(store):
    for used in (0.0, 4e9):
        keep_answer(store, "a" * 64, b"x")
        with writing(store) as connection:
            connection.execute(update(answers).values(used=used))
        assert find_answer(store, "a" * 64) == b"x"
        with reading(store) as connection:
            assert abs(connection.execute(select(answers.c.used)).scalar() - used) > 3600


@pytest.mark.parametrize("data", [{}, {"plan": {"sparsity": 7}}, {"cost": None}, {"plan": 1, "threshold": None}])
def test_what_was_not_written_here_is_refused_with_a_sentence(data):
    with pytest.raises(BadInput):
        data_to_answer(data)


def test_kinds_of_answers_are_told_apart(judged):
    assert isinstance(data_to_answer(answer_to_data(judged)), PlanResult)
    assert isinstance(data_to_answer(answer_to_data(Cost(1, 1, 1, 1, 1))), Cost)
