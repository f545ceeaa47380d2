"""Write a network in a form to take home: tracing one takes gigabytes, which a page's own process must not grow by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.experiment import STAGE_NAMES
from core.export import FORMATS, bundle
from core.jobs.work.loader import Loader
from core.jobs.work.measuring import network_of
from core.language import text, together
from core.pruning import prune
from core.quality import Quality
from core.stages import Subject
from core.tuning import Recipe

Judged = Mapping[tuple[str, str], Quality]
"""(stage, split) -> quality."""


@dataclass(frozen=True)
class PackProgress:
    """How far a download is: what is being done, and its bytes once they are there.

    artefact: their hash, once somebody has put them into the store.
    """

    done: int
    of: int
    doing: str
    packed: bytes | None = None
    artefact: str = ""


def pack(
    load: Loader,
    subject: Subject,
    recipe: Recipe | None,
    formats: tuple[str, ...],
    said_in: str,
    judged: Judged,
) -> Iterator[PackProgress]:
    """Judge each stage behind a network where that is not known yet, and write it in these formats as a zip.

    said_in: the language of its texts. judged: what is known already.
    The last item says that it is done and holds no bytes any more.
    Raises ExportFailed where the network cannot be written so.
    """
    task, shipped = network_of(load, subject)
    pruned = prune(task, subject.plan) if subject.tuned else shipped
    stages = {"dense": task.model, "pruned": pruned.model, subject.stage: shipped.model}
    if subject.stage == "dense":
        del stages["pruned"]
    wanted = [(stage, split) for stage in stages for split in ("validation", "test") if task.count(split)]
    missing = [each for each in wanted if each not in judged]
    figures, of = dict(judged), len(missing) + 1
    for done, (stage, split) in enumerate(missing):
        yield PackProgress(done, of, text("judging the {stage} network", stage=STAGE_NAMES[stage]))
        figures[stage, split] = task.evaluate(stages[stage], split)
    labels = together((FORMATS[each].label for each in formats), ", ")
    yield PackProgress(of - 1, of, text("writing it as {what} and comparing its answers", what=labels))
    content = bundle(task, pruned, formats, shipped if subject.tuned else None, recipe, figures, said_in)
    yield PackProgress(of, of, text("done"), content)
    yield PackProgress(of, of, text("done"))
