"""What becomes of a task while its files are saved."""

from collections import Counter

from django.db import transaction
from django.db.models import Window
from django.db.models.functions import Now, RowNumber
from django.utils import timezone

from studio import leases
from studio.lifecycle import lineage, results
from studio.lifecycle.changes import due, lock, tell
from studio.models import Asset, Task


def next_to_save(share: int, most: int, task_pk: int | None = None) -> list[Asset]:
    """Return the files to be copied next, the longest due first: of one task or of all.

    A task has `share` of them in the queue or under way at once, however many it has: a thousand,
    or twenty whose server never answers, keep no other task's waiting. What has failed before waits
    behind what has not.
    """
    held = Asset.objects.filter(due_at__isnull=False, held_until__gt=Now())
    busy = Counter(held.order_by().values_list("task", flat=True))
    place = Window(RowNumber(), partition_by="task", order_by=("attempts", "due_at", "pk"))
    due_now = leases.free(Asset) if task_pk is None else leases.free(Asset).filter(task=task_pk)
    near = due_now.annotate(place=place).filter(place__lte=share).order_by("due_at", "pk")
    chosen = []
    for asset in near[:most]:
        if busy[asset.task_id] < share:
            busy[asset.task_id] += 1
            chosen.append(asset)
    return chosen


def asset_saved(task_pk: int, text: str) -> None:
    """Note a file's arrival in our storage, or its trouble, in the history of its task."""
    with transaction.atomic():
        task = lock(task_pk)
        tell(task, text)
        lineage.touch(task_pk)
        if results.is_saved(task):
            saved(task)


def ask_again(task_pk: int) -> None:
    """Have a task's files asked for anew, since a URL of theirs no longer works."""
    with transaction.atomic():
        task = lock(task_pk)
        if task.vidgo_id and task.due_at is None:
            task.attempts = 0
            due(task, 1)
            task.save()


def saved(task: Task) -> None:
    """Note, once, that all of a task is in our own storage."""
    if task.saved_at is None:
        task.saved_at = timezone.now()
        tell(task, "Every file is saved")
