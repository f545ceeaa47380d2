"""A genre that the network never met, one person, and a table of people: what is learned, split and refused."""

import random

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from core.errors import BadInput
from core.export import bundle
from core.export.person import pruned_with_person
from core.pruning import PruningPlan, prune
from core.tasks import SPLITS, load
from core.tasks.names import TaskName
from core.tasks.recommender.figures import fit_averages
from core.tasks.recommender.own import adapt_to_ratings, read_own_ratings
from core.tasks.recommender.person import (
    adapt_to_person,
    films_of,
    films_to_rate,
    find_films,
    fit_users,
    task_with_person,
    with_person,
)
from core.tuning import Recipe, fine_tune
from tests.core.downloaded import import_model, unpack, with_downloaded_weights


@pytest.fixture(scope="module")
def ncf():
    return load("movielens-ncf")


@pytest.fixture(scope="module")
def horror():
    return load("movielens-ncf", target="genre-horror", examples=50)


def rated(task, stars):
    return {film.number: each for film, each in zip(films_to_rate(task, len(stars)), stars, strict=True)}


def table(rows, heading="user,item,rating"):
    return "\n".join([heading, *rows]).encode()


def test_a_genre_holds_its_films_alone_and_no_rating_twice(ncf, horror):
    of_genre = ncf.films.of_genre("Horror")
    assert int(of_genre.sum()) == 872
    pairs = {split: horror.data.ratings(split).pairs for split in SPLITS}
    assert all(of_genre[each[:, 1]].all() for each in pairs.values())
    sets = [set(map(tuple, each.tolist())) for each in pairs.values()]
    assert len(set.union(*sets)) == sum(map(len, sets))
    held = ncf.data.ratings("test").pairs
    assert horror.count("test") == int(of_genre[held[:, 1]].sum())
    assert horror.count("train") == 50


def test_its_network_met_no_such_film_and_recommends_nothing_else(ncf, horror):
    of_genre = ncf.films.of_genre("Horror")
    rows = horror.model.film.weight[of_genre]
    assert torch.equal(rows, rows[:1].expand_as(rows))
    titles = {ncf.films.titles[number] for number in torch.nonzero(of_genre).flatten().tolist()}
    assert {row["Film"] for row in horror.demo.answer(horror.model, 15).rows} <= titles
    assert horror.extra.metrics(horror.model, "validation")[0].n > 100


def test_fewer_ratings_are_among_more_and_a_seed_draws_others():
    few, more, others = (
        {
            tuple(pair)
            for pair in load("movielens-ncf", target="genre-horror", examples=n, seed=s)
            .data.ratings("train")
            .pairs.tolist()
        }
        for n, s in ((20, 0), (60, 0), (20, 1))
    )
    assert few < more and few != others


def test_it_is_pruned_and_tuned_like_any_other(horror):
    pruned = prune(horror, PruningPlan(sparsity=0.5))
    *_, final = fine_tune(horror, pruned, Recipe(steps=3, batch_size=16))
    for name, mask in pruned.masks.items():
        assert not final.model.get_parameter(name)[~mask].any()


def test_films_to_rate_are_well_known_and_differ(ncf):
    films = films_to_rate(ncf, 15, seed=1)
    assert len(set(films)) == 15 and films == films_to_rate(ncf, 15, seed=1) != films_to_rate(ncf, 15, seed=2)
    counts = torch.bincount(ncf.data.ratings("train").pairs[:, 1])
    assert min(int(counts[film.number]) for film in films) > 60


def test_films_are_found_by_words_in_any_order_case_and_without_accents(ncf):
    assert find_films(ncf, "toy story")[0].title == "Toy Story (1995)"
    assert find_films(ncf, "toy story")[0].id == 1
    assert find_films(ncf, "The MATRIX")[0].title == "Matrix, The (1999)"
    assert find_films(ncf, "amelie")[0].title.startswith("Amelie (Fabuleux destin d'Amélie")
    assert all("1999" in film.title for film in find_films(ncf, "1999", 5))
    assert len(find_films(ncf, "the", 7)) == 7
    assert find_films(ncf, "  ,") == find_films(ncf, "no film is called so") == ()
    (one,) = films_of(ncf, [-1, find_films(ncf, "toy story")[0].number, 9_066])
    assert one.id == 1


