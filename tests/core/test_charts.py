"""Pictures of masks, checked pixel by pixel."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.charts import mask_image
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


def test_filters_of_a_first_convolution_are_tiles_with_gaps():
    weights = np.ones((3, 1, 2, 2))
    picture = mask_image(weights, weights > 0, least=8)
    assert picture.shape == (2, 8, 4)  # three filters of two, two gaps
    assert (picture[:, 2, 3] == 0).all()
    assert (picture[:, [0, 1, 3, 4, 6, 7], 3] == 255).all()
