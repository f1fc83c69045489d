"""What came from what: a song's forebears, and everything made from it by anybody."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from studio.models import Task, Track, Upload

# Generations that are followed; a ring cannot arise, but a query for each has its price.
DEPTH = 10


def ancestors(track: Track) -> list[Track | Upload]:
    """Give the song or file that `track` was made from, then what that was made from, and so on."""
    found: list[Track | Upload] = []
    task: Task | None = track.task
    while task and len(found) < DEPTH:
        source = task.source_track or task.source_upload
        if source:
            found.append(source)
        task = source.task if isinstance(source, Track) else None
    return found


def made_from(track: Track) -> "QuerySet[Task]":
    """Give every task whose source is `track`, or a song that came from it; newest first."""
    first = _by_ids(track) | Task.objects.filter(source_track=track)
    found = fresh = set(first.values_list("pk", flat=True))
    for _ in range(DEPTH):
        if not fresh:
            break
        later = Task.objects.filter(source_track__task__in=fresh)
        fresh = set(later.values_list("pk", flat=True)) - found
        found = found | fresh
    return Task.objects.filter(pk__in=found).order_by("-pk")


def touch(task_pk: int) -> None:
    """Have the lines of what is made from a task's songs drawn anew: they show its pictures."""
    uses = Task.objects.filter(source_track__task=task_pk)
    # In the order of their keys, so that two who take many tasks never wait for each other.
    held = uses.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    Task.objects.filter(pk__in=list(held)).update(updated_at=timezone.now())


def _by_ids(track: Track) -> "QuerySet[Task]":
    """Give the tasks that name `track` by its ids; a cover is of all songs of its task."""
    return Task.objects.filter(
        Q(input__audio_id=track.audio_id) | Q(input__audio_id__isnull=True),
        input__task_id=track.task.task_id,
    ).exclude(pk=track.task_id)
