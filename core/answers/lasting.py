"""Find and keep answers that last: first those that ship, then those of the store."""

import json
import zlib

from core.answers.data import Answer, answer_to_data, data_to_answer
from core.answers.names import answer_name, fingerprint
from core.answers.shipped import may_ship, read_curve, stop_of
from core.errors import PlaygroundError
from core.keys import Key
from core.measure import PlanResult
from core.memo import Memo
from core.pruning import PruningPlan
from core.stages import catalogue_name
from core.store import Store, StoreUnavailable
from core.store.answers import find_answer, forget_answer, keep_answer
from core.tasks.assets import Assets

LARGEST = 20_000_000
"""Bytes of an answer once unpacked."""

CURVES = 60
"""Shipped curves that are held at once, some hundred kilobytes each."""

FINGERPRINTS = 1_000
"""Networks whose fingerprints are held at once."""


class Lasting:
    """Hold what answers are looked up in; whatever cannot be read is as if it were not there, and is found anew.

    store: where answers are kept; assets: what ships.
    """

    def __init__(self, store: Store, assets: Assets) -> None:
        self._store, self._assets = store, assets
        self._curves, self._fingerprints = Memo(CURVES), Memo(FINGERPRINTS)

    def find(self, key: Key) -> Answer | None:
        """Return an answer that ships or was kept; None if there is none."""
        shipped = self._shipped(key)
        if shipped is not None:
            return shipped
        name = self._name(key)
        return self._kept(key, name) if name else None

    def keep(self, key: Key, answer: Answer) -> None:
        """Keep an answer if it is one that lasts; where the store has no room, nothing is lost but time."""
        name = self._name(key)
        if not name or not _fits(key.what, _plan_of(key), answer):
            return
        try:
            keep_answer(self._store, name, _packed(answer))
        except StoreUnavailable:
            return

    def _name(self, key: Key) -> str:
        network, manifest = catalogue_name(key.network), self._assets.manifest
        return answer_name(manifest, key, self._fingerprints.get(network, lambda: fingerprint(manifest, network)))

    def _kept(self, key: Key, name: str) -> Answer | None:
        try:
            content = find_answer(self._store, name)
            if content is None:
                return None
            answer = _unpacked(content)
            if answer is None or not _fits(key.what, _plan_of(key), answer):
                forget_answer(self._store, name)
                return None
            return answer
        except StoreUnavailable:
            return None

    def find_repaired(self, network: str, plan: PruningPlan, how: str) -> PlanResult | None:
        """Return how a network is once it is repaired in a way, if that ships; None otherwise."""
        found = self._at_stop(network, plan, "result", how)
        return found if isinstance(found, PlanResult) else None

    def _shipped(self, key: Key) -> Answer | None:
        subject = key.subject
        if subject is None or subject.stage != "pruned" or key.network != subject.network:
            return None
        return self._at_stop(subject.network, subject.plan, key.what)

    def _at_stop(self, network: str, plan: PruningPlan, what: str, repair: str = "") -> Answer | None:
        stop, base = stop_of(plan), plan.without_amount
        if stop is None or not may_ship(base, repair) or network not in self._assets.manifest["models"]:
            return None
        stops = self._curves.get((network, base, repair), lambda: read_curve(self._assets, network, base, repair))
        if stop >= len(stops) or what not in stops[stop]:
            return None
        try:
            answer = data_to_answer(stops[stop][what])
        except PlaygroundError:
            return None
        return answer if _fits(what, plan, answer) else None


def _plan_of(key: Key) -> PruningPlan | None:
    return key.subject.plan if key.subject else None


def _fits(what: str, plan: PruningPlan | None, answer: Answer) -> bool:
    """Tell whether an answer can be the one that is meant: of its kind, of its plan if any, and of all examples."""
    if not isinstance(answer, PlanResult):
        return what == "cost"
    return what == "result" and answer.settled and plan in (None, answer.plan)


def _packed(answer: Answer) -> bytes:
    return zlib.compress(json.dumps(answer_to_data(answer), separators=(",", ":")).encode())


def _unpacked(content: bytes) -> Answer | None:
    """Read an answer; None if it is damaged, or larger than any answer is."""
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(content, LARGEST)
        return data_to_answer(json.loads(plain)) if unpacking.eof else None
    except (zlib.error, ValueError, PlaygroundError):
        return None
