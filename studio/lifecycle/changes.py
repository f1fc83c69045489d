"""The few ways in which a row changes: under its lock, with a line of its history."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone

from studio.lifecycle import account
from studio.models import Event, Task
from studio.vidgo.client import Accepted, Answer, Away, Blocked, Refused, Unknown
from vidgo_site.logs import redact

logger = logging.getLogger(__name__)
Status = Task.Status
User = AbstractBaseUser | AnonymousUser | None

NOT_NOW = "The task has gone on in the meantime."
MAY_BE_TWICE = (
    "It is not known that Vidgo has nothing of it. Sent again, it may be made and paid for twice."
)
# A task that is final here is asked for again this often: finished without a result, or failed
# while the API tells nothing sure of it.
MAX_ASKED = 8


class NotPossibleError(Exception):
    """A person's wish that the task's present state does not allow; the text says why."""


class NeedsWordError(NotPossibleError):
    """What costs credits and is not done without a person's word; the text says why."""


def note(task_pk: int, text: str, user: User) -> None:
    """Write one line of a task's history, and of the log, without saving the task."""
    clean = redact(text)
    Event.objects.create(task_id=task_pk, text=clean, actor=actor(user))
    logger.info("%s", clean, extra={"task": task_pk})


def tell(task: Task, text: str, user: User = None) -> None:
    """Save the task and write one line of its history."""
    task.save()
    note(task.pk, text, user)


def lock(task_pk: int, *statuses: str) -> Task:
    """Return a task with its row locked until the present transaction ends.

    Raises NotPossibleError if `statuses` are given and it has none of them.
    """
    task = Task.objects.select_for_update().get(pk=task_pk)
    if statuses and task.status not in statuses:
        raise NotPossibleError(NOT_NOW)
    return task


def due(task: Task, seconds: float | None) -> None:
    """Make the row due in `seconds`, or never (None), and let go of it."""
    if not task.vidgo_id and task.status != Status.PENDING:
        # Nothing to ask for by name.
        seconds = None
    task.due_at = None if seconds is None else timezone.now() + timedelta(seconds=seconds)
    task.held_until = None


def next_ask(task: Task) -> float:
    """Return the seconds until a task is asked for again: soon at first, then less often."""
    age = (timezone.now() - (task.accepted_at or task.created_at)).total_seconds()
    return min(max(age / 4, 5.0), 600.0)


def go_on(task: Task, status: Task.Status) -> None:
    """Move a task to another status that it is followed in."""
    task.status, task.confirmed_at = status, None
    due(task, next_ask(task))


def end(task: Task, status: Task.Status, code: str, error: str) -> None:
    """End a task: failed or taken back, with `code` and the sentence `error`."""
    task.status, task.error_code, task.error = status, code[:40], error
    task.finished_at, task.confirmed_at = timezone.now(), None
    # What the API makes only once is free again: nothing of it was made.
    task.once_key = None
    task.attempts = task.attempts if not task.vidgo_id else 0
    due(task, None)


def unconfirmed(task: Task, reason: str) -> None:
    """Leave a task to its callback or to a person: it may have been taken."""
    task.status, task.error_code, task.error = Status.UNCONFIRMED, "unknown", reason
    due(task, None)
    account.look_soon()
    tell(task, f"Unconfirmed: {reason}")


def is_doubtful(task: Task) -> bool:
    """Return whether Vidgo may have made a task that came to nothing here, or makes it still.

    Either nobody knows whether it was taken, or Vidgo itself has not said that it failed.
    """
    return task.error_code in ("given_up", "empty") or bool(task.vidgo_id and not task.confirmed_at)


def words(answer: Answer) -> str:
    """Return what an answer comes to."""
    match answer:
        case Accepted():
            return "Vidgo's answer names no task."
        case Refused(_, message) | Blocked(_, message) | Away(message, _) | Unknown(message):
            return message


def actor(user: User) -> Any:
    """Return who did it, None for the product itself."""
    return user if user is not None and user.is_authenticated else None
