"""Every change of a task's status, and nothing else that changes one.

Each change happens under the row's lock, in one transaction with its line of history. HTTP is
never spoken here: `jobs` asks the client and hands the answer in.
"""

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from studio import account, operations, results
from studio.files import delete_after_commit
from studio.models import Delivery, Event, Preview, Task, Track, Upload, unguessable
from studio.vidgo.client import Accepted, Answer, Away, Blocked, Refused, Unknown
from studio.vidgo.payloads import Body, read_body
from studio.work import DATABASE_AWAY, backoff
from vidgo_site.logs import redact

logger = logging.getLogger(__name__)
Status = Task.Status
User = AbstractBaseUser | AnonymousUser | None

FINAL = (Status.FINISHED, Status.FAILED, Status.CANCELLED)
_RANK = {Status.NOT_STARTED: 1, Status.RUNNING: 2, Status.FINISHED: 3}
# A fresh task can be unknown to the query for a while; after this many times it is not fresh.
MAX_UNKNOWN = 6
FRESH = timedelta(minutes=15)
# The balance says that the key is good, and still one task is refused for it: it is at fault.
MAX_BLOCKED = 3
# Without any news for so long, the API has lost the task.
MAX_AGE = timedelta(days=3)
# A task that is final here is asked for again this often: finished without a result, or failed
# while the API tells nothing sure of it.
MAX_ASKED = 8
# Seconds after which a callback that was kept but not applied waits for the worker: it came in a
# burst, or a crash came in between. So many are applied in one sweep.
LEFT_BEHIND = 1
MANY = 200


class NotPossibleError(Exception):
    """A person's wish that the task's present state does not allow; the text says why."""


# ---------------------------------------------------------------- made by a person


def create(
    model: str,
    input: dict[str, Any],
    *,
    user: User,
    form_key: uuid.UUID | None = None,
    title: str = "",
    source_track: Track | None = None,
    source_upload: Upload | None = None,
    again_of: Task | None = None,
) -> tuple[Task, bool]:
    """Keep a task to be sent. Gives it and True, or the one that is there already and False.

    One form (`form_key`) is one task; so is one once-only result, whoever asks for it.
    """
    once_key = operations.get(model).once_key(input) or None
    form_key = form_key or uuid.uuid4()
    for _ in range(5):
        try:
            with transaction.atomic():
                task = Task.objects.create(
                    model=model,
                    input=input,
                    title=title[:200],
                    form_key=form_key,
                    once_key=once_key,
                    source_track=source_track,
                    source_upload=source_upload,
                    again_of=again_of,
                    created_by=_actor(user),
                    due_at=timezone.now(),
                )
                tell(task, "Made", user)
            return task, True
        except IntegrityError:
            there = (
                Task.objects.filter(form_key=form_key).first()
                or Task.objects.filter(once_key=once_key, once_key__isnull=False).first()
            )
            if there:
                return there, False
            # Whoever had the once-only result let go of it in between: try again.
    raise NotPossibleError("Somebody else is asking for the same at this moment. Try again.")


def bring_in(task_id: str, *, user: User) -> tuple[Task, bool]:
    """Keep a song made elsewhere, to be asked for by its `task_id`. Gives it and whether it is new.

    One that failed (unknown or unfinished then) is asked for again.
    """
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(task_id=task_id).first()
        if task is None:
            try:
                with transaction.atomic():
                    task = Task.objects.create(
                        model=operations.IMPORT.model,
                        status=Status.NOT_STARTED,
                        task_id=task_id,
                        input={"task_id": task_id},
                        title="Song from Vidgo",
                        form_key=uuid.uuid4(),
                        created_by=_actor(user),
                        accepted_at=timezone.now(),
                        due_at=timezone.now(),
                    )
            except IntegrityError:
                return Task.objects.get(task_id=task_id), False
            tell(task, "Asked for by its task_id", user)
            return task, True
        if task.status == Status.FAILED and task.model == operations.IMPORT.model:
            task.status, task.error, task.error_code = Status.NOT_STARTED, "", ""
            task.attempts, task.accepted_at = 0, timezone.now()
            _due(task, 0)
            tell(task, "Asked for again", user)
        return task, False


