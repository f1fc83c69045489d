"""How a task follows what the API tells of it: a callback is a hint, the query has the last word.

Callbacks come unsigned: what one tells is shown at once, and asked for at once. `confirmed_at` says
when the query has told of the end; until then its answer replaces what callbacks have told.
"""

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone

from studio import operations
from studio.leases import backoff
from studio.lifecycle import account, results
from studio.lifecycle.changes import MAX_ASKED, Status, due, end, go_on, note, tell, unconfirmed
from studio.lifecycle.saving import saved
from studio.models import Delivery, Task
from studio.vidgo.payloads import Body

logger = logging.getLogger(__name__)
_RANK = {Status.NOT_STARTED: 1, Status.RUNNING: 2, Status.FINISHED: 3}
CUT = "It tells of more results than are taken."
# What the history says of a state that Vidgo told.
TOLD = {
    Status.NOT_STARTED: "Vidgo has it in its queue",
    Status.RUNNING: "Vidgo is making it",
    Status.FINISHED: "Vidgo finished",
    Status.FAILED: "Vidgo could not finish it",
}
NO_STATUS = "No status that is known: the task is asked for."
EMPTY = "Vidgo says that this is ready, but it gives no result. Ask Vidgo's support."


def follow(task: Task, body: Body, origin: str, *, sure: bool) -> str:
    """Change `task` by what `body` tells. Return a note on what was odd about it, or "".

    `sure`: the API was asked, and no callback has come since the question left.
    """
    before = Status(task.status), task.error
    take_for_sent(task, body)
    if before[0] == Status.FINISHED and task.confirmed_at and not sure:
        if not _is_old_news(task, body):
            ask_at_once(task)
            task.save()
        return ""
    merged = _take_over(task, body, sure=sure)
    is_news = merged.is_new or (task.status, task.error) != before
    is_left_alone = task.is_final and not task.confirmed_at and task.due_at is None
    is_empty = not body.status and not body.files
    if not sure and (is_news or is_left_alone or is_empty):
        ask_at_once(task)
    if merged.removed:
        note(task.pk, "Vidgo was asked: what else a callback told is not so, and is removed", None)
    if is_news:
        _take_out_of_trash(task)
        tell(task, _told(task, before[0], origin))
    else:
        task.save()
    if results.is_saved(task):
        saved(task)
    if is_empty:
        return NO_STATUS
    return CUT if merged.is_cut else ""


def _take_out_of_trash(task: Task) -> None:
    """Bring a task back for which something has come after it was thrown away: it may be wanted."""
    if task.status not in Task.WITHOUT_RESULT:
        task.deleted_at = None


def _take_over(task: Task, body: Body, *, sure: bool) -> results.Merged:
    """Take over what `body` tells: credits, results, the status."""
    cost = body.credits_amount
    if cost is not None and cost >= 0 and not task.evidence.get("imported"):
        task.credits_amount = cost
    if sure and not task.confirmed_at and (task.status, body.status) == (Status.FINISHED, "failed"):
        # What was only called back is no result.
        results.remove(task.assets.all())
        task.tracks.all().delete()
    merged = _merge(task, body, sure=sure)
    _move(task, body, sure=sure)
    return merged


def ask_at_once(task: Task) -> None:
    """Have the API asked now; the answer to a question that is under way is older than this."""
    if task.vidgo_id:
        due(task, 0)
        task.lease = ""


def take_for_sent(task: Task, body: Body | None) -> None:
    """Never send again what the API has called back for, whatever its answer said."""
    if task.vidgo_id:
        return
    if body and body.task_id:
        _learn(task, body.task_id)
    elif task.status == Status.PENDING:
        unconfirmed(task, "Vidgo called back without saying the task_id.")


def _merge(task: Task, body: Body, *, sure: bool) -> results.Merged:
    """Keep the results that `body` tells of, as far as it may say so."""
    if sure and not task.confirmed_at:
        return results.merge(task, body, replace=True, whole=body.status == "finished")
    # What is saved stays, even if a later body tells of another address for it.
    replace = _may_replace(Status(task.status), body) and not task.saved_at
    return results.merge(task, body, replace=replace)


