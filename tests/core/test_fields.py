"""Language, recommendation and control against scikit-learn, closed forms and hand calculations; and side by side."""

import importlib
import io
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.metrics import accuracy_score, recall_score, root_mean_squared_error

from core.errors import TaskUnavailable
from core.measure import Change, NetworkCurves, Quality, further_figures, reading, survives
from core.pruning import PruningPlan, prune, shrink
from core.quality import mean, proportion
from core.tasks import catalog, load
from core.tasks.class_figures import macro_recall, recall_by_class
from core.tasks.control import experience as ppo
from core.tasks.control.drawing import FILM_FRAMES
from core.tasks.control.play import play
from core.tasks.control.worlds import WORLDS
from core.tasks.recommender import figures
from core.tasks.recommender.data import Ratings
from core.tuning import Recipe, fine_tune


@pytest.fixture(scope="module")
def cnn():
    return load("reuters-cnn")


@pytest.fixture(scope="module")
def minilm():
    return load("reuters-minilm")


@pytest.fixture(scope="module")
def ncf():
    return load("movielens-ncf")


@pytest.fixture(scope="module")
def pole():
    return load("cartpole-policy")


def test_a_mean_has_the_interval_of_a_bootstrap():
    values = np.random.default_rng(1).gamma(2.0, 30.0, 40)
    ours = mean(values, "Return")
    theirs = scipy.stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=2)
    assert ours.value == pytest.approx(values.mean())
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.1 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.1 * width)
    with pytest.raises(ValueError, match="nothing to judge"):
        mean(np.array([]), "Return")


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_an_interval_holds_its_figure(values):
    found = mean(np.array(values), "Return")
    assert found.low <= found.value <= found.high
    assert found.n == len(values)


def test_relative_figures_speak_of_the_dense_model():
    dense = Quality("Accuracy", 0.8, 0.75, 0.85, 100)
    assert dense.relative(dense).value == 1
    half = Quality("Accuracy", 0.4, 0.3, 0.5, 100).relative(dense)
    assert (half.value, half.low, half.high) == pytest.approx((0.5, 0.375, 0.625))
    error = Quality("RMSE", 1.6, 1.5, 2.0, 100).relative(Quality("RMSE", 0.8, 0.7, 0.9, 100))
    assert (error.value, error.low, error.high) == pytest.approx((0.5, 0.4, 0.8 / 1.5))
    swing = Quality("Return", -290, -290, -290, 20).relative(Quality("Return", -80, -80, -80, 20), -500)
    assert swing.value == pytest.approx(0.5)


def test_less_is_better_for_an_error():
    good, bad = Quality("RMSE", 0.8, 0.7, 0.9, 9), Quality("RMSE", 0.9, 0.8, 1.0, 9)
    assert good.better_than(bad) and not bad.better_than(good)


def test_text_figures_are_those_of_scikit_learn(cnn):
    model = prune(cnn, PruningPlan(sparsity=0.9)).model
    guessed, truth = cnn.classifier.answers(model, "test")
    assert cnn.evaluate(model, "test").value == pytest.approx(accuracy_score(truth, guessed))
    each = recall_score(truth, guessed, average=None)
    assert [q.value for q in cnn.extra.groups(model, "test").values()] == pytest.approx(each.tolist())
    macro = next(each for each in further_figures(cnn, model, "test").metrics if each.metric == "Macro recall")
    assert macro.value == pytest.approx(recall_score(truth, guessed, average="macro"))


def test_the_interval_of_a_macro_recall_is_that_of_repeated_draws():
    shares, counts = np.array([0.9, 0.6, 0.3]), np.array([200, 50, 20])
    drawn = np.random.default_rng(0).binomial(counts, shares, (20_000, 3)) / counts
    recalls = {
        str(i): proportion(round(s * n), n, "Recall") for i, (s, n) in enumerate(zip(shares, counts, strict=True))
    }
    found = macro_recall(recalls)
    low, high = np.quantile(drawn.mean(1), (0.025, 0.975))
    assert found.low == pytest.approx(low, abs=0.012)
    assert found.high == pytest.approx(high, abs=0.012)