def cancel(task_pk: int, user: User) -> Task:
    """Take a task back before it is sent. Raises NotPossibleError once it is."""
    with transaction.atomic():
        task = _lock(task_pk)
        if task.status != Status.PENDING or task.sent_at:
            raise NotPossibleError("It has been sent already and cannot be taken back.")
        _end(task, Status.CANCELLED, "", "")
        tell(task, "Cancelled", user)
    return task


def give_up(task_pk: int, user: User) -> Task:
    """Stop waiting for an unconfirmed task. A callback that comes all the same still counts."""
    with transaction.atomic():
        task = _lock(task_pk, Status.UNCONFIRMED)
        _end(task, Status.FAILED, "given_up", "Given up without an answer from Vidgo.")
        tell(task, "Given up", user)
    return task


def adopt(task_pk: int, task_id: str, user: User) -> Task:
    """Take `task_id`, found in the provider's console, for the answer that never came."""
    with transaction.atomic():
        task = _lock(task_pk, Status.UNCONFIRMED)
        other = Task.objects.filter(task_id=task_id).first()
        if other:
            raise NotPossibleError(f"This task_id is already here, as task {other.pk}.")
        task.task_id = task_id
        task.evidence = {**task.evidence, "adopted": task_id}
        task.error, task.error_code = "", ""
        task.accepted_at, task.attempts = timezone.now(), 0
        _go_on(task, Status.NOT_STARTED)
        _due(task, 0)
        try:
            with transaction.atomic():
                tell(task, "The task_id was given by hand", user)
        except IntegrityError:
            raise NotPossibleError("Somebody else has just given this task_id.") from None
    return task


def send_again(task_pk: int, user: User) -> Task:
    """Send an unconfirmed task's input once more, as a task of its own. May be paid for twice.

    A row is sent once at the most, so that each callback address stands for one submit. The old
    task keeps listening: what comes for it is kept too.
    """
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        again = Task.objects.filter(again_of=task, form_key=_again_key(task)).first()
        if again:
            return again
        if task.status != Status.UNCONFIRMED:
            raise NotPossibleError(_NOT_NOW)
        _end(task, Status.FAILED, "given_up", "Sent again, as another task.")
        # Saved first, since the new task takes the once-only result over from it.
        task.save()
        again, _ = create(
            task.model,
            task.input,
            user=user,
            form_key=_again_key(task),
            title=task.title,
            source_track=task.source_track,
            source_upload=task.source_upload,
            again_of=task,
        )
        tell(task, f"Sent again, as task {again.pk}", user)
    return again


def try_again(task_pk: int, user: User) -> Task:
    """Make a task that came to nothing once more, with its settings; pressed twice it is one.

    Raises NotPossibleError.
    """
    with transaction.atomic():
        task = _lock(task_pk)
        if task.status not in (Status.FAILED, Status.CANCELLED):
            raise NotPossibleError(_NOT_NOW)
        if task.model == operations.IMPORT.model and task.task_id:
            return bring_in(task.task_id, user=user)[0]
        operation = operations.get(task.model)
        has_sound = task.source_track or task.source_upload
        if operation.takes_sound and not has_sound and not _has_url(task):
            raise NotPossibleError("The sound it was made from is gone. Choose another.")
        again, _ = create(
            task.model,
            task.input,
            user=user,
            form_key=uuid.uuid5(task.form_key, "try again"),
            title=task.title,
            source_track=task.source_track,
            source_upload=task.source_upload,
            again_of=task,
        )
        tell(task, f"Tried again, as task {again.pk}", user)
    return again


def delete(task_pk: int, user: User) -> None:
    """Delete a task that is over, with its songs, its history and our copies of its files.

    Raises NotPossibleError while something of it can still come or is still needed.
    """
    with transaction.atomic():
        task = _lock(task_pk)
        if not task.is_final:
            raise NotPossibleError("It is still being made: what is paid for is not thrown away.")
        uses = Task.objects.filter(source_track__task=task).exclude(status__in=FINAL)
        if uses.exists():
            raise NotPossibleError("Something else is being made from it at this moment.")
        files = [asset.file for asset in task.assets.all()]
        for preview in Preview.objects.filter(asset__task=task):
            files += [preview.samples, preview.poster]
        delete_after_commit(files)
        name = f"{operations.get(task.model).noun} “{task.title}” (task {task.pk})"
        task.delete()
        # Without a task: it is what open pages refresh by, and who did it stays known.
        Event.objects.create(text=f"Deleted: {name}", actor=_actor(user))


