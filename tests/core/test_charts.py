"""Pictures of masks, checked pixel by pixel, and the tree of what was tried."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.charts import TreePoint, history_tree, mask_image, tree_order
from core.charts.mask import rgb
from core.charts.style import KEPT, NEGATIVE, REMOVED


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 99))
def test_removed_weights_are_blank_and_kept_ones_have_the_colour_of_their_sign(rows, columns, seed):
    rng = np.random.default_rng(seed)
    weights, mask = rng.normal(size=(rows, columns)), rng.random((rows, columns)) < 0.5
    picture = mask_image(weights, mask, least=columns)
    assert picture.shape == (rows, columns, 4)
    for row in range(rows):
        for column in range(columns):
            *colour, alpha = picture[row, column].tolist()
            if mask[row, column]:
                assert tuple(colour) == rgb(KEPT if weights[row, column] >= 0 else NEGATIVE)
                assert alpha >= 63
            elif mask[row].any():
                assert alpha == 0
            else:
                assert tuple(colour) == rgb(REMOVED)


def test_negative_weights_are_told_apart_without_colour_where_there_is_room():
    picture = mask_image(np.array([[1.0, -1.0, -1.0]]), np.array([[True, True, False]]), least=36)
    positive, negative, removed = (picture[:, 12 * place : 12 * place + 12, 3] for place in range(3))
    assert (positive == 255).all()
    assert (negative[5:7, 3:9] == 0).all()
    assert (negative == 0).sum() == 2 * 6
    assert (removed == 0).all()


def test_filters_of_a_first_convolution_are_tiles_with_gaps():
    weights = np.ones((3, 1, 2, 2))
    picture = mask_image(weights, weights > 0, least=8)
    assert picture.shape == (2, 8, 4)  # three filters of two, two gaps
    assert (picture[:, 2, 3] == 0).all()
    assert (picture[:, [0, 1, 3, 4, 6, 7], 3] == 255).all()


def point(name, parent="", **more):
    return TreePoint(name, parent, name, "88.1 %", "fine-tuned" if parent else "dense", **more)


@given(st.lists(st.integers(0, 20), max_size=20))
def test_a_tree_is_read_from_its_roots_each_before_what_goes_on_from_it(parents):
    points = [point(str(place), str(parent) if parent < place else "") for place, parent in enumerate(parents)]
    rows = tree_order(points)
    assert sorted(rows, key=lambda each: int(each.id)) == points
    places = {each.id: row for row, each in enumerate(rows)}
    for each in points:
        between = rows[places[each.parent] + 1 : places[each.id]] if each.parent else []
        family = {each.parent}
        for other in between:  # nothing stands between them but what goes on from the same
            assert other.parent in family
            family.add(other.id)


def test_the_tree_shows_what_is_removed_the_size_of_the_file_and_what_is_marked():
    points = [point("net"), point("one", "net", sparsity=0.8, size=400), point("two", "one", sparsity=0.9, size=100)]
    figure = history_tree(points, {"two"})
    branches, networks, tuned, rings = figure["data"]
    assert (branches["x"], branches["y"]) == (
        [0.0, 0.0, 80.0, None, 80.0, 80.0, 90.0, None],
        [0, 1, 1, None, 1, 2, 2, None],
    )
    assert (networks["x"], tuned["x"], tuned["y"]) == ([0.0], [80.0, 90.0], [1, 2])
    large, small = tuned["marker"]["size"]
    assert large > small > networks["marker"]["size"][0] - 1
    assert (rings["x"], rings["y"]) == ([90.0], [2])
    assert history_tree([])["data"] == []


def test_a_name_in_the_tree_is_text_whatever_is_in_it():
    figure = history_tree([point("<a href='x'>$y$</a> &lt;"), point("n" * 99)])
    one, two = figure["layout"]["yaxis"]["ticktext"]
    assert one.startswith("<b>&lt;a href='x'&gt;&#36;y&#36;&lt;/a&gt; &amp;lt;</b><br>")
    assert two == f"<b>{'n' * 27}…</b><br>88.1 %"
    assert "&lt;a href" in figure["data"][0]["text"][0]
