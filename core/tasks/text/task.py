"""Texts that are sorted into classes, by topic at first: how they are drawn for training, varied, and judged."""

import functools
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from core.language import text, together
from core.tasks.adapting import adapted_info, adapting_defaults, with_whole_head
from core.tasks.assets import Assets
from core.tasks.base import SPLITS, Task, TaskInfo, prunable_parameters
from core.tasks.classification import classifier
from core.tasks.demo import Answer, Demo, compare_classes, judged_answer, require_number
from core.tasks.names import TaskName
from core.tasks.outputs import top_answers
from core.tasks.records import Batch, BatchRequest, Inputs, Packaging, Training, UploadAdapter
from core.tasks.targets import Target
from core.tasks.text.attention import heads_of
from core.tasks.text.corruptions import CORRUPTIONS
from core.tasks.text.data import NEWSWIRES, Collection, Texts, beginning_of, read_texts, shift_texts, show_text
from core.tasks.text.reader import NO_WORD, EncodedTexts, Reader, encode, read_typed, read_typed_texts
from core.tasks.text.shipped import NETWORKS, adapted_network, fresh_network, load_early
from core.tasks.text.targets import TARGETS, target_texts
from core.tasks.without_data import with_outputs

DROPPED = 0.1
"""Share of the words that the augmentation "drop" hides from the network."""

MOST_DIGITS = 9
"""Digits of what is taken for the number of a text, and not for a text."""

NEVER_PRUNED = ("position_", "token_type", "pooler")
"""Parts of the names of a transformer's parameters that stay whole."""

TRAINED_HEAD = "classifier"
"""A transformer's last layer, which stays whole too; a fresh one is a layer like any other, so that it can learn
alone."""


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
        NEWSWIRES.source,
        shipped=True,
        about=network.about,
        weights=network.weights,
    )


def load(assets: Assets, name: str) -> Task:
    """Load a shipped network and put its data in reach; splits are read when first needed.

    Raises TaskUnavailable when a file is not as shipped, or a package that the network needs is not there.
    """
    model, reader = NETWORKS[name].load(assets, name)
    counts = assets.manifest["data"][NEWSWIRES.name]["splits"]
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        model,
        reader,
        functools.cache(functools.partial(read_texts, assets, NEWSWIRES)),
        {split: counts[split] for split in SPLITS},
        usual_training(name, model, functools.partial(load_early, assets, name)),
    )


def usual_training(name: str, model: nn.Module, early: Callable[[], nn.Module | None] = lambda: None) -> Training:
    """Say how a shipped network learns; early: () -> it as it was early in its training, or None."""
    return Training(("drop",), NETWORKS[name].recipe_defaults, early, functools.partial(fresh_network, model))


def targets(name: str) -> tuple[Target, ...]:
    """List what a shipped network can learn besides."""
    return tuple(each.target for each in TARGETS.values()) if name in NETWORKS else ()


def adapt(assets: Assets, name: TaskName) -> Task:
    """Let a shipped network begin to learn a target: its task, with a fresh head and the target's texts.

    Raises TaskUnavailable as `load` does, BadInput for more examples than there are.
    """
    chosen, shipped = TARGETS[name.target], NETWORKS[name.network]
    classes = chosen.collection.classes
    texts, counts = target_texts(assets, chosen.collection, name.examples, name.seed)
    pretrained, reader = shipped.load(assets, name.network)
    model = adapted_network(pretrained, name, classes)
    defaults = adapting_defaults(counts["train"], shipped.adapting["steps"])
    task = make_task(
        adapted_info(info(name.network, 0), name, chosen.target, model),
        model,
        reader,
        texts,
        counts,
        Training(
            ("drop",),
            {
                preset: {**choices, "learning_rate": shipped.adapting["learning_rate"]}
                for preset, choices in defaults.items()
            },
            fresh=functools.partial(fresh_network, model),
        ),
        chosen.collection,
        with_outputs(Packaging(reader.files), model, classes),
    )
    return with_whole_head(task, name)


