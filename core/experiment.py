"""The one object: what somebody has in hand, as data that can be hashed, linked and stored."""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Self
from urllib.parse import quote, unquote

from core.errors import BadInput, PlaygroundError
from core.language import text
from core.pruning import REPAIRS, PruningPlan
from core.tuning import Recipe

STAGES = ("dense", "pruned", "repaired", "fine-tuned")
"""What an experiment leads to, one from the other; each can be looked at, measured and taken home."""

STAGE_NAMES: Mapping[str, str] = {
    "dense": text("dense"),
    "pruned": text("pruned"),
    "repaired": text("repaired"),
    "fine-tuned": text("fine-tuned"),
}
"""How people read them within a sentence, ..."""

STAGE_TITLES: Mapping[str, str] = {
    "dense": text("Dense"),
    "pruned": text("Pruned"),
    "repaired": text("Repaired"),
    "fine-tuned": text("Fine-tuned"),
}
"""... and as a label."""

USUAL_NETWORK = "fashion-lenet5"

USUAL_PERCENT = "80"
"""Percent that a link without an amount removes: where the drop of the first network is just visible."""

LONGEST = 4_000
"""Characters of one value in a link; what is longer was not written by this app."""

LONGEST_NAME = 250
"""Characters of a network's name: an id of the Hub at a commit, with the hash of other weights, takes 210."""

ID = re.compile(r"[0-9a-f]{20}")


