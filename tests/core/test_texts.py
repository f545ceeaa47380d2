"""What `core` says to people: each sentence can be found by a catalogue, and keeps its parts on every road it takes."""

import ast
import copy
import dataclasses
import gettext
import io
import json
import pickle
import string
import zipfile

import numpy as np
import pytest

from core import language
from core.charts import confusion_matrix, sparsity_curve
from core.choices import Choice
from core.errors import BadInput, PlaygroundError
from core.export import bundle, rendering
from core.export.formats import FORMATS
from core.jobs import messages
from core.language import Text, as_text, text, text_of, together, translate, translate_within
from core.measure.sweep import PlanResult
from core.pruning import PruningPlan, prune
from core.pruning.criteria import known_criteria
from core.pruning.granularities import known_granularities
from core.pruning.scopes import known_scopes
from core.quality import METRICS, proportion
from core.tasks import catalog, load, offered
from core.tuning import Recipe
from core.tuning.presets import known_presets
from core.tuning.strategies import known_strategies
from core.uploads.checkpoints.differences import DoesNotFit
from core.uploads.labels import UnmatchedLabel
from tests.architecture import ROOT

SOURCES = [path for path in sorted((ROOT / "core").rglob("*.py")) if "build" not in path.parts]


class Marked(gettext.NullTranslations):
    """A language in which every message stands in guillemets."""

    def gettext(self, message):
        return f"«{message}»"

    def ngettext(self, one, many, n):
        return f"«{one if n == 1 else many}»"


@pytest.fixture
def marked(monkeypatch):
    """Name a language that has every message of its own."""

    def known(code):
        return Marked() if code == "xx" else gettext.NullTranslations()

    for module in (language, rendering):
        monkeypatch.setattr(module, "catalogue", known)
    rendering._environment.cache_clear()
    yield "xx"
    rendering._environment.cache_clear()


