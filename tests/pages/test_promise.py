"""What a fine-tune is promised to reach: said before it, judged after it, kept through a reload."""

import re

from tests.pages.test_explore import fine_tuned, metric, number, open_app, press
from tests.pages.test_fine_tune import open_page


def said(app, words):
    return [each.value for each in app.markdown if words in each.value]


def test_what_is_promised_stands_before_the_start_and_is_judged_after_it_and_after_a_reload():
    app = open_page(model="fashion-mlp", threshold="92")
    (before,) = said(app, "Expected after it")
    print(before)
    app = fine_tuned(press(app, "Fine-tune"))
    print([x.value for x in app.markdown])
    print([x.value for x in app.caption])
    print(app.metric)