def test_a_class_without_examples_is_left_out():
    found = recall_by_class(("a", "b"), torch.tensor([0, 1]), torch.tensor([0, 0]))
    assert list(found) == ["a"]
    assert found["a"].value == 0.5


def test_rmse_is_that_of_scikit_learn(ncf):
    pairs, stars = next(iter(ncf.batches("test", 10_000, torch.Generator(), ())))
    with torch.no_grad():
        expected = root_mean_squared_error(stars, ncf.model(pairs))
    assert ncf.evaluate(ncf.model, "test").value == pytest.approx(expected, rel=1e-5)
    assert expected < ncf.extra.baseline.score("test").value


def test_the_baseline_solves_its_ridge_problem():
    rng = np.random.default_rng(3)
    pairs = np.stack([rng.integers(0, 4, 30), rng.integers(0, 5, 30)], 1)
    stars = rng.integers(1, 6, 30).astype(np.float32)
    data = Ratings(torch.from_numpy(pairs), torch.from_numpy(stars))
    usual, of_user, of_film = figures.fit_averages(data, 4, 5, rounds=500)
    design = np.zeros((30, 9))
    design[np.arange(30), pairs[:, 0]] = design[np.arange(30), 4 + pairs[:, 1]] = 1
    expected = np.linalg.solve(design.T @ design + figures.DAMPING * np.eye(9), design.T @ (stars - stars.mean()))
    assert usual == pytest.approx(stars.mean())
    assert torch.cat([of_user, of_film]).tolist() == pytest.approx(expected.tolist(), abs=1e-4)


def test_hidden_films_were_never_rated_and_one_was_liked(ncf):
    held = Ratings(torch.tensor([[0, 1], [0, 2], [1, 3]]), torch.tensor([5.0, 5.0, 2.0]))
    hidden = figures.hide_liked(held, [held.pairs], 2, 200)
    assert hidden[:, :2].tolist() == [[0, 1]]
    assert not {1, 2} & set(hidden[0, 2:].tolist())
    assert len(set(hidden[0, 1:].tolist())) == figures.CANDIDATES


def test_a_model_that_guesses_alike_hits_nothing(ncf):
    class Alike(torch.nn.Module):
        def forward(self, pairs):
            return torch.full((len(pairs),), 3.5)

    assert ncf.extra.metrics(Alike(), "validation")[0].value == 0


def test_recommendations_leave_out_what_is_known_and_say_how_many_stayed(ncf):
    dense = ncf.demo.answer(ncf.model, 15)
    assert len(dense.rows) == figures.TOP
    stars = [row["Stars"] for row in dense.rows]
    assert stars == sorted(stars, reverse=True)
    assert ncf.demo.compare(dense, dense) == "10 of the 10 films stayed."


def test_words_that_are_dropped_become_unknown_ones(cnn):
    plain, dropped = (
        next(iter(cnn.batches("train", 200, torch.Generator().manual_seed(1), ways)))[0] for ways in ((), ("drop",))
    )
    changed = plain != dropped
    assert (dropped[changed] == 1).all()
    assert 0.08 < changed.sum() / (plain != 0).sum() < 0.12


def test_a_transformer_reads_the_same_whatever_stands_beside_it(minilm):
    short, long = (minilm.demo.answer(minilm.model, text).rows for text in ("oil prices fell", "oil prices fell " * 30))
    assert short != long
    batch, _ = next(iter(minilm.batches("validation", 8, torch.Generator().manual_seed(0), ())))
    row = batch[0]
    alone = row[row != 0][None]
    with torch.no_grad():
        torch.testing.assert_close(minilm.model(batch)[:1], minilm.model(alone), rtol=1e-4, atol=1e-4)


