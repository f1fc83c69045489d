"""What becomes of a task that is asked for."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from studio import operations
from studio.leases import backoff
from studio.lifecycle import account
from studio.lifecycle.changes import MAX_ASKED, Status, due, end, lock, next_ask, tell, unconfirmed
from studio.lifecycle.incoming import UNCLAIMED, apply_waiting, receive
from studio.models import Delivery, Task
from studio.vidgo.client import Accepted, Answer, Away, Blocked, Refused

# A fresh task can be unknown to the query for a while; after this many times it is not fresh.
MAX_UNKNOWN = 6
FRESH = timedelta(minutes=15)
# Without any news for so long, the API has lost the task.
MAX_AGE = timedelta(days=3)
# Questions in a row that tell nothing of a task: eight hours of them.
MAX_SILENT = 48


def record_query(task_pk: int, lease: str, answer: Answer) -> None:
    """Record what the API answered when it was asked for a task."""
    if isinstance(answer, Accepted):
        with transaction.atomic():
            task = lock(task_pk)
            if task.lease == lease:
                # What the body says decides below; this is for a body that says nothing.
                task.attempts = task.attempts + 1 if task.is_final else 0
                task.evidence = {k: v for k, v in task.evidence.items() if k != "silent"}
                due(task, _next_look(task))
                task.save()
        receive(task_pk, answer.raw, Delivery.Origin.QUERY, lease)
        # Only Vidgo can say that it has not finished: it, or we, may have been away for days.
        _lose_if_too_old(task_pk)
    else:
        with transaction.atomic():
            task = lock(task_pk)
            if task.lease == lease:
                _not_told(task, answer)
                _count_silence(task, answer)
        if task.status == Status.UNCONFIRMED:
            apply_waiting(task_pk)


def _not_told(task: Task, answer: Answer) -> None:
    wait = next_ask(task)
    match answer:
        case Refused(_, message):
            task.attempts += 1
            if _is_known_by_another_id(task):
                _let_go_of_id(task)
                return
            if not task.is_final and (_is_unknown_for_long(task) or _is_import(task)):
                _unknown_to_api(task, message)
                return
            due(task, _next_look(task))
        case _ if task.is_final and timezone.now() - _began(task) > MAX_AGE:
            # What a callback told stands: nobody has said otherwise in all this time.
            due(task, None)
        case Blocked():
            # The key, or this one task? The balance tells.
            account.look_soon()
            due(task, max(account.RETRY, wait))
        case Away(_, retry_after):
            due(task, max(retry_after or 0, wait))
        case _:
            due(task, wait)
    task.save()


def _count_silence(task: Task, answer: Answer) -> None:
    """Count a question that has told nothing of a task; end one of which nothing is told for days.

    Not by its age alone: it, or we, may have been away. While the account has trouble of its own,
    that is why.
    """
    is_open = task.status in (Status.NOT_STARTED, Status.RUNNING)
    if not is_open or isinstance(answer, Refused) or account.get().trouble:
        return
    silent = task.evidence.get("silent", 0) + 1
    task.evidence = {**task.evidence, "silent": silent}
    if silent < MAX_SILENT or timezone.now() - _began(task) < MAX_AGE:
        task.save()
        return
    end(task, Status.FAILED, "lost", "Vidgo has told nothing of this task in three days.")
    tell(task, task.error)


def _next_look(task: Task) -> float | None:
    """Return the seconds until a task is polled again; None for one that is final long enough."""
    if not task.is_final:
        return next_ask(task)
    return backoff(task.attempts) if task.attempts < MAX_ASKED else None


def _is_unknown_for_long(task: Task) -> bool:
    """Return whether a 404 is to be believed: told often, and not for a moment of trouble only."""
    return task.attempts >= MAX_UNKNOWN and timezone.now() - _began(task) > FRESH


def _began(task: Task) -> datetime:
    return task.accepted_at or task.created_at


def _is_known_by_another_id(task: Task) -> bool:
    """Return whether only a callback told the task_id, Vidgo does not know it, and another callback
    told another: one of the two is mistaken or forged.
    """
    is_told = task.evidence.get("adopted") == task.vidgo_id and not task.confirmed_at
    is_old = task.attempts >= MAX_UNKNOWN
    return is_told and is_old and task.deliveries.filter(note=UNCLAIMED).exists()


def _let_go_of_id(task: Task) -> None:
    unknown, task.vidgo_id = task.vidgo_id, None
    unconfirmed(task, f"Vidgo does not know {unknown}, the task_id given.")


def _is_import(task: Task) -> bool:
    return task.operation == operations.IMPORT.name


def _unknown_to_api(task: Task, message: str) -> None:
    if task.evidence.get("adopted") == task.vidgo_id:
        _let_go_of_id(task)
        return
    reason = f"Vidgo does not know this task: {message}"
    if _is_import(task):
        reason = f"Vidgo has no song with the id {task.vidgo_id}."
    end(task, Status.FAILED, "404", reason)
    tell(task, task.error)


def _lose_if_too_old(task_pk: int) -> None:
    with transaction.atomic():
        task = lock(task_pk)
        if task.is_final or timezone.now() - _began(task) < MAX_AGE:
            return
        end(task, Status.FAILED, "lost", "Vidgo has not finished this task in three days.")
        tell(task, task.error)
