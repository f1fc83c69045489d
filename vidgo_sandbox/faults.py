"""Disturbances: by chance from a seed, or exactly as a test has scripted them."""

import random
import threading
from collections import Counter

_REQUEST_KINDS = (
    "drop_before",
    "delay",
    "drop_after",
    "500",
    "429",
    "455",
    "code_500",
    "code_429",
)
KINDS = {
    "submit": (*_REQUEST_KINDS, "early"),
    "detail": _REQUEST_KINDS,
    "callback": ("lost", "doubled", "late", "reversed", "stale", "foreign"),
    "file": ("cut", "500", "slow"),
    "task": ("fail",),
}
_LIKELIHOOD = {"submit": 0.33, "detail": 0.33, "callback": 0.33, "file": 0.25, "task": 0.0}


class Faults:
    """What goes wrong next; ``script`` holds (place, kind) pairs, used up in order."""

    def __init__(self, seed: int | None = None) -> None:
        self.script: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self._chance = None if seed is None else random.Random(seed)  # noqa: S311
        self._lock = threading.Lock()

    def take(self, place: str, without: tuple[str, ...] = ()) -> str | None:
        """Return the kind of fault that happens now at ``place``, or None.

        Kinds in ``without`` make no sense right now: a scripted one waits, chance picks another.
        Raises ValueError if the script holds a kind that does not exist.
        """
        with self._lock:
            kind = self._scripted(place, without)
            if kind is None and self._chance and self._chance.random() < _LIKELIHOOD[place]:
                kind = self._chance.choice([k for k in KINDS[place] if k not in without])
            if kind:
                self.counts[f"{place}:{kind}"] += 1
            return kind

    def between(self, low: float, high: float) -> float:
        """Return some number between two, for a delay."""
        with self._lock:
            return (self._chance or random).uniform(low, high)

    def calm(self) -> None:
        """Let nothing happen by chance from now on."""
        with self._lock:
            self._chance = None

    def _scripted(self, place: str, without: tuple[str, ...]) -> str | None:
        for entry in self.script:
            if entry[0] not in KINDS or entry[1] not in KINDS[entry[0]]:
                raise ValueError(f"no such fault: {entry}")
            if entry[0] == place and entry[1] not in without:
                self.script.remove(entry)
                return entry[1]
        return None
