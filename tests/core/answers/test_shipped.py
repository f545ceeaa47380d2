"""Curves that ship are those of the shipped networks: some stops are judged again here."""

import gzip
import itertools
import json
from dataclasses import replace

import pytest

from core.answers import SHIPPED_PLANS, SHIPPED_REPAIR, Lasting, data_to_answer, read_curve, stops_of, write_curve
from core.build import curves
from core.keys import about
from core.measure import PlanResult, cost, judge_network, judge_plan
from core.pruning import PruningPlan, carry_out, prune, rank
from core.stages import Subject
from core.store import open_store
from core.tasks import load
from core.tasks.assets import Assets
from tests.conftest import overwrite

QUICK = ("fashion-mlp", "fashion-lenet5", "movielens-ncf", "cartpole-policy")
"""Networks of which a few stops are judged within seconds; `python -m core.build curves --check` does all."""


@pytest.mark.parametrize("network", QUICK)
def test_stops_of_shipped_curves_are_what_is_measured_now(network):
    assets, task = Assets.open(), load(network)
    for base in SHIPPED_PLANS[:2]:
        stops = read_curve(assets, network, base)
        assert len(stops) == 200
        for number in (0, 160, 187):
            plan = stops_of(base)[number]
            *_, now = judge_plan(task, plan, rank(task, plan))
            then = data_to_answer(stops[number]["result"])
            assert isinstance(then, PlanResult)
            assert then.plan == plan and then.settled
            assert len(then.layers) == len(now.layers) and all(map(curves.alike, then.layers, now.layers))
            assert then.threshold == pytest.approx(now.threshold, abs=1e-6)
            assert then.quality.n == now.quality.n
            assert then.quality.value == pytest.approx(now.quality.value, rel=curves.CLOSE, abs=curves.CLOSE)
            if not base.structured:
                assert data_to_answer(stops[number]["cost"]).nonzero == cost(prune(task, plan).model).nonzero


@pytest.mark.parametrize("network", [name for name in QUICK if name != "movielens-ncf"])  # repaired in no time
def test_stops_of_shipped_curves_of_repaired_networks_are_what_is_measured_now(network):
    assets, task = Assets.open(), load(network)
    for base in SHIPPED_PLANS[:1]:
        stops, plans = read_curve(assets, network, base, SHIPPED_REPAIR), stops_of(base)
        assert len(stops) == 200
        for number in (0, 187):
            *_, now = judge_network(task, carry_out(task, plans[number], SHIPPED_REPAIR))
            then = data_to_answer(stops[number]["result"])
            assert isinstance(then, PlanResult)
            assert then.plan == plans[number] and then.settled and set(stops[number]) == {"result"}
            assert len(then.layers) == len(now.layers) and all(map(curves.alike, then.layers, now.layers))
            assert then.quality.n == now.quality.n
            assert then.quality.value == pytest.approx(now.quality.value, rel=curves.SOLVED, abs=curves.SOLVED)
    assert read_curve(assets, network, SHIPPED_PLANS[0], "rounds") == []


def test_each_network_that_ships_says_what_it_is_at_each_stop_or_nothing_of_it():
    """Files that nobody made anew after their network changed would be found here."""
    assets, manifest = Assets.open(), Assets.open().manifest
    shipped = [file for file in manifest["files"] if file.startswith("curves/")]
    assert shipped
    read = list(itertools.product(curves.NETWORKS, SHIPPED_PLANS, ("", SHIPPED_REPAIR)))
    assert sum(bool(read_curve(assets, *each)) for each in read) == len(shipped)


@pytest.fixture
def of_the_policy(broken_assets, tmp_path):
    """Assets of which a test may damage a curve, and a store of its own."""
    return Assets.open(broken_assets), open_store(folder=tmp_path / "data")


KEY = about(Subject("cartpole-policy", PruningPlan(sparsity=0.5)), "result")