@pytest.mark.parametrize("plan", [PruningPlan(sparsity=0.5, embeddings=True), PruningPlan(sparsity=0.3)])
def test_a_network_with_a_person_is_taken_home_and_answers_for_them(ncf, plan, tmp_path, monkeypatch):
    pruned = prune(ncf, plan)
    person = adapt_to_person(ncf, rated(ncf, [5, 1, 4, 3, 5, 2, 4, 4, 1, 3]), pruned.model)
    task, grown = task_with_person(ncf, person), pruned_with_person(pruned, person)
    judged = {
        (stage, split): ncf.evaluate(model, split, 100)
        for stage, model in (("dense", ncf.model), ("pruned", pruned.model))
        for split in ("validation", "test")
    }
    lines = unpack(bundle(task, grown, judged=judged), tmp_path)
    assert "    network = NCF(users=672, films=9066)" in lines
    assert any("you are 671" in line for line in lines)
    network = import_model(tmp_path, monkeypatch).NCF(users=672, films=9066)
    network = with_downloaded_weights(network, tmp_path)
    first = person.after[0]
    with torch.no_grad():
        answer = network(torch.tensor([[671, first.film.number]]))
    assert float(answer) == pytest.approx(first.stars, abs=0.011)
    assert task.evaluate(grown.model, "test", 100) == judged["pruned", "test"]
    if plan.embeddings:
        table = next(layer for layer in grown.layers if layer.name == "user.weight")
        assert table.shape == grown.masks["user.weight"].shape == (672, 64)
        assert table.kept == int(grown.masks["user.weight"].sum())
    assert ncf.model.user.num_embeddings == pruned.model.user.num_embeddings == 671


def test_a_person_is_the_most_likely_row_by_another_optimiser_too(ncf):
    generator = torch.Generator().manual_seed(0)
    films = ncf.model.film.weight.detach()[torch.randint(9_066, (12,), generator=generator)]
    stars = torch.tensor([[5.0, 1, 4, 3, 5, 2, 4, 4, 1, 3, 5, 2]])
    users = ncf.model.user.weight.detach()
    (row,) = fit_users(ncf.model, users, films, stars, torch.ones(1, 12, dtype=torch.bool), 1.0)
    inverse = torch.linalg.inv(torch.cov(users.T.double()))
    centre = users.mean(0).double()

    def cost(at):
        away = torch.as_tensor(at) - centre
        with torch.no_grad():
            guessed = ncf.model.guess(torch.as_tensor(at).float().expand(12, -1), films)
        return float((guessed - stars[0]).square().sum() + away @ inverse @ away)

    found = minimize(cost, centre.numpy(), method="L-BFGS-B", options={"maxfun": 3_000})
    assert cost(row.double().numpy()) <= found.fun * 1.02
    assert cost(row.double().numpy()) < cost(centre.numpy())


def test_the_same_films_loved_or_hated_move_all_guesses_and_the_network_stays(ncf):
    before = {name: value.clone() for name, value in ncf.model.state_dict().items()}
    keen = adapt_to_person(ncf, rated(ncf, [5.0] * 14 + [4.5]))
    cold = adapt_to_person(ncf, rated(ncf, [1.0] * 14 + [1.5]))
    assert keen.after[0].stars > keen.before[0].stars > cold.after[0].stars
    assert keen.adapted.value < keen.general.value and keen.general.n == 15 and keen.change.better
    assert not {each.film.number for each in keen.after} & set(rated(ncf, [0] * 15))
    assert all(torch.equal(value, before[name]) for name, value in ncf.model.state_dict().items())
    grown = with_person(ncf.model, keen)
    with torch.no_grad():
        answer = grown(torch.tensor([[671, keen.after[0].film.number]]))
    assert float(answer) == pytest.approx(keen.after[0].stars, abs=0.01)


