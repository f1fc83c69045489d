"""From the intent to send to the submit's answer, or to none."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from studio import leases
from studio.lifecycle import account, evidence, results, usual
from studio.lifecycle.changes import Status, due, end, go_on, lock, tell, unconfirmed, words
from studio.lifecycle.following import EMPTY, finish
from studio.lifecycle.incoming import WAITS, apply_waiting
from studio.lifecycle.saving import saved
from studio.models import Account, Delivery, Task, unguessable
from studio.vidgo.client import Accepted, Answer, Away, Blocked, Refused
from studio.vidgo.payloads import Body

# The balance says that the key is good, and still one task is refused for it: it is at fault.
MAX_BLOCKED = 3


def begin_send(task_pk: int, lease: str) -> Task | None:
    """Commit the intent to send, fenced by a fresh lease. Returns None if it is not to be sent now.

    From here on "was it sent?" has an answer after any crash: `sent_at` without `task_id` means
    perhaps, and `expire_sends` makes it unconfirmed.
    """
    with transaction.atomic():
        task = lock(task_pk)
        # Not held: it was released since, and another may take it at any moment.
        is_ours = lease and task.lease == lease and task.held_until
        if not is_ours or not _is_unsent(task):
            return None
        if task.deliveries.filter(applied_at=None).exists():
            # Whoever has the address was given it by the API: a fault of ours pays for nothing.
            unconfirmed(task, "Vidgo has called back, and what it told could not be applied.")
            return None
        state = account.get()
        if account.keeps_waiting(state, usual.cost(task.operation)):
            _wait(task, state)
            return None
        task.sent_at, task.due_at = timezone.now(), None
        task.attempts += 1
        task.lease = unguessable()
        task.evidence = {
            **evidence.begin(state, task.operation),
            "blocked": task.evidence.get("blocked", 0),
        }
        tell(task, "Sending to Vidgo" if task.attempts == 1 else f"Sending, try {task.attempts}")
        leases.extend(Task, task.pk, task.lease, settings.STUDIO_LEASE)
    return task


def _is_unsent(task: Task) -> bool:
    """Return whether it is certain that Vidgo has nothing of the task."""
    if task.status != Status.PENDING or task.sent_at or task.vidgo_id:
        return False
    # A crash left a callback unread: it may say that an earlier try was taken after all.
    return not task.deliveries.filter(applied_at=None, note__in=("", WAITS)).exists()


def _wait(task: Task, state: Account) -> None:
    """Have a task wait for the account, with one notice instead of a row of failures."""
    is_news = task.error_code != state.trouble
    task.error_code, task.error = state.trouble, state.message
    due(task, account.RETRY)
    if is_news:
        tell(task, f"Waiting: {state.message}")
    else:
        task.save()


def record_answer(task_pk: int, lease: str, answer: Answer) -> None:
    """Record what the API answered to the submit, then what callbacks have waited for it."""
    with transaction.atomic():
        task = lock(task_pk)
        if isinstance(answer, Accepted) and answer.body.task_id:
            _accepted(task, answer.body)
        elif task.lease != lease or task.status not in (Status.PENDING, Status.UNCONFIRMED):
            # The row has gone on without this answer, and only a `task_id` is news.
            tell(task, f"A late answer: {words(answer)}")
        else:
            _not_accepted(task, answer)
    apply_waiting(task_pk)


def _accepted(task: Task, body: Body) -> None:
    if task.vidgo_id == body.task_id:
        return
    if task.vidgo_id or Task.objects.filter(vidgo_id=body.task_id).exists():
        # Never to be guessed at: two answers for one submit, or one id for two.
        tell(task, f"Vidgo also answered with task_id {body.task_id}")
        if not task.vidgo_id:
            unconfirmed(task, "Vidgo answered with the task_id of another task.")
        return
    task.vidgo_id = body.task_id
    task.accepted_at, task.attempts = timezone.now(), 0
    task.error, task.error_code = "", ""
    if task.status in (Status.PENDING, Status.UNCONFIRMED):
        go_on(task, Status.NOT_STARTED)
    else:
        due(task, 0)
    tell(task, "Vidgo accepted it")


def _not_accepted(task: Task, answer: Answer) -> None:
    match answer:
        case Refused(code, message):
            end(task, Status.FAILED, str(code), message)
            tell(task, f"Refused by Vidgo: {message}")
        case Blocked("key", message) if task.evidence.get("blocked", 0) >= MAX_BLOCKED:
            end(task, Status.FAILED, "403", message)
            tell(task, f"Refused by Vidgo: {message}")
        case Blocked(trouble, message):
            account.block(trouble, message, usual.cost(task.operation))
            task.evidence = {**task.evidence, "blocked": task.evidence.get("blocked", 0) + 1}
            _not_sent(task, trouble, message, account.RETRY)
            tell(task, f"Waiting: {message}")
        case Away(message, retry_after):
            _not_sent(task, "away", message, max(retry_after or 0, leases.backoff(task.attempts)))
            tell(task, f"Vidgo is away: {message}")
        case Accepted(body, raw) if body.files:
            _told_at_once(task, body, raw)
        case _:
            unconfirmed(task, words(answer))


def _told_at_once(task: Task, body: Body, raw: str) -> None:
    """Keep the result that the answer to a submit holds already, with no task to be asked for.

    The page of `get-timestamped-lyrics` shows such an answer.
    """
    now = timezone.now()
    Delivery.objects.create(task=task, origin=Delivery.Origin.QUERY, body=raw, applied_at=now)
    task.accepted_at = now
    results.merge(task, body, replace=True)
    if not task.assets.exists():
        # Nothing to be asked for, and what is made once is free again.
        end(task, Status.FAILED, "empty", EMPTY)
        tell(task, EMPTY)
        return
    finish(task, sure=True)
    tell(task, "Vidgo answered with the result")
    if results.is_saved(task):
        saved(task)


def _not_sent(task: Task, code: str, message: str, seconds: float) -> None:
    """Have a task that was surely not taken sent again, even if its answer came late."""
    task.status, task.sent_at = Status.PENDING, None
    task.error_code, task.error = code, message
    due(task, seconds)


def doubt_sends() -> None:
    """Make every task that waits to be sent unconfirmed: a backup does not know what came of it.

    A callback of the send that may have been still counts, and a balance of before tells nothing.
    """
    waiting = Task.objects.filter(status=Status.PENDING)
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            task = lock(pk)
            task.sent_at, task.evidence = task.sent_at or timezone.now(), {}
            unconfirmed(task, "It comes from a backup, and may have been sent since.")


def expire_sends() -> list[int]:
    """Make every send unconfirmed whose worker is gone. Returns the keys of the tasks changed."""
    late = Task.objects.filter(leases.is_free(), status=Status.PENDING, sent_at__isnull=False)
    changed = []
    for pk in late.values_list("pk", flat=True):
        with transaction.atomic():
            lock(pk)
            # Looked at again under the lock: the answer may have come in between.
            task = late.filter(pk=pk).first()
            if not task:
                continue
            unconfirmed(task, "The sending was cut off before Vidgo's answer came.")
            changed.append(pk)
        apply_waiting(pk)
    return changed
