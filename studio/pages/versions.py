"""The versions of a song: its variations, what it was made from, and the songs made from it."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q

from studio import operations
from studio.models import Task, Track

# Versions that a page shows.
SHOWN = 100


@dataclass(frozen=True)
class Version:
    """One version: its song, what it is called, and whether it is the one that is looked at."""

    track: Track
    name: str
    is_here: bool


@dataclass(frozen=True)
class Versions:
    """The versions of one song: those shown, and those folded away behind the starred."""

    shown: list[Version]
    folded: list[Version]

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.shown) + len(self.folded)


def of(track: Track) -> Versions:
    """Return the versions of `track`: where one is starred, the others fold away."""
    found = _found(track)
    siblings = Counter(each.task_id for each in found)
    every = [_version(each, track, siblings[each.task_id]) for each in found]
    if not any(each.track.is_starred for each in every):
        return Versions(every, [])
    kept = [each for each in every if each.track.is_starred or each.is_here]
    return Versions(kept, [each for each in every if each not in kept])


def _found(track: Track) -> list[Track]:
    later = Task.kept.filter(source_track__task=track.task_id).order_by("-pk")
    keys = [track.task_id, *later.values_list("pk", flat=True)[:SHOWN]]
    versions = Q(task__in=keys) | Q(pk=track.task.source_track_id)
    tracks = Track.kept.filter(versions).select_related("task", "sound__preview", "image")
    return list(tracks.order_by("task_id", "order", "pk")[:SHOWN])


def _version(each: Track, here: Track, siblings: int) -> Version:
    number = each.order + 1
    if each.task_id == here.task_id:
        name = f"Version {number}"
    else:
        noun = operations.get(each.task.operation).noun
        name = f"{noun} {number}" if siblings > 1 else noun
    return Version(each, name, each.pk == here.pk)
