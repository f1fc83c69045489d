"""What becomes of a task that is asked for."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from studio import account, operations
from studio.lifecycle.changes import MAX_ASKED, Status, due, end, lock, next_ask, tell, unconfirmed
from studio.lifecycle.deliveries import receive
from studio.models import Delivery, Task
from studio.vidgo.client import Accepted, Answer, Away, Blocked, Refused
from studio.work import backoff

# A fresh task can be unknown to the query for a while; after this many times it is not fresh.
MAX_UNKNOWN = 6
FRESH = timedelta(minutes=15)
# Without any news for so long, the API has lost the task.
MAX_AGE = timedelta(days=3)


def record_query(task_pk: int, lease: str, answer: Answer) -> None:
    """Record what the API answered when it was asked for a task."""
    if isinstance(answer, Accepted):
        with transaction.atomic():
            task = lock(task_pk)
            if task.lease == lease:
                # What the body says decides below; this is for a body that says nothing.
                task.attempts = task.attempts + 1 if task.is_final else 0
                due(task, _next_look(task))
                task.save()
        receive(task_pk, answer.raw, Delivery.Origin.QUERY)
    else:
        with transaction.atomic():
            task = lock(task_pk)
            if task.lease == lease:
                _not_told(task, answer)
    _lose_if_too_old(task_pk)


def _not_told(task: Task, answer: Answer) -> None:
    wait = next_ask(task)
    match answer:
        case Refused(_, message):
            task.attempts += 1
            if not task.is_final and (_is_unknown_for_long(task) or _is_import(task)):
                _unknown_to_api(task, message)
                return
            due(task, _next_look(task))
        case Blocked():
            # The key, or this one task? The balance tells.
            account.look_soon()
            due(task, max(account.RETRY, wait))
        case Away(_, retry_after):
            due(task, max(retry_after or 0, wait))
        case _:
            due(task, wait)
    task.save()


def _next_look(task: Task) -> float | None:
    """Give the seconds until a task is asked for again; None for one that is final long enough."""
    if not task.is_final:
        return next_ask(task)
    return backoff(task.attempts) if task.attempts < MAX_ASKED else None


def _is_unknown_for_long(task: Task) -> bool:
    """Say whether a 404 is to be believed: told often, and not for a moment of trouble only."""
    since = timezone.now() - (task.accepted_at or task.created_at)
    return task.attempts >= MAX_UNKNOWN and since > FRESH


def _is_import(task: Task) -> bool:
    return task.model == operations.IMPORT.model


def _unknown_to_api(task: Task, message: str) -> None:
    if task.evidence.get("adopted") == task.task_id:
        task.task_id = None
        unconfirmed(task, f"Vidgo does not know {task.evidence['adopted']}, the task_id given.")
        return
    end(task, Status.FAILED, "404", f"Vidgo does not know this task: {message}")
    tell(task, task.error)


def _lose_if_too_old(task_pk: int) -> None:
    with transaction.atomic():
        task = lock(task_pk)
        started = task.accepted_at or task.created_at
        if task.is_final or timezone.now() - started < MAX_AGE:
            return
        end(task, Status.FAILED, "lost", "Vidgo has not finished this task in three days.")
        tell(task, task.error)
