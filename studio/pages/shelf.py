"""Which songs and recordings a page of the library holds, in which order, and where it goes on.

Songs and recordings are two tables. Each is followed by its own keys, and the two are put together
by what they are in order of, so that a page costs the same however deep it lies.
"""

from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Collate, Lower

from studio.models import Track, Upload
from studio.pages import counting, doors
from studio.pages.doors import Door
from studio.pages.keys import is_key
from studio.pages.rows import fitting
from studio.templatetags.studio import person

PAGE = 30
# Of whoever made it.
_NAMES = ("username", "first_name", "last_name")


@dataclass(frozen=True)
class Item:
    """One line: a song, which stands for its variations, or a recording.

    `key` is that of the song's task or of the recording; `sort` is what the lines are in order of.
    """

    key: int
    sort: Any
    track: Track | None
    upload: Upload | None
    who: str
    versions: int
    doors: list[Door]

    @property
    def place(self) -> str:
        """Return the line's id in the page."""
        return f"{'song' if self.track else 'recording'}-{self.key}"

    @property
    def row(self) -> Any:
        """Return the song or the recording."""
        return self.track or self.upload

    @property
    def seconds(self) -> float | None:
        """Return how long it sounds, as measured; else as the API tells."""
        sound = self.track.sound if self.track else None
        measured = sound.duration if sound else None
        return measured or self.row.duration

    @property
    def moment(self) -> datetime:
        """Return when it came."""
        return self.track.task.created_at if self.track else self.row.created_at


@dataclass(frozen=True)
class Place:
    """Where a page begins: after this song and this recording, and in their order this title."""

    song: int = 0
    recording: int = 0
    title: str = ""

    def __str__(self) -> str:
        return f"{self.song}.{self.recording}.{self.title}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return the place that an address names, the beginning where it names none."""
        song, _, rest = text.partition(".")
        recording, _, title = rest.partition(".")
        if not (is_key(song) and is_key(recording)):
            return cls()
        return cls(int(song), int(recording), title.replace("\x00", ""))

    def after(self, page: list[Item], order: str) -> "Place":
        """Return the place behind `page`, which begins at this one."""
        title = str(page[-1].sort) if order == "title" else ""
        song, recording = (self.song, self.recording) if title == self.title else (0, 0)
        for item in page:
            if title and item.sort != title:
                continue
            song = item.key if item.track else song
            recording = item.key if item.upload else recording
        return Place(song, recording, title)


def page(kind: str, q: str, order: str, place: Place) -> list[Item]:
    """Return the lines from `place` on, and one more than a page where there are more."""
    songs, recordings = kind != "recordings", kind in ("", "recordings")
    streams = [
        _songs(q, order, place, kind == "starred") if songs else [],
        _recordings(q, order, place) if recordings else [],
    ]
    return list(islice(merge(*streams, key=_sorted_by, reverse=not order), PAGE + 1))


def _sorted_by(item: Item) -> Any:
    return item.sort


def leads() -> "QuerySet[Track]":
    """Return the songs that stand for their families: of variations the starred, or the first."""
    others = Track.objects.filter(task=OuterRef("task"))
    is_before = Q(order__lt=OuterRef("order")) | Q(order=OuterRef("order"), pk__lt=OuterRef("pk"))
    better = others.filter(Q(is_starred=True) | is_before)
    return Track.kept.filter(Q(is_starred=True) | ~Exists(better))


def _songs(q: str, order: str, place: Place, starred: bool) -> list[Item]:
    tracks = leads().select_related("task__created_by", "sound", "image")
    if starred:
        tracks = tracks.filter(is_starred=True)
    if q:
        # Any of its variations is a way to a song.
        names = ("title", "tags", *(f"task__created_by__{name}" for name in _NAMES))
        fits = fitting(Track.kept.all(), q, "task", *names, *counting.words("sound__preview"))
        tracks = tracks.filter(task__in=fits)
    found = list(_from(tracks, "task_id", order, place.song, place.title)[: PAGE + 1])
    keys = [track.task_id for track in found]
    counted = Track.objects.filter(task__in=keys).order_by().values_list("task")
    versions = dict(counted.annotate(Count("pk")))
    made = doors.of_songs(keys)
    return [
        Item(
            key=track.task_id,
            sort=_sort(track, track.task.created_at),
            track=track,
            upload=None,
            who=person(track.task.created_by),
            versions=versions[track.task_id],
            doors=made.get(track.task_id, []),
        )
        for track in found
    ]


def _recordings(q: str, order: str, place: Place) -> list[Item]:
    uploads = Upload.kept.filter(question="").select_related("created_by")
    if q:
        names = ("title", "tags", *(f"created_by__{name}" for name in _NAMES))
        fits = fitting(uploads, q, "pk", *names, *counting.words("preview"))
        uploads = uploads.filter(pk__in=fits)
    found = list(_from(uploads, "pk", order, place.recording, place.title)[: PAGE + 1])
    made = doors.of_recordings([upload.pk for upload in found])
    return [
        Item(
            key=upload.pk,
            sort=_sort(upload, upload.created_at),
            track=None,
            upload=upload,
            who=person(upload.created_by),
            versions=1,
            doors=made.get(upload.pk, []),
        )
        for upload in found
    ]


def _sort(row: Any, moment: Any) -> Any:
    return getattr(row, "sort", moment)


def _from(rows: "QuerySet[Any]", key: str, order: str, after: int, title: str) -> "QuerySet[Any]":
    """Put `rows` in order, from the one behind `after` on."""
    if order == "title":
        # By the letters' numbers, so that both tables and Python agree in every language.
        rows = rows.annotate(sort=Collate(Lower("title"), _collation()))
        is_behind = Q(sort__gt=title) | Q(sort=title, **{f"{key}__gt": after})
        return rows.filter(is_behind).order_by("sort", key)
    if order == "oldest":
        return rows.filter(**{f"{key}__gt": after}).order_by(key)
    if after:
        rows = rows.filter(**{f"{key}__lt": after})
    return rows.order_by(F(key).desc())


def _collation() -> str:
    return "BINARY" if connection.vendor == "sqlite" else "C"
