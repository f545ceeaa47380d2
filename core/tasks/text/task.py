"""Topics of newswires (Reuters R8): how texts are read, varied, and judged."""

import functools
import gzip
import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from core.errors import BadInput, TaskUnavailable
from core.tasks import corruptions
from core.tasks.assets import Assets
from core.tasks.base import (
    SPLITS,
    Batch,
    BatchRequest,
    Heads,
    Inputs,
    Packaging,
    Task,
    TaskInfo,
    Training,
    prunable_parameters,
)
from core.tasks.classification import changed, classifier, likely
from core.tasks.demo import Answer, Demo, UploadAdapter
from core.tasks.text.networks import TextCNN, TextTransformer

TOPICS = {
    "acq": "takeovers",
    "crude": "crude oil",
    "earn": "earnings",
    "grain": "grain",
    "interest": "interest rates",
    "money-fx": "foreign exchange",
    "ship": "shipping",
    "trade": "trade",
}
"""The collection's own codes, in the order of the answers, and what they stand for."""

CLASSES = tuple(TOPICS.values())

NOTHING, UNKNOWN = 0, 1
"""Word numbers of the small network for no word at all, and for one that it never learned."""

LONGEST = 100_000
"""Characters of a text that somebody may type; what is more than a network reads is cut, and said so."""

SHOWN = 300
"""Characters of a newswire that are shown as an example."""

DROPPED = 0.1
"""Share of the words that "drop" hides from the network."""

SOURCE = "Reuters-21578 R8 newswires of 1987 (Reuters Ltd. and Carnegie Group; distributed for research use only)"
TRAINED = "trained by this project"


@dataclass(frozen=True)
class Kind:
    """One text network that ships.

    load: (assets, name) -> the network, and a reader of texts.
    weights: who trained it.
    slice: how many texts are judged at a time. quick_eval_size, recipe_defaults: see Task.
    """

    load: Callable[[Assets, str], tuple[nn.Module, "Reader"]]
    title: str
    about: str
    weights: str
    slice: int
    quick_eval_size: int
    recipe_defaults: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Reader:
    """How texts become numbers.

    read: texts -> for each the numbers of its words or word pieces, 0 nowhere among them, at most `longest`.
    length: text -> how many words or word pieces the whole of it has; unit: which of the two, in the plural.
    unknown: the number of what the network never learned; closing: numbers that every text has.
    shortest: how many numbers the network needs at least; files: what the reader is kept in, for a download.
    """

    read: Callable[[list[str]], list[list[int]]]
    unknown: int
    closing: frozenset[int]
    shortest: int
    inputs: str
    files: Mapping[str, bytes]
    longest: int
    length: Callable[[str], int]
    unit: str

    def how_much(self, text: str) -> str:
        """Say how much of a text is read, "" if all of it."""
        return told_length(self.length(text), self.longest, self.unit)


def told_length(length: int, longest: int, unit: str) -> str:
    """Say how much of a text of so many words or word pieces is read, "" if all of it."""
    return f"Only the first {longest:,} of its {length:,} {unit} are read." if length > longest else ""


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts as numbers of words, and their topics (n,)."""

    words: list[list[int]]
    labels: Tensor


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the language tasks that ship."""
    return [info(name, entry["parameters"]) for name, entry in assets.manifest["models"].items() if name in KINDS]


