"""What people take home, in the language that they read: no English but names and code, and the same figures."""

import html
import io
import json
import re
import zipfile

import pytest

import core.language
from core.export import bundle, rendering
from core.export import report as write_report
from core.export.machine import PACKAGES, processor
from core.jobs.work import report, reporting
from core.pruning import PruningPlan, prune
from core.quality import proportion
from core.stages import Subject
from core.tuning import Recipe
from tests.bracketed import Bracketed, unsaid

PLAN, RECIPE = PruningPlan(sparsity=0.6, granularity="neuron"), Recipe(steps=30, distill=0.5)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
NAMES = {"Python", "torch", "True", "False", "processor", "Linux", *PACKAGES}


@pytest.fixture(scope="module")
def measured(mlp):
    """What a report's job hands to the one that writes it: the same findings for every language."""
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "REPORTED", ())
        patch.setattr(reporting, "CHANCES", 2)
        patch.setattr(reporting, "make_report", lambda *given: asked.append(given) or "")
        list(report(lambda name: mlp, Subject("fashion-mlp", PLAN), RECIPE, (), "zh"))
    ((*given, language),) = asked
    assert language == "zh"
    return given


@pytest.fixture
def bracketed(monkeypatch):
    for module in (core.language, rendering):
        monkeypatch.setattr(module, "catalogue", lambda code: Bracketed())
    rendering._environment.cache_clear()
    yield
    rendering._environment.cache_clear()


def read(page: str) -> str:
    """Return what stands on a page, a line each, without its charts."""
    body = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "\n", body))


def readme(mlp, language: str) -> tuple[str, dict]:
    pruned, good = prune(mlp, PLAN), proportion(4_321, 5_000)
    judged = {(stage, split): good for stage in ("dense", "pruned", "fine-tuned") for split in ("validation", "test")}
    packed = bundle(
        mlp, pruned, ("safetensors", "sparse"), tuned=pruned, recipe=RECIPE, judged=judged, language=language
    )
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return archive.read("README.md").decode(), json.loads(archive.read("metrics.json"))


def code(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("    ")]


def prose(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.startswith("    ")]
    return re.sub(r"`[^`]*`", "", "\n".join(lines))


def figures(text: str) -> list[str]:
    return sorted(re.findall(r"\d[\d.,]*\d%?", text))  # of one digit some are words in one of the languages


def test_a_report_in_chinese_has_the_figures_of_the_english_one(measured):
    english, chinese = (write_report(*measured, language) for language in ("en", "zh"))
    assert '<html lang="zh">' in chinese
    assert figures(read(chinese)) == figures(read(english))
    assert len(CHINESE.findall(read(chinese))) > 800
    assert not CHINESE.search(read(english))
    assert not SENTENCE.findall(read(chinese))


def test_a_report_says_all_but_names_in_its_language(measured, bracketed):
    names = NAMES | {word for layer in measured[1].layers for word in re.split(r"\W+", layer.name)}
    names |= set(re.split(r"\W+", processor())) | {word for name in NAMES for word in re.split(r"\W+", name)}
    left = re.findall(r"[A-Za-z]{3,}\w*", unsaid(read(write_report(*measured, "zh"))))
    assert not set(left) - names


def test_a_model_card_and_its_bundle_are_in_chinese_with_the_same_code_and_figures(mlp):
    (english, measured), (chinese, again) = readme(mlp, "en"), readme(mlp, "zh")
    assert code(chinese) == code(english)
    assert len(CHINESE.findall(prose(chinese))) > 400
    assert not CHINESE.search(prose(english))
    assert not SENTENCE.findall(prose(chinese))
    assert figures(prose(chinese)) == figures(prose(english))
    for each in (measured, again):
        del each["files"]["README.md"]  # whose hash is that of its language
    assert measured == again


def test_a_model_card_says_all_but_names_in_its_language(mlp, bracketed):
    left = re.findall(r"[A-Za-z]{3,}\w*", unsaid(prose(readme(mlp, "zh")[0])))
    assert not set(left) - NAMES
