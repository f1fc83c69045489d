"""What the API tells of a task, called back or asked for: kept raw, then applied."""

import logging
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Length
from django.utils import timezone

from studio.leases import DATABASE_AWAY
from studio.lifecycle.changes import Status, User, due, lock, note
from studio.lifecycle.following import ask_at_once, follow, take_for_sent
from studio.models import Delivery, Task
from studio.vidgo.payloads import Body, read_body

logger = logging.getLogger(__name__)
# Seconds after which a callback that was kept but not applied waits for the worker: it came in a
# burst, or a crash came in between. So many are applied in one sweep.
LEFT_BEHIND = 1
MANY = 200
# Deliveries that are kept of one task, and their characters in all: the API tells of a task a
# dozen times at the most. Beyond them the oldest go, and it is asked for once in so many seconds.
MAX_KEPT = 50
MAX_TEXT = 4 * 1024**2
FLOOD_PAUSE = 60.0
# Characters that are kept of a body which cannot be read, for a person to look at.
MAX_UNREADABLE = 20_000
WAITS = "Waits for the submit's own answer."
# Two tries can both have been taken; the second result is not this task's, but it is paid for.
UNCLAIMED = "For a task_id that no task here has: it can be brought in."
UNREADABLE = "It could not be read."
NAMELESS = "It names no task_id: it changes nothing, and Vidgo is asked."
FLOOD = "More came than are applied: Vidgo is asked instead."
# Both in plain SQL, since every callback of a burst asks them: 0.03 ms in all, where the ORM takes
# 0.47 of the 2.8 ms of a callback. The second by the moment, not by the key: the index of what is
# not applied is in this order.
_ADDRESSED = "SELECT id FROM studio_task WHERE callback_token = %s"
_EARLIER = """
SELECT 1 FROM studio_delivery WHERE received_at < %s AND applied_at IS NULL AND note = '' LIMIT 1
"""


def addressed(token: str) -> int | None:
    """Return the key of the task whose callback address ends with `token`, None if none has it."""
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSED, [token])
        found = cursor.fetchone()
    return found and int(found[0])


def receive(task_pk: int, raw: str, origin: str, lease: str = "") -> Delivery:
    """Keep a body that came for a task, then apply it. `lease`: of the job that asked for it.

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
        apply(known, lease)
    _drop_oldest(task_pk)
    return known


def _others_wait(delivery: Delivery) -> bool:
    # Once it is kept, not before: of two for one task, the second sees the first.
    moment = connection.ops.adapt_datetimefield_value(delivery.received_at)
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [moment])
        return cursor.fetchone() is not None


def _drop_oldest(task_pk: int) -> None:
    """Delete what one task has beyond the bounds: of what is applied the oldest, then the rest.

    The newest stays. What was not applied yet is, before it goes.
    """
    rows = Delivery.objects.filter(task=task_pk)
    sizes = list(rows.order_by("-pk").values_list("pk", Length("body"), "applied_at"))
    newest, rest = sizes[:1], sizes[1:]
    # A stable order: still newest first among those that are applied, and among those that are not.
    rest.sort(key=lambda row: row[2] is not None)
    kept, text, gone = 0, 0, []
    for pk, length, _ in newest + rest:
        kept, text = kept + 1, text + length
        if kept > MAX_KEPT or (text > MAX_TEXT and kept > 1):
            gone.append(pk)
    if not gone:
        return
    for delivery in rows.filter(pk__in=gone, applied_at=None, note=""):
        apply(delivery)
    with transaction.atomic():
        task = lock(task_pk)
        count, _ = rows.filter(pk__in=gone).delete()
        if count and not task.dropped:
            note(task_pk, "More came for this task than is kept: the oldest of it goes", None)
        Task.objects.filter(pk=task_pk).update(dropped=F("dropped") + count)


def apply(delivery: Delivery, lease: str = "") -> None:
    """Apply a kept delivery; if that fails, the delivery says so and nothing else has changed."""
    try:
        with transaction.atomic():
            task = Task.objects.select_for_update().get(pk=delivery.task_id)
            asked = delivery.origin == Delivery.Origin.QUERY and bool(lease)
            note = _apply(task, delivery, sure=asked and task.lease == lease)
            delivery.note = note
            delivery.applied_at = None if note in (WAITS, UNCLAIMED) else timezone.now()
            delivery.save(update_fields=["body", "note", "applied_at"])
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
    """Apply the callbacks that came before the task's own task_id was known, or for another."""
    notes = (WAITS, UNCLAIMED)
    for delivery in Delivery.objects.filter(task=task_pk, applied_at=None, note__in=notes):
        apply(delivery)


def apply_left_behind() -> list[int]:
    """Apply what was kept and not applied: a burst, or what a crash left.

    Return the tasks' keys.
    """
    old = timezone.now() - timedelta(seconds=LEFT_BEHIND)
    left = Delivery.objects.filter(
        applied_at=None, note__in=("", WAITS), received_at__lt=old
    ).exclude(task__status=Status.PENDING, task__sent_at__isnull=False)[:MANY]
    for delivery in left:
        apply(delivery)
    return [delivery.task_id for delivery in left]


def _apply(task: Task, delivery: Delivery, *, sure: bool) -> str:
    """Change `task` by what `delivery` tells. Return a note on what was odd about it, or ""."""
    body = read_body(delivery.body)
    called_back = delivery.origin == Delivery.Origin.CALLBACK
    is_nameless = body is None or (called_back and not body.is_named)
    if odd := _not_ours(task, None if is_nameless else body):
        return odd
    if called_back and task.vidgo_id and task.dropped:
        _ask_once_in_a_while(task)
        return FLOOD
    if body is None or is_nameless:
        # Whoever has the address was given it by the API, which has taken the task then.
        take_for_sent(task, None)
        ask_at_once(task)
        task.save()
        if body is None:
            delivery.body = delivery.body[:MAX_UNREADABLE]
        return NAMELESS if body else UNREADABLE
    return follow(task, body, delivery.origin, sure=sure)


def _ask_once_in_a_while(task: Task) -> None:
    later = timezone.now() + timedelta(seconds=FLOOD_PAUSE)
    if task.due_at is None or task.due_at > later:
        due(task, FLOOD_PAUSE)
        task.save()


def _not_ours(task: Task, body: Body | None) -> str:
    """Return why `body` is not to be applied to `task` (now), "" if it is."""
    if not task.vidgo_id and task.status == Status.PENDING and task.sent_at:
        return WAITS
    was_sent = task.attempts or task.sent_at or task.accepted_at
    if not task.vidgo_id and not was_sent:
        return "This task was never sent."
    if body is None or not body.task_id or body.task_id == task.vidgo_id:
        return ""
    if Task.objects.filter(vidgo_id=body.task_id).exists():
        return "For another task."
    if task.vidgo_id:
        if not task.dropped:
            note(task.pk, f"Vidgo called back for another task, {body.task_id}: bring it in", None)
        return UNCLAIMED
    return ""