@dataclass(frozen=True)
class Experiment:
    """Hold every choice that leads from a network to what somebody looks at.

    network: its name in the catalogue, or "hub:ID@COMMIT" for one of the Hub; with "#HASH" behind it for weights from
        the store.
    target: name of the data to adapt to; "" for the network's own.
    plan: what is removed.
    repair: how the kept weights are solved for, one of REPAIRS; "" for not at all.
    recipe: how it is fine-tuned; None for not at all.
    parent: id of the experiment whose last stage this one begins with, or that experiment; "" for the network as it is.

    Raises BadInput for a name or a parent that cannot be one.
    """

    network: str = USUAL_NETWORK
    target: str = ""
    plan: PruningPlan = field(default_factory=PruningPlan)
    repair: str = ""
    recipe: Recipe | None = None
    parent: "str | Experiment" = ""

    def __post_init__(self) -> None:
        parent = self.parent.id if isinstance(self.parent, Experiment) else self.parent or ""
        object.__setattr__(self, "parent", parent)
        object.__setattr__(self, "target", self.target or "")
        object.__setattr__(self, "repair", self.repair or "")
        for name in (self.network, self.target, self.repair):
            if len(name) > LONGEST_NAME or not name.isprintable():
                raise BadInput(
                    text("{name!r} cannot be a name here.", name=name[:60]), text("Choose one from the list.")
                )
        if self.repair and self.repair not in REPAIRS:
            raise BadInput(
                text("{name!r} is no way to repair a network here.", name=self.repair[:60]),
                text("Choose one from the list."),
            )
        if not self.network:
            raise BadInput(text("This experiment names no network."), text("Choose one from the list."))
        if parent and not ID.fullmatch(parent):
            raise BadInput(
                text("{parent!r} is no experiment.", parent=parent[:60]),
                text("Begin with a network, or from one of your own runs."),
            )

    @property
    def id(self) -> str:
        """Return a hash of the content, 20 hexadecimal digits, the same on every machine."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:20]

    def canonical(self) -> str:
        """Return the content as JSON with sorted keys, without what is as usual, so that new choices keep old ids."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain data, without what is as usual."""
        content: dict[str, Any] = {"network": self.network}
        if changed := _changes(self.plan):
            content["plan"] = {**changed, "overrides": dict(self.plan.overrides)} if self.plan.overrides else changed
        if self.recipe is not None:
            content["recipe"] = _changes(self.recipe)
        content |= {key: value for key in ("target", "repair", "parent") if (value := getattr(self, key))}
        return content

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return the experiment that `to_dict` described. Raises BadInput, BadPlan or BadRecipe if it cannot be one."""
        known = {each.name for each in dataclasses.fields(cls)}
        if unknown := set(content) - known:
            raise BadInput(
                text("This experiment holds {unknown}, which is not known here.", unknown=sorted(unknown)),
                text("Update this app."),
            )
        recipe = content.get("recipe")
        try:
            return cls(
                network=content["network"],
                target=content.get("target", ""),
                plan=PruningPlan(**content.get("plan", {})),
                repair=content.get("repair", ""),
                recipe=None if recipe is None else Recipe(**{**recipe, "augment": tuple(recipe.get("augment", ()))}),
                parent=content.get("parent", ""),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInput(text("This experiment cannot be read."), text("Choose a network and begin anew.")) from error

    def to_link(self) -> dict[str, str]:
        """Return the content as parameters of an address, from which `from_link` makes an equal experiment."""
        plan, link = self.plan, {"model": self.network}
        if plan.threshold is not None:
            link["cut"] = repr(float(plan.threshold))
        elif plan.sparsity is not None:
            link["threshold"] = _percent(plan.sparsity)
        elif not plan.pattern:
            link["threshold"] = "none"
        if plan.pattern:
            link |= {"remove": "N:M", "n": str(plan.pattern[0]), "m": str(plan.pattern[1])}
        elif plan.granularity != PruningPlan.granularity:
            link["remove"] = plan.granularity
        for key, name in (("judge", "criterion"), ("scope", "scope"), ("norm", "norm")):
            if (value := getattr(plan, name)) != getattr(PruningPlan, name):
                link[key] = value
        if plan.embeddings:
            link["tables"] = "True"
        if plan.seed:
            link["seed"] = str(plan.seed)
        if plan.overrides:
            shares = dict(plan.overrides)
            link["own"] = ",".join(f"{quote(name, safe='.')}:{_percent(share)}" for name, share in shares.items())
        if self.recipe is not None:
            link["learn"] = json.dumps(_changes(self.recipe), sort_keys=True, separators=(",", ":"))
        for key in ("target", "repair", "parent"):
            if value := getattr(self, key):
                link[key] = str(value)
        return link

    @classmethod
    def from_link(cls, link: Mapping[str, str]) -> Self:
        """Return the experiment that the parameters of an address describe; old addresses work too.

        Raises BadInput with what is wrong; `read_link` takes the usual choice in its place.
        """
        found, notes = read_link(link)
        if notes:
            raise BadInput(notes[0], text("Take the address as it was written, or choose anew."))
        return cls(**{each.name: getattr(found, each.name) for each in dataclasses.fields(cls)})


def read_link(link: Mapping[str, str]) -> tuple[Experiment, list[str]]:
    """Return what the parameters of an address describe, and a sentence for each that means nothing here.

    Whatever does not fit is left at the usual choice, so that a broken link opens something.
    """
    notes: list[str] = []
    given = {key: str(value) for key, value in link.items()}
    for key in [key for key, value in given.items() if len(value) > LONGEST]:
        notes.append(
            text(
                "The link's {key} is {count:,} characters long, which cannot be. It is left out.",
                key=key,
                count=len(given.pop(key)),
            )
        )

    def take(key: str, read: Callable[[str], Any], usual: Any) -> Any:
        if key not in given:
            return usual
        try:
            return read(given[key])
        except (ValueError, ArithmeticError, TypeError, PlaygroundError, RecursionError):
            notes.append(
                text(
                    "The link asks for {key} = {asked!r}, which is not there; the usual choice is shown.",
                    key=key,
                    asked=given[key][:60],
                )
            )
            return usual

    granularity = given.get("remove", PruningPlan.granularity)
    if granularity == "N:M":
        granularity = f"{take('n', _whole, 2)}:{take('m', _whole, 4)}"
    patterned = ":" in granularity
    usual = PruningPlan() if patterned else PruningPlan(sparsity=_share(USUAL_PERCENT))
    plan = take("threshold", _plan_of_share, usual)
    plan = take("cut", lambda value: PruningPlan(threshold=_number(value)), plan)
    # One after the other, so that what does not fit loses itself alone.
    readers: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
        ("remove", "granularity", lambda _: granularity),
        ("judge", "criterion", str),
        ("scope", "scope", str),
        ("norm", "norm", str),
        ("tables", "embeddings", _truth),
        ("seed", "seed", _whole),
        ("own", "overrides", _overrides),
    )
    for key, name, read in readers:
        plan = take(key, _replacing(plan, name, read), plan)
    found = Experiment(plan=plan, recipe=take("learn", _recipe, None))
    for key, name in (("model", "network"), ("target", "target"), ("repair", "repair"), ("parent", "parent")):
        found = take(key, _replacing(found, name, str), found)
    return found, notes


def _replacing(choices: Any, name: str, read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a way to make the same choices with one of them read from a text."""
    return lambda text: dataclasses.replace(choices, **{name: read(text)})


def _plan_of_share(text: str) -> PruningPlan:
    """Read how much of a network is removed, in percent or "none"."""
    return PruningPlan() if text == "none" else PruningPlan(sparsity=_share(text))


def _changes(choices: Any) -> dict[str, Any]:
    """Return those fields of a dataclass that are not as usual, tuples as lists."""
    found = {}
    for each in dataclasses.fields(choices):
        value = getattr(choices, each.name)
        if value != each.default:
            found[each.name] = list(value) if isinstance(value, tuple) else value
    return found


def _percent(share: float) -> str:
    """Write a share as percent, exactly: as many digits as it takes."""
    return f"{(Decimal(repr(float(share))) * 100).normalize():f}"


def _share(text: str) -> float:
    """Read percent as a share of 1. Raises ValueError for what is no number from 0 to 100."""
    try:
        share = float(Decimal(text) / 100)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


def _number(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise ValueError(text)
    return int(text)


def _truth(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(text)
    return text == "True"


def _overrides(text: str) -> dict[str, float]:
    parts = [part.rpartition(":") for part in text.split(",") if part]
    return {unquote(name): _share(share) for name, _, share in parts}


def _recipe(text: str) -> Recipe:
    given = json.loads(text)
    if not isinstance(given, dict):
        raise ValueError(text)
    return Recipe(**{**given, "augment": tuple(given.get("augment", ()))})