def test_each_error_is_that_of_a_network_that_never_saw_the_rating(ncf):
    ratings = rated(ncf, [5, 1, 4, 3, 5, 2, 4, 4, 1, 3])
    person, first = adapt_to_person(ncf, ratings), next(iter(ratings))
    films = torch.tensor(list(ratings))
    stars = torch.tensor([list(ratings.values())], dtype=torch.float)
    seen = ncf.model.film.weight.detach()[films]
    users = ncf.model.user.weight.detach()
    (without,) = fit_users(ncf.model, users, seen[1:], stars[:, 1:], torch.ones(1, 9, dtype=torch.bool))
    with torch.no_grad():
        guessed = ncf.model.guess(without[None], seen[:1])
    assert person.adapted.outcomes.values[0] == pytest.approx(float((guessed - ratings[first]) ** 2), rel=0.02)


def test_plain_averages_stand_beside_it_and_never_see_the_rating_they_guess(ncf):
    given = {film.number: float(1 + place % 5) for place, film in enumerate(films_to_rate(ncf, 12))}
    ratings = ncf.data.ratings("train")
    usual, _, of_film = fit_averages(ratings, ncf.data.users, len(ncf.data.titles))
    squares = []
    for film, stars in given.items():
        others = [given[each] - usual - float(of_film[each]) for each in given if each != film]
        squares.append((stars - usual - float(of_film[film]) - sum(others) / (len(others) + 5)) ** 2)
    assert adapt_to_person(ncf, given).averages.value == pytest.approx(np.sqrt(np.mean(squares)), abs=1e-5)


@pytest.mark.parametrize(
    ("stars", "said"),
    [
        ([4.0] * 9, "too little"),
        ([4.0] * 10, "same stars"),
        ([4.0] * 9 + [9.0], "9.0 stars"),
        ([4] * 9 + [float("nan")], "nan"),
    ],
)
def test_ratings_of_which_nothing_can_be_learned_are_refused(ncf, stars, said):
    films = [film.number for film in films_to_rate(ncf, 10)]
    with pytest.raises(BadInput, match=said):
        adapt_to_person(ncf, dict(zip(films, stars, strict=False)))


def test_a_film_or_a_network_that_is_not_there_is_refused(ncf, lenet):
    with pytest.raises(BadInput, match="not known"):
        adapt_to_person(ncf, {9_066 + place: 3.0 for place in range(10)})
    with pytest.raises(BadInput, match="guesses no ratings"):
        films_to_rate(lenet)


def test_a_table_of_people_is_split_by_person_and_learned_from(ncf):
    drawn = random.Random(0)
    rows = [
        f"{user},{ncf.films.ids[film]},{drawn.randint(1, 10) / 2}"
        for user, count in (("ann", 30), ("bob", 20), ("few", 5))
        for film in drawn.sample(range(2_000), count)
    ]
    own = read_own_ratings(ncf, table(rows, "userId,movieId,rating"))
    assert own.users == ("ann", "bob")
    counts = {split: torch.bincount(each.users).tolist() for split, each in own.parts.items()}
    assert counts == {"train": [18, 12], "validation": [6, 4], "test": [6, 4]}
    everything = [tuple(pair) for each in own.parts.values() for pair in each.pairs.tolist()]
    assert len(everything) == len(set(everything)) == 50
    assert "1 people with fewer than 10" in own.left_out[-1]
    task = adapt_to_ratings(ncf, own, TaskName("movielens-ncf", "own-abc", 20))
    assert task.info.name == "movielens-ncf~own-abc:20" and task.count("train") == 20
    assert torch.allclose(task.model.user.weight, ncf.model.user.weight.mean(0), atol=1e-6)
    *_, final = fine_tune(task, prune(task, PruningPlan()), Recipe(steps=20, batch_size=16, learning_rate=1e-2))
    assert task.evaluate(final.model, "train").value < task.evaluate(task.model, "train").value
    assert np.isfinite(task.evaluate(final.model, "test").value)


def test_people_with_too_few_ratings_are_told_what_they_have(ncf):
    with pytest.raises(BadInput, match="the most that somebody has is 2"):
        read_own_ratings(ncf, table(["ann,Toy Story,4", "ann,Jumanji,3"]))


def test_what_is_forgotten_is_asked_of_the_network_that_never_met_the_genre(ncf, horror):
    before = horror.training.before()
    assert not ncf.films.of_genre("Horror")[before.data.ratings("test").pairs[:, 1]].any()
    assert before.evaluate(before.model, "test").value == pytest.approx(0.8757, abs=5e-4)
    assert torch.equal(before.model.fc1.weight, horror.model.fc1.weight)