def ask_now(task_pk: int, user: User) -> Task:
    """Ask the API for a task at once. Raises NotPossibleError if it has no `task_id`."""
    with transaction.atomic():
        task = _lock(task_pk)
        if not task.task_id:
            raise NotPossibleError("Vidgo has not given this task an id yet.")
        _due(task, 0)
        tell(task, "Asked for by hand", user)
    return task


# ---------------------------------------------------------------- sending


def begin_send(task_pk: int, lease: str) -> Task | None:
    """Commit the intent to send, fenced by a fresh lease. Gives None if it is not to be sent now.

    From here on "was it sent?" has an answer after any crash: `sent_at` without `task_id` means
    perhaps, and `expire_sends` makes it unconfirmed.
    """
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        is_fresh = task.status == Status.PENDING and not task.sent_at and not task.task_id
        if not lease or task.lease != lease or not is_fresh:
            return None
        if task.deliveries.filter(applied_at=None, note__in=("", WAITS)).exists():
            # A crash left a callback unread: it may say that an earlier try was taken after all.
            return None
        state = account.get()
        if state.trouble:
            # One refused key or one empty account is one notice, not a row of failures.
            is_news = task.error_code != state.trouble
            task.error_code, task.error = state.trouble, state.message
            _due(task, account.RETRY)
            if is_news:
                tell(task, f"Waiting: {state.message}")
            else:
                task.save()
            return None
        now = timezone.now()
        task.sent_at, task.due_at = now, None
        task.attempts += 1
        task.lease = unguessable()
        task.held_until = now + timedelta(seconds=settings.STUDIO_LEASE)
        task.evidence = {**account.as_evidence(state), "blocked": task.evidence.get("blocked", 0)}
        tell(task, "Sending to Vidgo" if task.attempts == 1 else f"Sending, try {task.attempts}")
    return task


def record_answer(task_pk: int, lease: str, answer: Answer) -> None:
    """Record what the API answered to the submit, then what callbacks have waited for it."""
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        if isinstance(answer, Accepted) and answer.body.task_id:
            _accepted(task, answer.body)
        elif task.lease != lease or task.status not in (Status.PENDING, Status.UNCONFIRMED):
            # The row has gone on without this answer, and only a `task_id` is news.
            tell(task, f"A late answer: {_words(answer)}")
        else:
            _not_accepted(task, answer)
    apply_waiting(task_pk)


def _accepted(task: Task, body: Body) -> None:
    if task.task_id == body.task_id:
        return
    if task.task_id or Task.objects.filter(task_id=body.task_id).exists():
        # Never to be guessed at: two answers for one submit, or one id for two.
        tell(task, f"Vidgo also answered with task_id {body.task_id}")
        if not task.task_id:
            _unconfirmed(task, "Vidgo answered with the task_id of another task.")
        return
    task.task_id = body.task_id
    task.accepted_at, task.attempts = timezone.now(), 0
    task.error, task.error_code = "", ""
    if task.status in (Status.PENDING, Status.UNCONFIRMED):
        _go_on(task, Status.NOT_STARTED)
    else:
        _due(task, 0)
    tell(task, "Taken by Vidgo")


def _not_accepted(task: Task, answer: Answer) -> None:
    match answer:
        case Refused(code, message):
            _end(task, Status.FAILED, str(code), message)
            tell(task, f"Refused by Vidgo: {message}")
        case Blocked("key", message) if task.evidence.get("blocked", 0) >= MAX_BLOCKED:
            _end(task, Status.FAILED, "403", message)
            tell(task, f"Refused by Vidgo: {message}")
        case Blocked(trouble, message):
            account.block(trouble, message)
            task.evidence = {**task.evidence, "blocked": task.evidence.get("blocked", 0) + 1}
            _not_sent(task, trouble, message, account.RETRY)
            tell(task, f"Waiting: {message}")
        case Away(message, retry_after):
            _not_sent(task, "away", message, max(retry_after or 0, backoff(task.attempts)))
            tell(task, f"Vidgo is away: {message}")
        case _:
            _unconfirmed(task, _words(answer))


def _not_sent(task: Task, code: str, message: str, seconds: float) -> None:
    """Have a task that was surely not taken sent again, even if its answer came late."""
    task.status, task.sent_at = Status.PENDING, None
    task.error_code, task.error = code, message
    _due(task, seconds)