def make_task(
    about: TaskInfo,
    model: nn.Module,
    reader: Reader,
    texts: Callable[[str], Texts],
    counts: Mapping[str, int],
    training: Training | None = None,
    collection: Collection = NEWSWIRES,
    packaging: Packaging | None = None,
) -> Task:
    """Join a classifier and its texts to a task.

    texts: (split) -> its texts and their classes, called once a split unless examples are shown.
    counts: split -> how many texts it holds.
    training, packaging: None for those of a shipped network on newswires.
    """
    name = TaskName.read(about.name).network
    network, classes = NETWORKS[name], collection.classes
    encoded = functools.cache(functools.partial(encode, reader, texts))
    outputs = functools.partial(classify, reader, encoded, network.texts_at_once)
    remake = functools.partial(
        make_task, about, model, reader, counts=counts, training=training, collection=collection, packaging=packaging
    )
    never = NEVER_PRUNED if TaskName.read(about.name).target else (*NEVER_PRUNED, TRAINED_HEAD)
    whole = {name for name, _ in model.named_parameters() if any(part in name for part in never)}
    prunable = prunable_parameters(model, whole)
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable,
        example=torch.full((1, max(reader.shortest, 8)), reader.unknown),
        inputs=usual_inputs(reader, encoded, classes),
        training=training or usual_training(name, model),
        draw=functools.partial(draw_batches, reader, encoded),
        count=counts.__getitem__,
        heads=heads_of(model),
        shifts={shift: functools.partial(shifted_task, remake, texts, shift) for shift in CORRUPTIONS},
        opt_in_parameters=tuple(name for name in prunable if "embedding" in name),
        demo=Demo(
            text("Type a {noun} and see what both networks make of it", noun=collection.noun),
            collection.label,
            collection.beginning,
            functools.partial(answer_text, reader, texts, classes),
            compare_classes,
            text("{help} A number shows that text of the validation data.", help=collection.help),
        ),
        uploads=UploadAdapter(
            "text",
            functools.partial(read_typed_texts, reader),
            aliases=collection.aliases,
            how_much=reader.how_much,
        ),
        packaging=packaging or Packaging(reader.files),
        quick_eval_size=network.quick_eval_size,
        **classifier(
            classes, outputs, lambda split: encoded(split).labels, functools.partial(show_text, texts, classes)
        ),
    )


def shifted_task(
    remake: Callable[[Callable[[str], Texts]], Task],
    texts: Callable[[str], Texts],
    shift: str,
    strength: int,
) -> Task:
    """Make the same task with texts that are shifted, by one of CORRUPTIONS and a strength of 1 to 5."""
    return remake(functools.partial(shift_texts, texts, shift, strength))


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
    """Yield shuffled texts with their classes, some words hidden if the request asks for "drop"."""
    data = encoded(request.split)
    for chosen in request.shuffled(len(data.labels)):
        texts = reader.batch([data.numbers[place] for place in chosen.tolist()])
        if "drop" in request.augment:
            hidden = (torch.rand(texts.shape, generator=request.generator) < DROPPED) & (texts != NO_WORD)
            texts = texts.masked_fill(hidden, reader.unknown)
        yield texts, data.labels[chosen]


def usual_inputs(reader: Reader, encoded: Callable[[str], EncodedTexts], classes: tuple[str, ...]) -> Inputs:
    """Describe the inputs; those of the usual size repeat the validation text of the median length."""

    @functools.cache
    def median_text() -> list[int]:
        by_length = sorted(encoded("validation").numbers, key=len)
        return by_length[len(by_length) // 2]

    return Inputs(
        reader.format,
        answers=text(
            "It answers with {count} numbers; the largest names the class: {classes}.",
            count=len(classes),
            classes=", ".join(classes),
        ),
        typical=lambda count: reader.batch([median_text()] * count),
        usual_size=lambda: text(
            "{count} {unit}, the median of the validation data", count=len(median_text()), unit=reader.unit
        ),
        variable_length=True,
    )


def answer_text(
    reader: Reader, texts: Callable[[str], Texts], classes: tuple[str, ...], model: nn.Module, typed: str
) -> Answer:
    """Name the class of a text that somebody typed, or of the validation text with the number that was typed.

    Raises BadInput for a text that cannot be read, or a number that no text has.
    """
    if typed.strip().isdecimal() and len(typed) <= MOST_DIGITS:
        return answer_by_number(reader, texts, classes, model, int(typed))
    numbers = read_typed(reader, typed)
    with torch.no_grad():
        name, rows = top_answers(model(reader.batch([numbers])), classes)
    said = text("{name} (it read {known} known words or parts of words).", name=name, known=reader.known(numbers))
    cut = reader.how_much(typed)
    return Answer(together((said, cut)) if cut else said, tuple(rows))


def answer_by_number(
    reader: Reader, texts: Callable[[str], Texts], classes: tuple[str, ...], model: nn.Module, number: int
) -> Answer:
    """Name the class of a validation text, counted from 1, and say whether that is right."""
    data = texts("validation")
    require_number(text("text"), number, len(data.texts))
    chosen = data.texts[number - 1]
    with torch.no_grad():
        output = model(reader.batch(reader.read([chosen])))
    judged = judged_answer(output, classes, Answer(classes[data.classes[number - 1]]))
    return Answer(
        text("{judged}. Text {number}: {beginning}", judged=judged.said, number=number, beginning=beginning_of(chosen)),
        judged.rows,
    )
