"""What becomes of a task while its files are saved."""

from django.db import transaction
from django.utils import timezone

from studio import lineage, results
from studio.lifecycle.changes import due, lock, tell
from studio.models import Task


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
        if task.task_id and task.due_at is None:
            task.attempts = 0
            due(task, 1)
            task.save()


def saved(task: Task) -> None:
    """Note, once, that all of a task is in our own storage."""
    if task.saved_at is None:
        task.saved_at = timezone.now()
        tell(task, "Saved: every file is in our own storage")