def calls(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("text", "text_of"):
            yield node


def places(message):
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_is_written_out_and_is_given_the_values_that_it_names(path):
    if path.name == "language.py":
        return
    for call in calls(path):
        messages_of = call.args[: 2 if call.func.id == "text_of" else 1]
        told = f"{path.name}, line {call.lineno}"
        assert all(isinstance(each, ast.Constant) for each in messages_of), f"{told}: no catalogue finds this"
        given = {each.arg for each in call.keywords} | ({"count"} if call.func.id == "text_of" else set())
        if None in given or not given:
            continue
        for each in messages_of:
            assert places(each.value) <= given, told
        assert given <= set().union(*(places(each.value) for each in messages_of)), told


def test_what_is_put_together_is_translated_part_by_part(marked):
    said = together([text("One {thing}.", thing=text("apple")), "as {it} is", text("Two.")])
    assert said == "One apple. as {it} is Two."
    assert translate(marked, said) == "«{a} {b} {c}»".format(a="«One «apple».»", b="as {it} is", c="«Two.»")
    assert together([]) == ""


def test_a_plain_name_can_be_looked_up(marked):
    assert translate(marked, as_text("Accuracy")) == "«Accuracy»"
    given = text("{n} left", n=3)
    assert as_text(given) is given


def test_the_texts_within_a_figure_are_translated_and_numbers_stay_as_they_are(marked):
    numbers = [1.0, 2.0]
    figure = {"x": numbers, "name": text("dense"), "text": [text("a"), "b"], "layout": {"title": {"text": text("c")}}}
    found = translate_within(marked, figure)
    assert found == {"x": numbers, "name": "«dense»", "text": ["«a»", "b"], "layout": {"title": {"text": "«c»"}}}
    assert found["x"] is numbers


def hostile_errors():
    yield BadInput(text("The file {name} has {rows:,} rows.", name="a{b}", rows=1234), text("Give fewer."))
    yield UnmatchedLabel("cat", ["dog", "cow"], ["dog"])
    yield DoesNotFit([], {"a": (1, 2)})


@pytest.mark.parametrize("error", list(hostile_errors()), ids=lambda error: type(error).__name__)
def test_an_error_keeps_its_parts_through_a_pickle_and_a_copy(error):
    for found in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(found) is type(error) and str(found) == str(error)
        for mine, theirs in ((found.what, error.what), (found.advice, error.advice)):
            assert mine == theirs and mine.message == theirs.message and mine.values == theirs.values


def test_a_failure_keeps_its_parts_on_the_way_from_a_worker():
    what = text_of("{count} picture of {name}", "{count} pictures of {name}", 3, name=text("yours"))
    stream = io.BytesIO()
    messages.write(stream, messages.Failed(what, text("Give fewer.")))
    stream.seek(0)
    found = messages.read(stream)
    assert (found.what, found.advice) == ("3 pictures of yours", "Give fewer.")
    assert found.what.message == what.message and found.what.one == what.one
    assert isinstance(found.what.values["name"], Text)


def test_json_and_plain_data_have_the_english_sentence():
    recipe = Recipe()
    assert json.loads(json.dumps({"what": text("{n} left", n=2)})) == {"what": "2 left"}
    assert dataclasses.asdict(recipe) == dataclasses.asdict(Recipe(**dataclasses.asdict(recipe)))


def choices():
    for known in (known_criteria, known_granularities, known_scopes, known_strategies, known_presets):
        yield from known().values()
    yield from FORMATS.values()


@pytest.mark.parametrize("choice", list(choices()), ids=lambda choice: choice.name)
def test_what_people_read_of_a_choice_can_be_translated_and_its_name_stays_a_key(choice):
    assert isinstance(choice, Choice) and type(choice.name) is str
    for said in (choice.label, choice.help, choice.source):
        assert isinstance(said, Text), said


def test_what_people_read_of_tasks_targets_and_metrics_can_be_translated():
    for info in catalog():
        assert type(info.name) is str
        for said in (info.title, info.about, info.source, info.weights, info.origin):
            assert isinstance(said, Text), (info.name, said)
        for target in offered(info.name):
            assert all(isinstance(said, Text) for said in (target.title, target.about, target.source)), target
    for name, metric in METRICS.items():
        assert all(isinstance(said, Text) for said in (name, metric.meaning, metric.noun)), name


def test_a_title_of_parts_is_translated_part_by_part(marked):
    title = load("fashion-lenet5", target="digits", examples=10, start="scratch", seed=3).info.title
    assert title == "LeNet-5 - clothes (Fashion-MNIST) → Handwritten digits (10 examples, from scratch, draw 3)"
    said = translate(marked, title)
    for part in ("«LeNet-5 - clothes (Fashion-MNIST)»", "«Handwritten digits»", "«10 examples»", "«from scratch»"):
        assert part in said


def test_an_error_of_a_plan_is_said_in_another_language(marked):
    with pytest.raises(PlaygroundError) as caught:
        PruningPlan(criterion="nothing")
    assert translate(marked, caught.value.what) == "«There is no «criterion» named 'nothing'.»"


def test_a_chart_keeps_the_parts_of_its_words(marked):
    quality = proportion(90, 100, "Accuracy")
    result = PlanResult(PruningPlan(sparsity=0.5), 0.5, None, (), (), quality, True)
    figure = sparsity_curve([result], quality, (0.5, quality), (0.5, quality))
    assert isinstance(figure["layout"]["yaxis"]["title"]["text"], Text)
    mark = next(trace for trace in figure["data"] if trace.get("text") == ["here"])
    assert mark["hovertemplate"] == "here: %{x:.1f} % removed, %{y:.1f} %<extra></extra>"
    said = translate_within(marked, mark)
    assert said["hovertemplate"] == "««here»: %{x:.1f} % removed, %{y:.1f} %<extra></extra>»"
    cells = confusion_matrix(np.eye(2, dtype=int), ("a", "b"), text("Title"))
    template = cells["data"][0]["hovertemplate"]
    assert isinstance(template, Text) and translate(marked, template) == f"«{template}»"


def readme(task, pruned, judged, **choices):
    with zipfile.ZipFile(io.BytesIO(bundle(task, pruned, judged=judged, **choices))) as archive:
        return archive.read("README.md").decode()


def test_a_model_card_is_written_in_the_language_that_is_asked_for(marked):
    task = load("fashion-mlp")
    pruned = prune(task, PruningPlan(sparsity=0.5, granularity="neuron"))
    known = proportion(90, 100, "Accuracy")
    judged = {(stage, split): known for stage in ("dense", "pruned") for split in ("validation", "test")}
    said = readme(task, pruned, judged, language=marked)
    for part in ("# «LeNet-300-100", "«Load it»", "| «Accuracy» | «validation» | «test» |", "| «dense» | «90.00% ("):
        assert part in said
    assert "«Pruned with Pruning Playground: 49.9%" in said and "with 95 % confidence" in said and "%%" not in said
    english = readme(task, pruned, judged)
    assert "«" not in english and english.startswith("# LeNet-300-100 - clothes (Fashion-MNIST)\n\nPruned with")
    plain = said.replace("«", "").replace("»", "")
    assert plain == english
