"""Tales: how well a network guesses the next word piece, how passages are drawn for training, and what it writes."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from core.language import text
from core.tasks.asset_files import load_weights
from core.tasks.assets import Assets
from core.tasks.base import Task, TaskInfo, prunable_parameters
from core.tasks.demo import Demo
from core.tasks.outputs import distillation_loss
from core.tasks.records import Baseline, Batch, BatchRequest, ExtraFigures, Heads, Inputs, Packaging, Training
from core.tasks.tales.data import SOURCE, TaleData, Tales, read_tales
from core.tasks.tales.figures import (
    count_pairs,
    further_figures,
    next_piece_loss,
    perplexity_by_tale,
    score,
    score_pairs,
)
from core.tasks.tales.networks import Attention, TaleWriter
from core.tasks.tales.pieces import Pieces, load_pieces
from core.tasks.tales.writing import compare_writing, write_on

NAME = "tales-lm"

TRAINED = text("trained by this project")

RECIPE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"steps": 60, "batch_size": 24, "learning_rate": 5e-4},
    "careful": {"steps": 240, "batch_size": 24, "learning_rate": 5e-4},
    "textbook": {"steps": 120, "batch_size": 24},
}


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the network that writes, if it ships."""
    return [info(NAME, assets.manifest["models"][NAME]["parameters"])] if NAME in assets.manifest["models"] else []


def info(name: str, parameters: int) -> TaskInfo:
    """Describe the network for the catalogue."""
    return TaskInfo(
        name,
        text("Small GPT - writes fairy tales (Grimm, Andersen)"),
        "language",
        "Perplexity",
        parameters,
        SOURCE,
        shipped=True,
        about=text(
            "Four layers of attention that guess which word piece comes next, from 40 tales. It writes half sense at "
            "best; the more is removed, the less."
        ),
        weights=TRAINED,
    )


def load(assets: Assets, name: str) -> Task:
    """Load the shipped network and its tales. Raises TaskUnavailable when a file is not as shipped."""
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        load_network(assets, f"models/{name}.safetensors"),
        load_pieces(assets, f"models/{name}-tokenizer.json"),
        functools.cache(functools.partial(read_tales, assets)),
        assets.manifest["data"]["tales"]["splits"],
        functools.partial(load_network, assets, f"models/{name}-early.safetensors"),
    )


def load_network(assets: Assets, file: str) -> TaleWriter:
    """Load one state of the network. Raises TaskUnavailable when the file is not as shipped."""
    model = TaleWriter()
    load_weights(assets, file, model)
    return model


def make_task(
    about: TaskInfo,
    model: TaleWriter,
    pieces: Pieces,
    tales: Callable[[str], Tales],
    counts: Mapping[str, int],
    early: Callable[[], nn.Module | None] = lambda: None,
) -> Task:
    """Join a network and tales to a task.

    tales: (split) -> its tales; counts: split -> how many passages they have.
    early: () -> the network as it was early in its training, or None.
    """
    data = TaleData(tales, pieces, model.context)
    read = functools.cache(data.passages)
    likely = functools.cache(functools.partial(count_pairs, data))
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=torch.zeros(1, 8, dtype=torch.long),
        inputs=usual_inputs(data, model),
        training=Training(
            (), RECIPE_DEFAULTS, early, functools.partial(TaleWriter, pieces.count), distillation_of_pieces
        ),
        score=functools.partial(score, read),
        draw=functools.partial(draw_batches, read, functools.cache(data.windows)),
        loss=next_piece_loss,
        count=counts.__getitem__,
        heads=heads_of(model),
        opt_in_parameters=("embedding.weight",),
        extra=ExtraFigures(
            functools.partial(further_figures, read),
            groups=functools.partial(perplexity_by_tale, read),
            baseline=Baseline(text("counted pairs of word pieces"), functools.partial(score_pairs, read, likely)),
        ),
        quick_eval_size=32,
        demo=Demo(
            text("Give a beginning and watch the networks write on"),
            text("Beginning"),
            "Once upon a time there was a king who had a daughter, and she",
            functools.partial(write_on, pieces, model.context),
            compare_writing,
            text("A few English words as an old tale might have them. All networks write with the same luck."),
            draw=text("Draw number"),
        ),
        packaging=Packaging({"tokenizer.json": pieces.content}),
    )


def heads_of(model: TaleWriter) -> tuple[Heads, ...]:
    """List the attention layers."""
    layers = []
    for name, module in model.named_modules():
        if isinstance(module, Attention):
            rows = tuple(f"{name}.{part}.{leaf}" for part in ("query", "key", "value") for leaf in ("weight", "bias"))
            count = module.query.out_features // module.head_width
            layers.append(Heads(count, rows, (f"{name}.out.weight",)))
    return tuple(layers)


def usual_inputs(data: TaleData, model: TaleWriter) -> Inputs:
    """Describe the inputs; those of the usual size are as long as a passage."""
    return Inputs(
        text("the numbers of up to {length} word pieces, as tokenizer.json gives them.", length=data.length),
        answers=text(
            "It answers with {count:,} numbers for each of them; the softmax of these says how likely each piece comes "
            "next.",
            count=data.pieces.count,
        ),
        typical=lambda count: torch.zeros(count, data.length, dtype=torch.long),
        usual_size=lambda: text("{length} word pieces, the most it reads", length=data.length),
        variable_length=True,
    )


def draw_batches(
    read: Callable[[str], Any], windows: Callable[[str], tuple[Tensor, Tensor]], request: BatchRequest
) -> Iterator[Batch]:
    """Yield windows of the training tales that begin anywhere, as many as there are passages; else the passages."""
    passages = read(request.split)
    length = passages.pieces.shape[1]
    for chosen in request.shuffled(len(passages.tale)):
        if request.split != "train":
            yield passages.batch(chosen)
            continue
        row, starts = windows(request.split)
        begin = starts[torch.randint(len(starts), (len(chosen),), generator=request.generator)]
        drawn = row[begin[:, None] + torch.arange(length)]
        yield drawn[:, :-1], drawn[:, 1:]


def distillation_of_pieces(output: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Return how far outputs (n, length, pieces) are from a teacher's, as `distillation_loss` has it for each piece."""
    return distillation_loss(output.flatten(0, 1), wanted.flatten(0, 1), temperature)
