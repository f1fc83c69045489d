"""The trash: what is deleted rests there for a while, can be restored, and then goes for good.

Files stay on the disk until then. A task that was only asked for once is still that one task, and
what Vidgo tells of it is still kept.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from studio import operations
from studio.lifecycle import lineage, results
from studio.lifecycle.changes import NotPossibleError, User, actor, lock, tell
from studio.models import Event, Spent, Task, Upload

IN_USE = "Something else is being made from it at this moment."


def goes_at(deleted_at: datetime) -> datetime:
    """Return when what was deleted at that moment goes for good."""
    return deleted_at + timedelta(days=settings.STUDIO_TRASH_DAYS)


def old(now: datetime) -> tuple["QuerySet[Task]", "QuerySet[Upload]"]:
    """Return the tasks and the recordings whose time in the trash is over by `now`."""
    before = now - timedelta(days=settings.STUDIO_TRASH_DAYS)
    return (
        Task.objects.filter(deleted_at__lte=before),
        Upload.objects.filter(deleted_at__lte=before),
    )


def delete(task_pk: int, user: User) -> None:
    """Put a task that is over into the trash, with its songs and files.

    Raises NotPossibleError while something of it can still come or is still needed.
    """
    with transaction.atomic():
        task = lock(task_pk)
        _check_over(task)
        if task.deleted_at is None:
            task.deleted_at = timezone.now()
            tell(task, "Put into the trash", user)
            lineage.touch(task_pk)


def restore(task_pk: int, user: User) -> Task:
    """Take a task out of the trash."""
    with transaction.atomic():
        task = lock(task_pk)
        if task.deleted_at:
            task.deleted_at = None
            tell(task, "Restored from the trash", user)
            lineage.touch(task_pk)
    return task


def purge(task_pk: int, user: User = None) -> None:
    """Delete a task for good, with its songs, its history and our copies of its files.

    Raises NotPossibleError unless it is in the trash, and while it is needed.
    """
    with transaction.atomic():
        task = lock(task_pk)
        if task.deleted_at is None:
            raise NotPossibleError("It is not in the trash any more.")
        _check_over(task)
        results.remove(task.assets.all())
        if task.credits_amount and task.operation in operations.OPERATIONS:
            Spent.objects.create(
                operation=task.operation,
                credits_amount=task.credits_amount,
                created_by=task.created_by,
                created_at=task.created_at,
            )
        name = f"{operations.get(task.operation).noun} “{task.title}” (task {task.pk})"
        task.delete()
        # Without a task: it is what open pages refresh by, and who did it stays known.
        Event.objects.create(text=f"Deleted for good: {name}", actor=actor(user))


def delete_recording(pk: int, user: User) -> None:
    """Put a recording into the trash. What is being made from it goes on."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update(of=("self",)).get(pk=pk)
        if upload.deleted_at is None:
            _move(upload, timezone.now(), "Put into the trash", user)


def restore_recording(pk: int, user: User) -> None:
    """Take a recording out of the trash."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update(of=("self",)).get(pk=pk)
        if upload.deleted_at:
            _move(upload, None, "Restored from the trash", user)


def purge_recording(pk: int, user: User = None) -> None:
    """Delete a recording for good. Raises NotPossibleError unless it can be."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update(of=("self",)).get(pk=pk)
        if upload.deleted_at is None:
            raise NotPossibleError("It is not in the trash any more.")
        if upload.uses.exclude(status__in=Task.FINAL).exists():
            raise NotPossibleError(IN_USE)
        results.remove(Upload.objects.filter(pk=pk))
        Event.objects.create(text=f"Deleted for good: recording “{upload}”", actor=actor(user))


def _move(upload: Upload, moment: datetime | None, text: str, user: User) -> None:
    upload.deleted_at = moment
    upload.save(update_fields=["deleted_at"])
    Event.objects.create(text=f"{text}: recording “{upload}”", actor=actor(user))


def _check_over(task: Task) -> None:
    if not task.is_final:
        raise NotPossibleError("It is still being made: what is paid for is not thrown away.")
    sources = Q(source_track__task=task) | Q(source_stem__task=task)
    if Task.objects.filter(sources).exclude(status__in=Task.FINAL).exists():
        raise NotPossibleError(IN_USE)