def expire_sends() -> list[int]:
    """Make every send unconfirmed whose worker is gone. Gives the keys of the tasks changed."""
    late = Task.objects.filter(
        status=Status.PENDING, sent_at__isnull=False, held_until__lt=timezone.now()
    )
    changed = []
    for pk in late.values_list("pk", flat=True):
        with transaction.atomic():
            task = Task.objects.select_for_update().get(pk=pk)
            # Looked at again under the lock: the answer may have come in between.
            if task.status != Status.PENDING or not task.sent_at or not task.held_until:
                continue
            if task.held_until >= timezone.now():
                continue
            _unconfirmed(task, "The sending was cut off before Vidgo's answer came.")
            changed.append(pk)
        apply_waiting(pk)
    return changed


# ---------------------------------------------------------------- what the API tells


def receive(task_pk: int, raw: str, origin: str) -> Delivery:
    """Keep a body that came for a task, then apply it.

    Kept raw and committed first: what fails afterwards rolls back, and the delivery stays with
    its error, to be replayed. Where others wait already, it waits its turn behind them: a burst
    is answered at once and applied by the worker (`apply_left_behind`).
    """
    clean = raw.replace("\x00", "")
    there = Delivery.objects.filter(task=task_pk, origin=origin)
    known = there.last() if origin == Delivery.Origin.QUERY else None
    if known is None or known.body != clean:
        # The same answer asked for a hundred times is kept once.
        known = Delivery.objects.create(task_id=task_pk, origin=origin, body=clean)
    if origin == Delivery.Origin.QUERY or not _others_wait(known):
        apply(known)
    return known


def _others_wait(delivery: Delivery) -> bool:
    waiting = Delivery.objects.filter(applied_at=None, note="", pk__lt=delivery.pk)
    return waiting.exists()


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


WAITS = "Waits for the submit's own answer."
# Two tries can both have been taken; the second result is not this task's, but it is paid for.
UNCLAIMED = "For a task_id that no task here has: it can be brought in."


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
            _due(task, 0)
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
        _saved(task)
    return None


def _take_for_sent(task: Task, body: Body) -> None:
    """Never send again what the API has called back for, whatever its answer said."""
    if task.task_id:
        return
    if body.task_id:
        _learn(task, body.task_id)
    elif task.status == Status.PENDING and body.status not in ("finished", "failed"):
        _unconfirmed(task, "Vidgo called back without saying the task_id.")


def _learn(task: Task, task_id: str) -> None:
    """Take up a `task_id` that only a callback has told: the API has taken the task after all."""
    task.task_id, task.accepted_at, task.attempts = task_id, timezone.now(), 0
    task.evidence = {**task.evidence, "adopted": task_id}
    if task.is_final:
        # Given up or taken back: what was paid for is followed all the same.
        _due(task, 1)
        return
    task.error, task.error_code = "", ""
    _go_on(task, Status.NOT_STARTED)


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
            _end(
                task,
                Status.FAILED,
                body.error_type or "vidgo",
                body.message or "Vidgo gave no reason.",
            )
            # Told without a signature, and it may be paid for: the query has the last word.
            _due(task, None if asked else 1)
        case "not_started" | "running":
            new = Status(body.status)
            revived = asked and task.status in (Status.FAILED, Status.CANCELLED)
            if revived or _RANK.get(new, 0) > _RANK.get(Status(task.status), 9):
                task.error, task.error_code = "", ""
                _go_on(task, new)
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
        _due(task, None)
    elif task.attempts < MAX_ASKED:
        _due(task, backoff(task.attempts + 1))
    else:
        task.error_code = "empty"
        task.error = "Vidgo says that this is ready, but it gives no result. Ask Vidgo's support."
        _due(task, None)


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


# ---------------------------------------------------------------- asking


def next_ask(task: Task) -> float:
    """Give the seconds until a task is asked for again: soon at first, then less often."""
    age = (timezone.now() - (task.accepted_at or task.created_at)).total_seconds()
    return min(max(age / 4, 5.0), 600.0)


