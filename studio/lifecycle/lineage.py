"""What came from what: a song's forebears, and everything made from it by anybody."""

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils import timezone

from studio.models import Asset, Task, Track, Upload
from studio.operations import OPERATIONS

# Generations that are followed; a ring cannot arise, but a query for each has its price.
DEPTH = 10


def ancestors(track: Track) -> list[Track | Upload]:
    """Return the song or file `track` was made from, then what that was made from, and so on."""
    found: list[Track | Upload] = []
    task: Task | None = track.task
    while task and len(found) < DEPTH:
        if task.source_stem:
            # What counts is the song or file that the stem was taken from.
            task = task.source_stem.task
            continue
        source = task.source_track or task.source_upload
        if source and not _is_in_trash(source):
            found.append(source)
        task = source.task if isinstance(source, Track) else None
    return found


def made_from(track: Track) -> "QuerySet[Task]":
    """Return every task whose source is `track`, or what came from it; newest first.

    A song sung by a persona came from the song that the persona was made of.
    """
    first = _by_ids(track) | Task.objects.filter(source_track=track)
    found = fresh = set(first.values_list("pk", flat=True))
    for _ in range(DEPTH):
        if not fresh:
            break
        sources = Q(source_track__task__in=fresh) | Q(source_stem__task__in=fresh)
        later = Task.objects.filter(sources | _sung_with(fresh))
        fresh = set(later.values_list("pk", flat=True)) - found
        found = found | fresh
    return Task.kept.filter(pk__in=found).order_by("-pk")


def singer(task: Task) -> Asset | None:
    """Return the persona that sings in what `task` makes, None where there is none of ours."""
    value = task.input.get("persona_id")
    if not value:
        return None
    personas = Asset.kept.filter(kind=Asset.Kind.PERSONA, value=value)
    return personas.select_related("task__source_track").first()


def _is_in_trash(source: Track | Upload) -> bool:
    row = source.task if isinstance(source, Track) else source
    return row.deleted_at is not None


def _sung_with(tasks: Collection[int]) -> Q:
    """Return what finds the songs that the personas of `tasks` sing."""
    personas = Asset.objects.filter(kind=Asset.Kind.PERSONA, task__in=tasks).exclude(value="")
    values = list(personas.values_list("value", flat=True))
    singing = [one.name for one in OPERATIONS.values() if "persona_id" in one.form.base_fields]
    # Nobody's song costs no look at what every task was asked for.
    return Q(operation__in=singing, input__persona_id__in=values) if values else Q(pk__in=())


def touch(task_pk: int) -> None:
    """Have the lines of what is made from a task's songs drawn anew: they show its pictures."""
    uses = Task.objects.filter(source_track__task=task_pk)
    # In the order of their keys, so that two who take many tasks never wait for each other.
    held = uses.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    Task.objects.filter(pk__in=list(held)).update(updated_at=timezone.now())


def _by_ids(track: Track) -> "QuerySet[Task]":
    """Return the tasks that name `track` by its ids; a cover is of all songs of its task."""
    of_task = Q(input__task_id=track.task.vidgo_id)
    of_track = Q(input__audio_id=track.audio_id)
    named = of_track & (of_task | Q(input__task_id__isnull=True))
    whole = of_task & Q(input__audio_id__isnull=True)
    return Task.objects.filter(named | whole).exclude(pk=track.task_id)