def load(assets: Assets, name: str) -> Task:
    """Load a shipped network and put its data in reach; splits are read when first needed.

    Raises TaskUnavailable when a file is not as shipped, or a package that the network needs is not there.
    """
    model, reader = KINDS[name].load(assets, name)

    @functools.cache
    def stored(split: str) -> tuple[list[int], list[str]]:
        return read_split(assets, split)

    @functools.cache
    def texts(split: str) -> Texts:
        labels, written = stored(split)
        return Texts(reader.read(written), torch.tensor(labels))

    counts = assets.manifest["data"]["reuters-r8"]["splits"]
    about = info(name, assets.manifest["models"][name]["parameters"])

    def shown(split: str, place: int) -> Answer:
        labels, written = stored(split)
        text = written[place]
        return Answer(CLASSES[labels[place]], ({"Text": text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."},))

    def shifted(kind: str, strength: int) -> Callable[[str], Texts]:
        def changed_texts(split: str) -> Texts:
            labels, written = stored(split)
            return Texts(
                reader.read([corruptions.TEXTS[kind](each, strength) for each in written]), torch.tensor(labels)
            )

        return functools.cache(changed_texts)

    sizes = {split: counts[split] for split in SPLITS}
    return make_task(about, model, reader, texts, sizes, shown, early(assets, name), shifted)


def early(assets: Assets, name: str) -> Callable[[], nn.Module | None]:
    """Return a function that loads the early state of a network, or gives None where none is kept."""
    file = f"models/{name}-early.safetensors"

    def stored() -> nn.Module | None:
        if file not in assets.manifest["files"]:
            return None
        model = TextCNN()
        model.load_state_dict(load_safetensors(assets.read(file)))
        return model.eval()

    return stored


def read_split(assets: Assets, split: str) -> tuple[list[int], list[str]]:
    """Return topic numbers and texts of a split. Raises TaskUnavailable when the file is not as shipped."""
    file = f"data/reuters-r8-{split}.json.gz"
    try:
        stored = json.loads(gzip.decompress(assets.read(file)))
        return stored["topics"], stored["texts"]
    except (ValueError, KeyError, OSError) as error:
        raise TaskUnavailable(*assets.damaged(file)) from error


def make_task(
    about: TaskInfo,
    model: nn.Module,
    reader: Reader,
    texts: Callable[[str], Texts],
    counts: Mapping[str, int],
    shown: Callable[[str, int], Answer] | None = None,
    early: Callable[[], nn.Module | None] = lambda: None,
    shifted: Callable[[str, int], Callable[[str], Texts]] | None = None,
) -> Task:
    """Join a classifier and its texts to a task; `texts` takes a split's name and returns Texts.

    shifted: (kind of shift, strength) -> such a function for shifted data.
    """
    kind = KINDS[about.name]
    names = [name for name, _ in model.named_parameters()]
    aside = {
        name for name in names if any(part in name for part in ("position_", "token_type", "pooler", "classifier"))
    }

    def said(model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
        words = texts(split).words[:limit]
        for begin in range(0, len(words), kind.slice):
            with torch.inference_mode():
                answers = model(padded(words[begin : begin + kind.slice], reader.shortest))
            yield answers

    def draw(asked: BatchRequest) -> Iterator[Batch]:
        data = texts(asked.split)
        for chosen in asked.shuffled(len(data.labels)):
            words = padded([data.words[i] for i in chosen.tolist()], reader.shortest)
            if "drop" in asked.augment:
                hidden = (torch.rand(words.shape, generator=asked.generator) < DROPPED) & (words != NOTHING)
                words = words.masked_fill(hidden, reader.unknown)
            yield words, data.labels[chosen]

    def answer(model: nn.Module, text: str) -> Answer:
        words = understood(reader, text)
        with torch.no_grad():
            best, rows = likely(model(padded([words], reader.shortest)), CLASSES)
        known = sum(word != reader.unknown and word not in reader.closing for word in words)
        cut = f" {told}" if (told := reader.how_much(text)) else ""
        return Answer(f"{best} (it read {known} known words or parts of words).{cut}", tuple(rows))

    @functools.cache
    def median() -> list[int]:
        """Return the validation text of the median length."""
        by_length = sorted(texts("validation").words, key=len)
        return by_length[len(by_length) // 2]

    def typical(count: int) -> Tensor:
        return padded([median()] * count, reader.shortest)

    def under(kind: str, strength: int) -> Task:
        return make_task(about, model, reader, shifted(kind, strength), counts, shown, early)

    def fresh() -> nn.Module:
        if isinstance(model, TextTransformer):
            return model.as_configured()
        return TextCNN()

    prunable = prunable_parameters(model, aside)
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable,
        example=torch.full((1, max(reader.shortest, 8)), reader.unknown),
        inputs=Inputs(
            reader.inputs,
            typical=typical,
            usual_size=lambda: f"{len(median())} {reader.unit}, the median of the validation data",
            variable_length=True,
        ),
        training=Training(("drop",), kind.recipe_defaults, early, fresh),
        draw=draw,
        count=counts.__getitem__,
        heads=heads_of(model),
        shifts={kind: functools.partial(under, kind) for kind in corruptions.TEXTS} if shifted else {},
        opt_in_parameters=tuple(name for name in prunable if "embedding" in name),
        demo=Demo(
            "Type a headline and see what both networks make of it",
            "Headline",
            "opec ministers agree to cut oil output after prices fall",
            answer,
            changed,
            "A few English words as a newswire of 1987 might have them.",
        ),
        uploads=UploadAdapter(
            "text",
            lambda given: padded([understood(reader, each) for each in given], reader.shortest),
            aliases=TOPICS,
            how_much=reader.how_much,
        ),
        packaging=Packaging(reader.files),
        quick_eval_size=kind.quick_eval_size,
        **classifier(CLASSES, said, lambda split: texts(split).labels, shown),
    )


def understood(reader: Reader, text: str) -> list[int]:
    """Read what somebody typed. Raises BadInput for what is empty, too long, or holds no known word."""
    if not text.strip():
        raise BadInput("There is no text to read.", "Type a few words.")
    if len(text) > LONGEST:
        raise BadInput(f"This text has {len(text):,} characters.", f"Give at most {LONGEST:,}.")
    words = reader.read([text])[0]
    if not any(word != reader.unknown and word not in reader.closing for word in words):
        raise BadInput(
            "None of these words is known: the network has only ever read English newswires.",
            "Type a few English words, for example about oil, grain or earnings.",
        )
    return words


def padded(words: list[list[int]], shortest: int, filler: int = NOTHING) -> Tensor:
    """Lay texts side by side, int (n, longest), filled up with the number of no word at all."""
    longest = max(shortest, *(len(each) for each in words))
    return torch.tensor([each + [filler] * (longest - len(each)) for each in words])


def heads_of(model: nn.Module) -> tuple[Heads, ...]:
    """List the attention layers of a BERT-like network."""
    found = []
    for name, module in model.named_modules():
        if all(hasattr(module, part) for part in ("query", "key", "value", "num_attention_heads")):
            rows = tuple(f"{name}.{part}.{leaf}" for part in ("query", "key", "value") for leaf in ("weight", "bias"))
            behind = f"{name.rpartition('.')[0]}.output.dense.weight"
            found.append(Heads(module.num_attention_heads, rows, (behind,)))
    return tuple(found)


def word_reader(vocabulary: list[str], longest: int = 128) -> Reader:
    """Read whole words by a vocabulary, whose first word has number 2."""
    numbers = {word: place for place, word in enumerate(vocabulary, UNKNOWN + 1)}

    def read(texts: list[str]) -> list[list[int]]:
        return [[numbers.get(word, UNKNOWN) for word in words(text)[:longest]] for text in texts]

    inputs = (
        "the numbers of up to 128 lower-case words; vocabulary.json lists them, the first is 2, an unknown word 1, "
        f"none 0. It answers with 8 numbers; the largest names the topic: {', '.join(CLASSES)}."
    )
    files = {"vocabulary.json": json.dumps(vocabulary).encode()}
    return Reader(read, UNKNOWN, frozenset(), 5, inputs, files, longest, lambda text: len(words(text)), "words")


def words(text: str) -> list[str]:
    """Split a text into lower-case words of letters and digits."""
    return re.findall(r"[^\W_]+", text.lower())


def piece_reader(tokenizer: Any, files: Mapping[str, bytes], longest: int = 64) -> Reader:
    """Read word pieces by a fast tokenizer of the library `transformers`."""

    def read(texts: list[str]) -> list[list[int]]:
        return tokenizer(texts, truncation=True, max_length=longest)["input_ids"]

    inputs = (
        f"the numbers of up to {longest} word pieces, as tokenizer.json gives them; 0 stands for none. It answers with "
        f"8 numbers; the largest names the topic: {', '.join(CLASSES)}."
    )
    closing = frozenset((tokenizer.cls_token_id, tokenizer.sep_token_id))

    def length(text: str) -> int:
        return len(tokenizer(text, verbose=False)["input_ids"])

    return Reader(read, tokenizer.unk_token_id, closing, 3, inputs, files, longest, length, "word pieces")


def _small(assets: Assets, name: str) -> tuple[nn.Module, Reader]:
    model = TextCNN()
    file = f"models/{name}.safetensors"
    try:
        vocabulary = json.loads(assets.read(f"models/{name}-vocabulary.json"))
        model.load_state_dict(load_safetensors(assets.read(file)))
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise TaskUnavailable(*assets.damaged(file)) from error
    return model, word_reader(vocabulary)


FOLDER_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def _transformer(assets: Assets, name: str) -> tuple[nn.Module, Reader]:
    try:
        transformers = importlib.import_module("transformers")
    except ImportError as error:
        raise TaskUnavailable(
            "This model needs the package transformers, which is not installed.",
            "Install what the app needs: pip install -r requirements.txt",
        ) from error
    folder = assets.root / "models" / name
    files = {file: assets.read(f"models/{name}/{file}") for file in FOLDER_FILES}  # each is compared with its hash
    try:
        model = TextTransformer(folder)
        model.network = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise TaskUnavailable(*assets.damaged(f"models/{name}/model.safetensors")) from error
    shipped = {file: files[file] for file in ("config.json", "tokenizer.json")}
    return model, piece_reader(tokenizer, shipped)


KINDS = {
    "reuters-cnn": Kind(
        _small,
        "Text CNN - news topics (Reuters)",
        "Filters that look at three, four or five words at a time. The fast one of the two.",
        TRAINED,
        250,
        1000,
        {
            "quick": {"epochs": 3, "learning_rate": 2e-3},
            "careful": {"augment": ("drop",)},
        },
    ),
    "reuters-minilm": Kind(
        _transformer,
        "MiniLM transformer - news topics (Reuters)",
        "Three layers of attention, which had read a billion sentences before it learned to sort newswires.",
        f"{TRAINED}, starting from all-MiniLM-L6-v2 (Wang et al. 2020, Apache-2.0)",
        50,
        200,
        {
            "quick": {"learning_rate": 4e-4, "batch_size": 32},
            "careful": {"learning_rate": 4e-4, "batch_size": 32, "epochs": 2, "augment": ("drop",)},
        },
    ),
}


def info(name: str, parameters: int) -> TaskInfo:
    """Describe one of the shipped networks for the catalogue."""
    kind = KINDS[name]
    return TaskInfo(
        name, kind.title, "language", "Accuracy", parameters, SOURCE, True, kind.about, weights=kind.weights
    )
