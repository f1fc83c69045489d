"""What stems were taken from: the song or recording, which the mixer plays in their place.

Its samples are kept beside theirs, from the moment that there are stems of it.
"""

from django.db.models import Q, QuerySet
from django.utils import timezone

from studio.media import slices
from studio.models import Asset, Preview, Task


def of(task: Task) -> Preview | None:
    """Return the preview of what `task` is made from, if there is one."""
    # Beside its page this is there already.
    if task.source_upload:
        return getattr(task.source_upload, "preview", None)
    previews = Preview.objects.select_related("asset")
    if task.source_track_id:
        return previews.filter(asset__sound_of=task.source_track_id).first()
    return previews.filter(asset=task.source_stem_id).first() if task.source_stem_id else None


def expect(original: Preview | None) -> None:
    """Have the samples of an original made, if they are not there, nor on their way, nor failed."""
    if not original or original.samples or original.due_at or original.attempts:
        return
    sound = original.asset or original.upload
    if sound and sound.duration and sound.duration <= slices.LONGEST:
        missing = Preview.objects.filter(pk=original.pk, samples="", due_at=None)
        missing.update(due_at=timezone.now())


def tasks(preview: Preview) -> "QuerySet[Task]":
    """Return the tasks whose stems were taken from it, none where it is too long for them."""
    sound = preview.asset or preview.upload
    if not sound or (sound.duration or 0) > slices.LONGEST:
        return Task.objects.none()
    here = Q(source_upload=preview.upload_id) if preview.upload_id else Q()
    there = Q(source_track__sound=preview.asset_id) if preview.asset_id else Q()
    return Task.objects.filter(here, there, assets__kind=Asset.Kind.STEM).distinct()