def test_a_removed_head_says_nothing_and_the_smaller_network_is_the_same(minilm):
    pruned = prune(minilm, PruningPlan(sparsity=0.1, granularity="head", scope="layer"))
    heads = minilm.heads[0]
    width = pruned.masks[heads.rows[0]].shape[0] // heads.count
    kept = pruned.masks[heads.rows[0]].reshape(heads.count, -1).any(1)
    assert 0 < kept.sum() < heads.count
    said = []
    behind = pruned.model.get_submodule(heads.columns[0].removesuffix(".weight"))
    hook = behind.register_forward_pre_hook(lambda module, inputs: said.append(inputs[0]))
    batch, _ = next(iter(minilm.batches("validation", 8, torch.Generator().manual_seed(0), ())))
    with torch.no_grad():
        expected = pruned.model(batch)
    hook.remove()
    by_head = said[0].unflatten(-1, (heads.count, width)).abs().sum((0, 1, 3))
    assert torch.equal(by_head > 0, kept)
    small = shrink(pruned)
    with torch.no_grad():
        torch.testing.assert_close(small(batch), expected, rtol=1e-4, atol=1e-4)
    assert small.get_parameter(heads.rows[0]).shape[0] == int(kept.sum()) * width


def test_heads_that_are_gone_stay_gone_in_a_fine_tune(minilm):
    pruned = prune(minilm, PruningPlan(sparsity=0.4, granularity="head"))
    few = replace(minilm, score=lambda model, split, limit: minilm.score(model, split, 20))
    *_, final = fine_tune(few, pruned, Recipe(steps=2, batch_size=4, learning_rate=1e-4))
    for name, mask in pruned.masks.items():
        assert not final.model.get_parameter(name)[~mask].any()


def test_returns_are_those_of_gymnasium_played_one_by_one(pole):
    seeds = [7, 8, 9]
    model = prune(pole, PruningPlan(sparsity=0.9)).model
    expected = []
    for seed in seeds:
        env = gymnasium.make("CartPole-v1")
        now, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            with torch.no_grad():
                action = int(model(torch.from_numpy(now)[None])[0, :2].argmax())
            now, reward, ended, cut_off, _ = env.step(action)
            total, over = total + reward, ended or cut_off
        expected.append(total)
    assert play(model, "CartPole-v1", seeds).tolist() == expected
    assert play(model, "CartPole-v1", seeds).tolist() == expected


def test_experience_has_the_returns_of_a_plain_sum():
    """With a trace of 1 the return of a step is the discounted sum of what follows it in the episode."""
    world = WORLDS["cartpole-policy"]
    torch.manual_seed(0)
    model = world.build()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ppo, "TRACE", 1.0)
        patch.setattr(torch, "randperm", lambda n, generator: torch.arange(n))
        alone = ppo.Practice(agents=1, rollouts=1, passes=1)
        drawn = ppo.experience(model, world, 10_000, torch.Generator().manual_seed(0), practice=alone)
        inputs, targets = next(iter(drawn))
    action, chance, _, gathered = targets.unbind(1)
    with torch.no_grad():
        shares = model(inputs)[:, :2].log_softmax(1)
    assert chance.tolist() == pytest.approx(shares.gather(1, action.long()[:, None])[:, 0].tolist(), abs=1e-6)
    # Where an episode has ended, the next observation is a fresh start, close to zero in all four numbers.
    starts = [0, *[i for i in range(1, len(inputs)) if (inputs[i].abs() <= 0.05).all() and gathered[i - 1] < 0.021]]
    assert len(starts) > 2
    first, second = starts[1], starts[2]
    length = second - first
    expected = sum(ppo.DISCOUNT**i / world.scale for i in range(length))
    assert gathered[first].item() == pytest.approx(expected, rel=1e-4)


def test_the_clipped_loss_follows_its_definition():
    output = torch.tensor([[0.2, -0.1, 0.5], [1.0, 0.0, -0.3], [0.0, 2.0, 0.1]])
    action, advantage, gathered = np.array([0, 1, 1]), np.array([1.0, -2.0, 0.5]), np.array([0.4, 0.0, 1.0])
    shares = torch.softmax(output[:, :2], 1).numpy()
    before = np.log(shares[np.arange(3), action]) + np.array([0.5, -0.5, 0.0])
    target = torch.tensor(np.stack([action, before, advantage, gathered], 1), dtype=torch.float32)
    ratio = np.exp(np.log(shares[np.arange(3), action]) - before)
    normal = (advantage - advantage.mean()) / advantage.std()
    gain = np.minimum(ratio * normal, np.clip(ratio, 0.8, 1.2) * normal).mean()
    values = 0.5 * ((output[:, 2].numpy() - gathered) ** 2).mean()
    entropy = -(shares * np.log(shares)).sum(1).mean()
    expected = -gain + values - ppo.ENTROPY_WEIGHT * entropy
    assert ppo.clipped_loss(output, target, 0.0).item() == pytest.approx(expected, rel=1e-5)


