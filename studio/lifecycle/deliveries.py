"""What the API tells of a task, called back or asked for: kept raw, then applied."""

import logging
from datetime import timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from studio import account, operations, results
from studio.lifecycle.changes import (
    MAX_ASKED,
    Status,
    User,
    due,
    end,
    go_on,
    note,
    tell,
    unconfirmed,
)
from studio.lifecycle.saving import saved
from studio.models import Delivery, Task
from studio.vidgo.payloads import Body, read_body
from studio.work import DATABASE_AWAY, backoff

logger = logging.getLogger(__name__)
_RANK = {Status.NOT_STARTED: 1, Status.RUNNING: 2, Status.FINISHED: 3}
# Seconds after which a callback that was kept but not applied waits for the worker: it came in a
# burst, or a crash came in between. So many are applied in one sweep.
LEFT_BEHIND = 1
MANY = 200
WAITS = "Waits for the submit's own answer."
# Two tries can both have been taken; the second result is not this task's, but it is paid for.
UNCLAIMED = "For a task_id that no task here has: it can be brought in."
# Both in plain SQL, since every callback of a burst asks them. The second by the moment, not by the
# key: the index of what is not applied is in this order.
_ADDRESSED = "SELECT id FROM studio_task WHERE callback_token = %s"
_EARLIER = """
SELECT 1 FROM studio_delivery WHERE received_at < %s AND applied_at IS NULL AND note = '' LIMIT 1
"""


def addressed(token: str) -> int | None:
    """Give the key of the task whose callback address ends with `token`, None if none has it."""
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSED, [token])
        found = cursor.fetchone()
    return found and int(found[0])


def receive(task_pk: int, raw: str, origin: str) -> Delivery:
    """Keep a body that came for a task, then apply it.

    Kept raw and committed first: what fails afterwards rolls back, and the delivery stays with
    its error, to be replayed. Where others wait already, it waits its turn behind them: a burst
    is answered at once and applied by the worker (`apply_left_behind`).
    """
    clean = raw.replace("\x00", "")
    known = None
    if origin == Delivery.Origin.QUERY:
        known = Delivery.objects.filter(task=task_pk, origin=origin).last()
    if known is None or known.body != clean:
        # The same answer asked for a hundred times is kept once.
        known = Delivery.objects.create(task_id=task_pk, origin=origin, body=clean)
    if origin == Delivery.Origin.QUERY or not _others_wait(known):
        apply(known)
    return known


def _others_wait(delivery: Delivery) -> bool:
    # Once it is kept, not before: of two for one task, the second sees the first.
    moment = connection.ops.adapt_datetimefield_value(delivery.received_at)
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [moment])
        return cursor.fetchone() is not None


def apply(delivery: Delivery) -> None:
    """Apply a kept delivery; if that fails, the delivery says so and nothing else has changed."""
    try:
        with transaction.atomic():
            task = Task.objects.select_for_update().get(pk=delivery.task_id)
            note = _apply(task, delivery)
            delivery.note = note or ""
            delivery.applied_at = None if note in (WAITS, UNCLAIMED) else timezone.now()
            delivery.save(update_fields=["note", "applied_at"])
    except DATABASE_AWAY:
        # The delivery stays as one to be applied.
        logger.exception("delivery %s is applied later", delivery.pk)
    except Exception as error:
        logger.exception("delivery %s could not be applied", delivery.pk)
        Delivery.objects.filter(pk=delivery.pk).update(
            note=f"Could not be applied: {type(error).__name__}", applied_at=None
        )


def replay(delivery_pk: int, user: User) -> Delivery:
    """Apply a kept delivery once more, by hand: what it tells twice changes nothing."""
    delivery = Delivery.objects.get(pk=delivery_pk)
    note(delivery.task_id, f"Delivery {delivery.pk} applied once more", user)
    apply(delivery)
    return delivery


def apply_waiting(task_pk: int) -> None:
    """Apply the callbacks that came before the submit's own answer was stored."""
    for delivery in Delivery.objects.filter(task=task_pk, applied_at=None, note=WAITS):
        apply(delivery)


def apply_left_behind() -> list[int]:
    """Apply what was kept and not applied: a burst, or what a crash left. Gives the tasks' keys."""
    old = timezone.now() - timedelta(seconds=LEFT_BEHIND)
    left = Delivery.objects.filter(
        applied_at=None, note__in=("", WAITS), received_at__lt=old
    ).exclude(task__status=Status.PENDING, task__sent_at__isnull=False)[:MANY]
    for delivery in left:
        apply(delivery)
    return [delivery.task_id for delivery in left]


