"""Names of tensors: what was put before them, or within them, is found by comparing them with the wanted ones."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from core.language import text, text_of
from core.uploads.checkpoints.state import State, Tensors, named, short
from core.uploads.limits import MAX_NAME_CHARACTERS

OLD_LEAVES = {"gamma": "weight", "beta": "bias"}
"""What TensorFlow calls the weight and the bias of a normalisation -> what torch does."""


MAX_PARTS = 12
"""Parts of a name, from the end, that are compared where a layer stands in a row of its own."""


@dataclass(frozen=True)
class Match:
    """Join a name of the file to a wanted one; dropped, added: what it loses and gains."""

    found: str
    wanted: str
    dropped: str
    added: str


def match_names(state: State, wanted: Tensors) -> State:
    """Give tensors the names that a network wants, where one differs by parts put before or into it.

    Of several that would have the same name the fitting one stays, of these one of the largest group; where one group
    is the whole network, what lies outside of it is left out.
    """
    if all(name in wanted for name in state.tensors) and len(state.tensors) == len(wanted):
        return state
    best = max(
        (_matches(state.tensors, wanted, added) for added in _prefixes(wanted)),
        key=lambda each: _worth(each, state, wanted),
    )
    chosen = _one_each(best, state.tensors, wanted)
    renamed = {each.wanted: state.tensors[each.found] for each in chosen}
    taken = {each.found for each in chosen}
    rest = {name: value for name, value in state.tensors.items() if name not in taken}
    steps = list(_sentences(chosen))
    outside = _outside(chosen, best, rest, wanted)
    if outside:
        left_out = text_of(
            "Left out {count:,} tensor outside of this network: {names}.",
            "Left out {count:,} tensors outside of this network: {names}.",
            len(outside),
            names=named(outside),
        )
        steps.append(left_out)
    kept = {f"{name}{' (again)' * (name in renamed)}": rest[name] for name in rest if name not in outside}
    return _without_numbers(state.after({**renamed, **kept}, *steps), wanted)


def _without_numbers(state: State, wanted: Tensors) -> State:
    """Read the only layer with weights in a row as the layer that a network has in its place, or the other way round.

    People put a last layer of their own behind dropout, in a row with it, which counts its members in their names.
    """
    missing: dict[str, list[str]] = defaultdict(list)
    for other in wanted:
        if other not in state.tensors:
            for name in _numberless(other):
                missing[name].append(other)
    extra = [name for name in state.tensors if name not in wanted and len(name) <= MAX_NAME_CHARACTERS]
    endings = {one: {ending for name in _numberless(one) for ending in _endings(name)} for one in extra}
    pairs = sorted({(one, other) for one in extra for ending in endings[one] for other in missing.get(ending, ())})
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    sure = {
        one: other
        for one, other in pairs
        if firsts[one] == seconds[other] == 1 and state.tensors[one].shape[1:] == wanted[other].shape[1:]
    }
    if not sure:
        return state
    tensors = {sure.get(name, name): value for name, value in state.tensors.items()}
    owners = {(one.rpartition(".")[0], other.rpartition(".")[0]) for one, other in sure.items()}
    return state.after(
        tensors,
        *(
            text(
                "Read `{one}` as `{other}`; what may stand in a row with it has no weights.",
                one=short(one),
                other=short(other),
            )
            for one, other in sorted(owners)
        ),
    )


def _numberless(name: str) -> set[str]:
    """Return a name as it is, and without the number right before its last part."""
    pieces = name.split(".")
    return {name, ".".join([*pieces[:-2], pieces[-1]])} if len(pieces) > 2 and pieces[-2].isdigit() else {name}


def _prefixes(wanted: Iterable[str]) -> list[str]:
    """List what a file may lack before its names: nothing, or what at least half of the wanted names begin with."""
    names = list(wanted)
    counts = Counter(
        "".join(f"{part}." for part in name.split(".")[:depth])
        for name in names
        for depth in range(1, name.count(".") + 1)
    )
    return ["", *(prefix for prefix, count in counts.items() if 2 * count >= len(names) and count > 1)]


def _matches(found: Iterable[str], wanted: Tensors, added: str) -> list[Match]:
    """Match each name of a file that is a wanted one, once parts were dropped and `added` was put before it."""
    parts = {part for name in wanted for part in name.split(".")}
    most = max(name.count(".") for name in wanted) + 1
    matches = (_match(name, wanted, parts, added, most) for name in found if len(name) <= MAX_NAME_CHARACTERS)
    return [match for match in matches if match is not None]


def _match(name: str, wanted: Tensors, parts: set[str], added: str, most: int) -> Match | None:
    """Match one name: as it is, without its beginning, or without what no wanted name has within it.

    parts: all parts of the wanted names; most: how many of these a name has at most.
    """
    pieces = name.split(".")
    pieces = [*pieces[:-1], OLD_LEAVES.get(pieces[-1], pieces[-1]) if pieces[-1] not in parts else pieces[-1]]
    known = [piece for piece in pieces if piece in parts or piece.isdigit()]
    for some in (pieces, known):
        for begin in range(max(0, len(some) - most), len(some)):
            ending = ".".join(some[begin:])
            for before in dict.fromkeys(("", added)):
                if f"{before}{ending}" in wanted:
                    return Match(name, f"{before}{ending}", _dropped(pieces, some, begin), before)
    return None


def _dropped(pieces: list[str], some: list[str], begin: int) -> str:
    """Return what a name loses: its beginning, or the parts within it that are unknown."""
    if some == pieces:
        return "".join(f"{piece}." for piece in pieces[:begin])
    kept = Counter(some[begin:])
    lost = []
    for piece in reversed(pieces):
        if kept[piece]:
            kept[piece] -= 1
        else:
            lost.append(f"{piece}.")
    return "".join(reversed(lost))


def _worth(matches: list[Match], state: State, wanted: Tensors) -> tuple[int, int, int]:
    """Say how good a way to match is: wanted tensors of the right sides, all that it finds, how little it adds."""
    fitting = {each.wanted for each in matches if _same_sides(each, state.tensors, wanted)}
    return len(fitting), len({each.wanted for each in matches}), -sum(len(each.added) for each in matches)


def _same_sides(match: Match, found: Tensors, wanted: Tensors) -> bool:
    return found[match.found].shape == wanted[match.wanted].shape


def _one_each(matches: list[Match], found: Tensors, wanted: Tensors) -> list[Match]:
    """Choose one of the tensors that would have the same name: a fitting one, of the largest group, the first."""
    groups = Counter((each.dropped, each.added) for each in matches if _same_sides(each, found, wanted))
    places = {
        group: place for place, (group, _) in enumerate(groups.most_common())
    }  # of equal ones the first in the file

    def order(each: Match) -> tuple[bool, bool, int]:
        place = places.get((each.dropped, each.added), len(places))
        return not _same_sides(each, found, wanted), each.found != each.wanted, place

    chosen: dict[str, Match] = {}
    for each in sorted(matches, key=order):
        chosen.setdefault(each.wanted, each)
    return [each for each in matches if chosen[each.wanted] is each]


def _outside(chosen: list[Match], matches: list[Match], rest: Tensors, wanted: Tensors) -> list[str]:
    """List what lies beside a whole network: whole copies of it, and what has not the beginning that all of it has."""
    needed = {name for name, value in wanted.items() if value.is_floating_point()}
    if not needed <= {each.wanted for each in chosen}:
        return []
    groups: dict[str, list[Match]] = defaultdict(list)
    for each in matches:
        if each.found in rest:
            groups[each.dropped].append(each)
    whole = [group for group in groups.values() if needed <= {each.wanted for each in group}]
    copies = {each.found for group in whole for each in group}
    begins = {each.dropped for each in chosen}
    prefix = begins.pop() if len(begins) == 1 else ""
    return [name for name in rest if name in copies or (prefix and not name.startswith(prefix))]


def _sentences(chosen: list[Match]) -> Iterable[str]:
    """Say what names lost and gained, the most frequent first."""
    dropped = Counter(each.dropped for each in chosen if each.dropped)
    added = Counter(each.added for each in chosen if each.added)
    for what, count in dropped.most_common(4):
        yield text_of(
            "Took `{what}` off {count:,} name.", "Took `{what}` off {count:,} names.", count, what=short(what)
        )
    if others := sum(dropped.values()) - sum(count for _, count in dropped.most_common(4)):
        yield text_of("Took other beginnings off {count:,} name.", "Took other beginnings off {count:,} names.", others)
    for what, count in added.items():
        yield text_of(
            "Put `{what}` before {count:,} name.", "Put `{what}` before {count:,} names.", count, what=short(what)
        )
    if old := sum(each.found.rpartition(".")[2] in OLD_LEAVES for each in chosen):
        yield text_of(
            "Renamed {count:,} weight of normalisations, gamma and beta elsewhere.",
            "Renamed {count:,} weights of normalisations, gamma and beta elsewhere.",
            old,
        )


def _endings(name: str) -> set[str]:
    """Return the last parts of a name, two of them or more."""
    pieces = name.split(".")[-MAX_PARTS:]
    return {".".join(pieces[begin:]) for begin in range(max(1, len(pieces) - 1))}