def _may_replace(before: Task.Status, body: Body) -> bool:
    """Return whether `body` tells of no failure, and of a stage no earlier than the task's."""
    if not body.status:
        return before != Status.FINISHED
    return body.status != "failed" and _RANK[Status(body.status)] >= _RANK.get(before, 0)


def _is_old_news(task: Task, body: Body) -> bool:
    """Return whether a callback for a finished task needs no question: all of it is known."""
    if body.status in ("not_started", "running"):
        return True
    return body.status == "finished" and results.is_told_already(task, body)


def _learn(task: Task, task_id: str) -> None:
    """Take up a `task_id` that only a callback has told: the API has taken the task after all."""
    task.vidgo_id, task.accepted_at, task.attempts = task_id, timezone.now(), 0
    task.evidence = {**task.evidence, "adopted": task_id}
    if task.is_final:
        # Given up or taken back: what was paid for is followed all the same.
        due(task, 1)
        tell(task, "A callback told the task_id: Vidgo is asked for what became of it")
        return
    task.error, task.error_code = "", ""
    go_on(task, Status.NOT_STARTED)


def _move(task: Task, body: Body, *, sure: bool) -> None:
    """Move the status along with the API's: back from an end only if that was called back alone."""
    match body.status:
        case "finished":
            finish(task, sure=sure)
        case "failed":
            _fail(task, body, sure=sure)
        case "not_started" | "running":
            new = Status(body.status)
            is_end_of_a_callback = task.is_final and not task.confirmed_at
            revived = sure and (task.status == Status.FAILED or is_end_of_a_callback)
            if revived or _RANK[new] > _RANK.get(Status(task.status), 9):
                task.error, task.error_code = "", ""
                go_on(task, new)
                _claim(task)


def _fail(task: Task, body: Body, *, sure: bool) -> None:
    if task.status == Status.CANCELLED:
        return
    if task.status == Status.FINISHED and (not sure or task.confirmed_at):
        return
    if task.status == Status.FAILED and task.confirmed_at and not sure:
        return
    reason = body.message or "Vidgo gave no reason."
    if (task.status, task.error) != (Status.FAILED, reason):
        end(task, Status.FAILED, body.error_type or "vidgo", reason)
    if sure:
        due(task, None)
        task.confirmed_at = timezone.now()


def finish(task: Task, *, sure: bool) -> None:
    """Have a task be finished; `sure`: nobody else is to be asked."""
    if task.status != Status.FINISHED:
        account.look_soon()
        task.status = Status.FINISHED
        task.finished_at = timezone.now()
        task.error, task.error_code, task.confirmed_at = "", "", None
        task.attempts = 0
        _claim(task)
    if task.assets.exists():
        if task.error_code == "empty":
            _claim(task)
        task.error, task.error_code = "", ""
        if sure:
            due(task, None)
        if sure and not task.confirmed_at:
            account.look_soon()
            task.confirmed_at = timezone.now()
    elif task.attempts < MAX_ASKED:
        due(task, backoff(task.attempts + 1))
    else:
        task.error_code, task.error = "empty", EMPTY
        # It can be asked for once more by hand, and made once more.
        task.once_key = None
        due(task, None)


def _claim(task: Task) -> None:
    """Hold the once-only result again, unless another task has it by now."""
    key = operations.get(task.operation).once_key(task.input)
    if not key or task.once_key:
        return
    try:
        with transaction.atomic():
            Task.objects.filter(pk=task.pk).update(once_key=key)
        task.once_key = key
    except IntegrityError:
        logger.info("another task has what is made only once", extra={"task": task.pk})


def _told(task: Task, before: str, origin: str) -> str:
    way = "" if origin == Delivery.Origin.CALLBACK else " (told when asked)"
    if task.status == before:
        return f"More of the result came{way}"
    error = f": {task.error}" if task.error else ""
    return f"{TOLD[Status(task.status)]}{way}{error}"