def _apply(task: Task, delivery: Delivery) -> str | None:
    """Change `task` by what `delivery` tells. Gives a note on what was odd about it, or None."""
    body = read_body(delivery.body)
    if body is None:
        return "Not a JSON object."
    if odd := _not_ours(task, body):
        return odd
    before, error = Status(task.status), task.error
    _take_for_sent(task, body)
    if not body.status and not body.files:
        if delivery.origin == Delivery.Origin.CALLBACK and not task.is_final and task.task_id:
            due(task, 0)
        if task.status != before:
            tell(task, _told(task, before, delivery.origin))
        else:
            task.save()
        return "No status that is known: the task is asked for."
    # What is saved stays, even if a later body tells of another address for it.
    replace = body.status != "failed" and not _is_stale(before, body) and not task.saved_at
    changed = results.merge(task, body, replace=replace)
    _follow(task, body, delivery.origin)
    if changed or (task.status, task.error) != (before, error):
        tell(task, _told(task, before, delivery.origin))
    else:
        task.save()
    if results.is_saved(task):
        saved(task)
    return None


def _take_for_sent(task: Task, body: Body) -> None:
    """Never send again what the API has called back for, whatever its answer said."""
    if task.task_id:
        return
    if body.task_id:
        _learn(task, body.task_id)
    elif task.status == Status.PENDING and body.status not in ("finished", "failed"):
        unconfirmed(task, "Vidgo called back without saying the task_id.")


def _learn(task: Task, task_id: str) -> None:
    """Take up a `task_id` that only a callback has told: the API has taken the task after all."""
    task.task_id, task.accepted_at, task.attempts = task_id, timezone.now(), 0
    task.evidence = {**task.evidence, "adopted": task_id}
    if task.is_final:
        # Given up or taken back: what was paid for is followed all the same.
        due(task, 1)
        tell(task, "A callback told the task_id: Vidgo is asked for what became of it")
        return
    task.error, task.error_code = "", ""
    go_on(task, Status.NOT_STARTED)


def _not_ours(task: Task, body: Body) -> str:
    """Say why `body` is not to be applied to `task` (now), "" if it is."""
    if not task.task_id and task.status == Status.PENDING and task.sent_at:
        return WAITS
    was_sent = task.attempts or task.sent_at or task.accepted_at
    if not task.task_id and not was_sent:
        return "This task was never sent."
    if not body.task_id or body.task_id == task.task_id:
        return ""
    if Task.objects.filter(task_id=body.task_id).exists():
        return "For another task."
    if task.task_id:
        note(task.pk, f"A callback came for another task_id, {body.task_id}: bring it in", None)
        return UNCLAIMED
    return ""


def _is_stale(before: Task.Status, body: Body) -> bool:
    """Say whether `body` tells of an earlier stage than the task has reached."""
    if not body.status:
        return before == Status.FINISHED
    return _RANK.get(Status(body.status), 0) < _RANK.get(before, 0)


def _follow(task: Task, body: Body, origin: str) -> None:
    """Move the status along with the API's; never back from finished."""
    if body.credits_amount is not None:
        task.credits_amount = body.credits_amount
    asked = origin == Delivery.Origin.QUERY
    match body.status:
        case "finished":
            _finish(task)
        case "failed" if task.status not in (Status.FINISHED, Status.CANCELLED):
            end(
                task,
                Status.FAILED,
                body.error_type or "vidgo",
                body.message or "Vidgo gave no reason.",
            )
            # Told without a signature, and it may be paid for: the query has the last word.
            due(task, None if asked else 1)
        case "not_started" | "running":
            new = Status(body.status)
            revived = asked and task.status in (Status.FAILED, Status.CANCELLED)
            if revived or _RANK.get(new, 0) > _RANK.get(Status(task.status), 9):
                task.error, task.error_code = "", ""
                go_on(task, new)
                _claim(task)


def _finish(task: Task) -> None:
    account.look_soon()
    if task.status != Status.FINISHED:
        task.status = Status.FINISHED
        task.finished_at = timezone.now()
        task.error, task.error_code = "", ""
        task.attempts = 0
        _claim(task)
    if task.assets.exists():
        task.error, task.error_code = "", ""
        due(task, None)
    elif task.attempts < MAX_ASKED:
        due(task, backoff(task.attempts + 1))
    else:
        task.error_code = "empty"
        task.error = "Vidgo says that this is ready, but it gives no result. Ask Vidgo's support."
        due(task, None)


def _claim(task: Task) -> None:
    """Hold the once-only result again, unless another task has it by now."""
    key = operations.get(task.model).once_key(task.input)
    if not key or task.once_key:
        return
    try:
        with transaction.atomic():
            Task.objects.filter(pk=task.pk).update(once_key=key)
        task.once_key = key
    except IntegrityError:
        logger.info("another task has what is made only once", extra={"task": task.pk})


def _told(task: Task, before: str, origin: str) -> str:
    way = "A callback came" if origin == Delivery.Origin.CALLBACK else "Vidgo was asked"
    if task.status == before:
        return f"{way}: more of the result is there"
    error = f" ({task.error})" if task.error else ""
    return f"{way}: {Status(task.status).label.lower()}{error}"