def record_query(task_pk: int, lease: str, answer: Answer) -> None:
    """Record what the API answered when it was asked for a task."""
    if isinstance(answer, Accepted):
        with transaction.atomic():
            task = Task.objects.select_for_update().get(pk=task_pk)
            if task.lease == lease:
                # What the body says decides below; this is for a body that says nothing.
                task.attempts = task.attempts + 1 if task.is_final else 0
                _due(task, _next_look(task))
                task.save()
        receive(task_pk, answer.raw, Delivery.Origin.QUERY)
    else:
        with transaction.atomic():
            task = Task.objects.select_for_update().get(pk=task_pk)
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
            _due(task, _next_look(task))
        case Blocked():
            # The key, or this one task? The balance tells.
            account.look_soon()
            _due(task, max(account.RETRY, wait))
        case Away(_, retry_after):
            _due(task, max(retry_after or 0, wait))
        case _:
            _due(task, wait)
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
        _unconfirmed(task, f"Vidgo does not know {task.evidence['adopted']}, the task_id given.")
        return
    _end(task, Status.FAILED, "404", f"Vidgo does not know this task: {message}")
    tell(task, task.error)


def _lose_if_too_old(task_pk: int) -> None:
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        started = task.accepted_at or task.created_at
        if task.is_final or timezone.now() - started < MAX_AGE:
            return
        _end(task, Status.FAILED, "lost", "Vidgo has not finished this task in three days.")
        tell(task, task.error)


# ---------------------------------------------------------------- saved


def asset_saved(task_pk: int, text: str) -> None:
    """Note a file's arrival in our storage, or its trouble, in the history of its task."""
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        tell(task, text)
        if results.is_saved(task):
            _saved(task)


def ask_again(task_pk: int) -> None:
    """Have a task's files asked for anew, since a URL of theirs no longer works."""
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        if task.task_id and task.due_at is None:
            task.attempts = 0
            _due(task, 1)
            task.save()


def _saved(task: Task) -> None:
    if task.saved_at is None:
        task.saved_at = timezone.now()
        tell(task, "Saved: every file is in our own storage")


# ---------------------------------------------------------------- the few ways a row changes


_NOT_NOW = "The task has gone on in the meantime."


def note(task_pk: int, text: str, user: User) -> None:
    """Write one line of a task's history, and of the log, without saving the task."""
    clean = redact(text)
    Event.objects.create(task_id=task_pk, text=clean, actor=_actor(user))
    logger.info("%s", clean, extra={"task": task_pk})


def tell(task: Task, text: str, user: User = None) -> None:
    """Save the task and write one line of its history."""
    task.save()
    note(task.pk, text, user)


def lock(task_pk: int) -> Task:
    """Give a task with its row locked until the present transaction ends."""
    return Task.objects.select_for_update().get(pk=task_pk)


def _lock(task_pk: int, *statuses: str) -> Task:
    task = lock(task_pk)
    if statuses and task.status not in statuses:
        raise NotPossibleError(_NOT_NOW)
    return task


def _due(task: Task, seconds: float | None) -> None:
    """Make the row due in `seconds`, or never (None), and let go of it."""
    if not task.task_id and task.status != Status.PENDING:
        # Nothing to ask for by name.
        seconds = None
    task.due_at = None if seconds is None else timezone.now() + timedelta(seconds=seconds)
    task.held_until = None


def _go_on(task: Task, status: Task.Status) -> None:
    task.status = status
    _due(task, next_ask(task))


def _end(task: Task, status: Task.Status, code: str, error: str) -> None:
    task.status, task.error_code, task.error = status, code[:40], error
    task.finished_at = timezone.now()
    # What the API makes only once is free again: nothing of it was made.
    task.once_key = None
    task.attempts = task.attempts if not task.task_id else 0
    _due(task, None)


def _unconfirmed(task: Task, reason: str) -> None:
    task.status, task.error_code, task.error = Status.UNCONFIRMED, "unknown", reason
    _due(task, None)
    account.look_soon()
    tell(task, f"Unconfirmed: {reason}")


def _words(answer: Answer) -> str:
    match answer:
        case Accepted():
            return "Vidgo's answer names no task."
        case Refused(_, message) | Blocked(_, message) | Away(message, _) | Unknown(message):
            return message


def _has_url(task: Task) -> bool:
    return bool(task.input.get(getattr(operations.get(task.model).form, "url_field", "")))


def _again_key(task: Task) -> uuid.UUID:
    return uuid.uuid5(task.form_key, "send again")


def _actor(user: User) -> Any:
    return user if user is not None and user.is_authenticated else None