def test_imitation_ends_where_both_agree():
    output = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    assert ppo.imitation_loss(output, output, 1.0).item() == pytest.approx(0, abs=1e-6)
    assert ppo.imitation_loss(output, output + torch.tensor([0.0, 1.0, 0.0]), 1.0).item() > 0.01


@pytest.mark.parametrize("name", ["cartpole-policy", "acrobot-policy"])
def test_an_episode_is_a_film(name):
    shown = load(name).demo.answer(load(name).model, 3)
    with Image.open(io.BytesIO(shown.image)) as picture:
        assert picture.format == "GIF"
        assert 10 < picture.n_frames <= FILM_FRAMES + 5
    assert len(shown.image) < 500_000
    assert shown.said.startswith("Return ")


@pytest.mark.parametrize(
    ("package", "names"),
    [("transformers", ["reuters-minilm"]), ("gymnasium", ["cartpole-policy", "acrobot-policy"])],
)
def test_a_missing_package_is_a_sentence_and_the_others_go_on(package, names, monkeypatch):
    real = importlib.import_module

    def missing(name, *arguments, **named):
        if name == package:
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(importlib, "import_module", missing)
    for info in (info for info in catalog() if info.shipped):
        if info.name in names:
            with pytest.raises(TaskUnavailable, match=rf"needs the package {package}.*pip install"):
                load(info.name)
        else:
            assert load(info.name).info == info


def point(sparsity, value, spread=0.01):
    return sparsity, Quality("Accuracy", value, value - spread, value + spread, 100)


def test_what_a_network_survives_ends_at_the_first_loss():
    points = [point(0.9, 0.99), point(0.0, 1.0), point(0.5, 0.98), point(0.8, 0.90)]
    assert survives(points, 0.05) == 0.5
    assert survives(points, 0.15) == 0.9
    assert survives(points, 0.0) == 0.0
    assert survives([point(0.5, 0.2)], 0.1) is None
    assert survives([point(0.0, float("nan"))], 0.1) is None
    assert survives([], 0.1) is None


CLEAR, UNCLEAR = Change("Accuracy", 0.5, 0.4, 0.6, 100), Change("Accuracy", 0.5, -0.1, 0.6, 100)
"""What a fine-tune changed: for certain, and perhaps by chance."""


def test_the_reading_follows_the_figures():
    strong = NetworkCurves("Strong", [point(0.0, 1.0), point(0.9, 0.99)], [point(0.9, 0.995)])
    weak = NetworkCurves("Weak", [point(0.0, 1.0), point(0.5, 0.99), point(0.9, 0.4)], [point(0.9, 0.9)], {0.9: CLEAR})
    said = reading({"a": strong, "b": weak}, 0.05)
    assert "Strong survives the most (90 % of its weights removed) and Weak the least (50 %)" in said[0]
    assert "brings back the most for Weak: at 90 % removed from 40 to 90 %" in said[1]
    assert len(said) == 2
    swapped = reading(
        {"a": NetworkCurves("Strong", weak.pruned, weak.tuned), "b": NetworkCurves("Weak", strong.pruned)}, 0.05
    )
    assert "Weak survives the most" in swapped[0]
    assert len(reading({"a": strong, "b": replace(weak, changes={0.9: UNCLEAR})}, 0.05)) == 1
    worse = replace(CLEAR, value=-0.4, low=-0.45, high=-0.35)
    harmed = NetworkCurves("Harmed", [point(0.0, 1.0), point(0.9, 0.9)], [point(0.9, 0.5)], {0.9: worse})
    assert reading({"a": harmed}, 0.05) == ["For Harmed that fine-tune did harm at every sparsity."]
    wide = NetworkCurves("Wide", [point(0.0, 1.0, 0.2)])
    assert "wider than twice that tolerance (Wide)" in reading({"a": wide}, 0.05)[-1]
    assert reading({}, 0.05) == []