def test_a_stop_of_the_slider_is_answered_by_what_ships(of_the_policy):
    assets, store = of_the_policy
    found = Lasting(store, assets).find(KEY)
    assert found is not None and found.plan == KEY.subject.plan
    between = about(Subject("cartpole-policy", PruningPlan(sparsity=0.5001)), "result")
    assert Lasting(store, assets).find(between) is None


def test_a_repaired_stop_is_answered_by_what_ships_and_no_other_way_is(of_the_policy):
    assets, store = of_the_policy
    answers, plan = Lasting(store, assets), KEY.subject.plan
    found = answers.find_repaired("cartpole-policy", plan, SHIPPED_REPAIR)
    assert found is not None and found.plan == plan and found.settled
    assert answers.find_repaired("cartpole-policy", plan, "rounds") is None
    assert answers.find_repaired("cartpole-policy", replace(plan, sparsity=0.5001), SHIPPED_REPAIR) is None
    assert answers.find_repaired("cartpole-policy", replace(plan, scope="lamp"), SHIPPED_REPAIR) is None
    overwrite(assets.root / "curves/cartpole-policy-weight-repaired.json.gz", b"no gzip")
    assert Lasting(store, assets).find_repaired("cartpole-policy", plan, SHIPPED_REPAIR) is None
    assert answers.find(KEY) is not None


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"{", mtime=0), gzip.compress(b"[]", mtime=0)])
def test_a_damaged_curve_is_none(of_the_policy, content):
    assets, store = of_the_policy
    file = "curves/cartpole-policy-weight.json.gz"
    overwrite(assets.root / file, content)
    assert Lasting(store, assets).find(KEY) is None
    assets.write(file, content)  # with its hash in the manifest it is what was meant, and no curve all the same
    assert Lasting(store, assets).find(KEY) is None


def test_a_curve_of_other_weights_is_none(of_the_policy):
    assets, store = of_the_policy
    assets.manifest["files"]["models/cartpole-policy.safetensors"]["sha256"] = "0" * 64
    assert Lasting(store, assets).find(KEY) is None


def test_what_is_written_is_read(tmp_path):
    assets = Assets(tmp_path, {"files": {}, "models": {"tiny": {}}, "data": {}})
    write_curve(assets, "tiny", PruningPlan(), [{"result": {"a": 1}}, {}])
    assert read_curve(assets, "tiny", PruningPlan()) == [{"result": {"a": 1}}, {}]
    assert read_curve(assets, "tiny", PruningPlan(scope="lamp")) == []
    assert json.loads(gzip.decompress(assets.read("curves/tiny-weight.json.gz")))["files"]


def test_the_builder_writes_what_its_check_reads(tmp_path, monkeypatch, capsys):
    shipped = Assets.open()
    assets = Assets(shipped.root, json.loads(json.dumps(shipped.manifest)))
    written = {}
    monkeypatch.setattr(Assets, "write", lambda self, file, content: written.update({file: content}))
    monkeypatch.setattr(curves, "stops_of", lambda base: stops_of(base)[::40])
    curves.build("curves-cartpole-policy", assets, None)
    assert set(written) == {"curves/cartpole-policy-weight.json.gz", "curves/cartpole-policy-channel.json.gz"}
    stops = json.loads(gzip.decompress(written["curves/cartpole-policy-weight.json.gz"]))["stops"]
    assert [each["result"]["plan"].get("sparsity") for each in stops] == [0.0, 0.2, 0.4, 0.6, 0.8]
    monkeypatch.setattr(curves, "read_curve", lambda assets, network, base, repair: [] if base.structured else stops)
    assert not curves.check("curves-cartpole-policy", assets)  # of one of both there is none
    said = capsys.readouterr().out
    assert said.count("holds") == curves.SAMPLES and "NO CURVE" in said
    stops[1]["result"]["quality"]["value"] = 3.0
    stops[2]["result"]["quality"]["value"] = 3.0
    stops[3]["result"]["quality"]["value"] = 3.0
    curves.check("curves-cartpole-policy", assets)
    assert "DOES NOT HOLD" in capsys.readouterr().out
