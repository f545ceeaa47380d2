"""Topics of newswires (Reuters R8): how texts are drawn for training, varied, and judged."""

import functools
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from core.tasks.assets import Assets
from core.tasks.base import SPLITS, Task, TaskInfo, prunable_parameters
from core.tasks.classification import classifier
from core.tasks.demo import Answer, Demo, compare_classes
from core.tasks.outputs import top_answers
from core.tasks.records import Batch, BatchRequest, Inputs, Packaging, Training, UploadAdapter
from core.tasks.text.attention import heads_of
from core.tasks.text.corruptions import CORRUPTIONS
from core.tasks.text.data import (
    CLASSES,
    SOURCE,
    TOPICS,
    Newswires,
    read_newswires,
    shift_newswires,
    show_newswire,
)
from core.tasks.text.reader import NO_WORD, EncodedTexts, Reader, encode, read_typed, read_typed_texts
from core.tasks.text.shipped import NETWORKS, fresh_network, load_early

DROPPED = 0.1
"""Share of the words that the augmentation "drop" hides from the network."""

NEVER_PRUNED = ("position_", "token_type", "pooler", "classifier")
"""Parts of the names of a transformer's parameters that stay whole."""


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the language tasks that ship."""
    return [info(name, entry["parameters"]) for name, entry in assets.manifest["models"].items() if name in NETWORKS]


def info(name: str, parameters: int) -> TaskInfo:
    """Describe one of the shipped networks for the catalogue."""
    network = NETWORKS[name]
    return TaskInfo(
        name,
        network.title,
        "language",
        "Accuracy",
        parameters,
        SOURCE,
        shipped=True,
        about=network.about,
        weights=network.weights,
    )


def load(assets: Assets, name: str) -> Task:
    """Load a shipped network and put its data in reach; splits are read when first needed.

    Raises TaskUnavailable when a file is not as shipped, or a package that the network needs is not there.
    """
    model, reader = NETWORKS[name].load(assets, name)
    counts = assets.manifest["data"]["reuters-r8"]["splits"]
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        model,
        reader,
        functools.cache(functools.partial(read_newswires, assets)),
        {split: counts[split] for split in SPLITS},
        functools.partial(load_early, assets, name),
    )


def make_task(
    about: TaskInfo,
    model: nn.Module,
    reader: Reader,
    newswires: Callable[[str], Newswires],
    counts: Mapping[str, int],
    early: Callable[[], nn.Module | None] = lambda: None,
) -> Task:
    """Join a classifier and its newswires to a task.

    newswires: (split) -> its texts and topics, called once a split unless examples are shown.
    counts: split -> how many newswires it holds.
    early: () -> the network as it was early in its training, or None.
    """
    network = NETWORKS[about.name]
    encoded = functools.cache(functools.partial(encode, reader, newswires))
    outputs = functools.partial(classify, reader, encoded, network.texts_at_once)
    remake = functools.partial(make_task, about, model, reader, counts=counts, early=early)
    whole = {name for name, _ in model.named_parameters() if any(part in name for part in NEVER_PRUNED)}
    prunable = prunable_parameters(model, whole)
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable,
        example=torch.full((1, max(reader.shortest, 8)), reader.unknown),
        inputs=usual_inputs(reader, encoded),
        training=Training(("drop",), network.recipe_defaults, early, functools.partial(fresh_network, model)),
        draw=functools.partial(draw_batches, reader, encoded),
        count=counts.__getitem__,
        heads=heads_of(model),
        shifts={shift: functools.partial(shifted_task, remake, newswires, shift) for shift in CORRUPTIONS},
        opt_in_parameters=tuple(name for name in prunable if "embedding" in name),
        demo=Demo(
            "Type a headline and see what both networks make of it",
            "Headline",
            "opec ministers agree to cut oil output after prices fall",
            functools.partial(answer_headline, reader),
            compare_classes,
            "A few English words as a newswire of 1987 might have them.",
        ),
        uploads=UploadAdapter(
            "text", functools.partial(read_typed_texts, reader), aliases=TOPICS, how_much=reader.how_much
        ),
        packaging=Packaging(reader.files),
        quick_eval_size=network.quick_eval_size,
        **classifier(
            CLASSES, outputs, lambda split: encoded(split).labels, functools.partial(show_newswire, newswires)
        ),
    )


def shifted_task(
    remake: Callable[[Callable[[str], Newswires]], Task],
    newswires: Callable[[str], Newswires],
    shift: str,
    strength: int,
) -> Task:
    """Make the same task with newswires that are shifted, by one of CORRUPTIONS and a strength of 1 to 5."""
    return remake(functools.partial(shift_newswires, newswires, shift, strength))


def classify(
    reader: Reader,
    encoded: Callable[[str], EncodedTexts],
    texts_at_once: int,
    model: nn.Module,
    split: str,
    limit: int | None,
) -> Iterator[Tensor]:
    """Yield a model's outputs for the texts of a split or the first `limit` of them, (texts_at_once, classes)."""
    texts = encoded(split).numbers[:limit]
    for begin in range(0, len(texts), texts_at_once):
        with torch.inference_mode():
            outputs = model(reader.batch(texts[begin : begin + texts_at_once]))
        yield outputs


def draw_batches(reader: Reader, encoded: Callable[[str], EncodedTexts], request: BatchRequest) -> Iterator[Batch]:
    """Yield shuffled texts with their topics, some words hidden if the request asks for "drop"."""
    data = encoded(request.split)
    for chosen in request.shuffled(len(data.labels)):
        texts = reader.batch([data.numbers[place] for place in chosen.tolist()])
        if "drop" in request.augment:
            hidden = (torch.rand(texts.shape, generator=request.generator) < DROPPED) & (texts != NO_WORD)
            texts = texts.masked_fill(hidden, reader.unknown)
        yield texts, data.labels[chosen]


def usual_inputs(reader: Reader, encoded: Callable[[str], EncodedTexts]) -> Inputs:
    """Describe the inputs; those of the usual size repeat the validation text of the median length."""

    @functools.cache
    def median_text() -> list[int]:
        by_length = sorted(encoded("validation").numbers, key=len)
        return by_length[len(by_length) // 2]

    return Inputs(
        reader.format,
        typical=lambda count: reader.batch([median_text()] * count),
        usual_size=lambda: f"{len(median_text())} {reader.unit}, the median of the validation data",
        variable_length=True,
    )


def answer_headline(reader: Reader, model: nn.Module, text: str) -> Answer:
    """Name the topic of a text that somebody typed. Raises BadInput for a text that cannot be read."""
    numbers = read_typed(reader, text)
    with torch.no_grad():
        topic, rows = top_answers(model(reader.batch([numbers])), CLASSES)
    cut = f" {sentence}" if (sentence := reader.how_much(text)) else ""
    return Answer(f"{topic} (it read {reader.known(numbers)} known words or parts of words).{cut}", tuple(rows))
