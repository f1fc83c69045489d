"""What a person does with a task: take it back, adopt it, send or try it again."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from studio import operations
from studio.lifecycle import evidence, limits
from studio.lifecycle.changes import (
    MAY_BE_TWICE,
    NOT_NOW,
    NeedsWordError,
    NotPossibleError,
    Status,
    User,
    due,
    end,
    go_on,
    lock,
    tell,
)
from studio.lifecycle.making import Wish, bring_in, create
from studio.models import Task


def cancel(task_pk: int, user: User) -> Task:
    """Take a task back before it is sent. Raises NotPossibleError once it is."""
    with transaction.atomic():
        task = lock(task_pk)
        if task.status != Status.PENDING or task.sent_at:
            raise NotPossibleError("It has been sent already and cannot be taken back.")
        end(task, Status.CANCELLED, "", "")
        tell(task, "Cancelled", user)
    return task


def give_up(task_pk: int, user: User) -> Task:
    """Stop waiting for an unconfirmed task. A callback that comes all the same still counts."""
    with transaction.atomic():
        task = lock(task_pk, Status.UNCONFIRMED)
        end(task, Status.FAILED, "given_up", "Given up without an answer from Vidgo.")
        tell(task, "Dropped", user)
    return task


def adopt(task_pk: int, task_id: str, user: User) -> Task:
    """Take `task_id`, found in the provider's console, for the answer that never came."""
    with transaction.atomic():
        task = lock(task_pk, Status.UNCONFIRMED)
        other = Task.objects.filter(vidgo_id=task_id).first()
        if other:
            raise NotPossibleError(f"This task_id is already here, as task {other.pk}.")
        task.vidgo_id = task_id
        task.evidence = {**task.evidence, "adopted": task_id}
        task.error, task.error_code = "", ""
        task.accepted_at, task.attempts = timezone.now(), 0
        go_on(task, Status.NOT_STARTED)
        due(task, 0)
        try:
            with transaction.atomic():
                tell(task, "The task_id was given by hand", user)
        except IntegrityError:
            raise NotPossibleError("Somebody else has just given this task_id.") from None
    return task


def send_again(task_pk: int, user: User, sure: bool) -> Task:
    """Send an unconfirmed task's input once more, as a task of its own. May be paid for twice.

    A row is sent once at the most, so that each callback address stands for one submit. The old
    task keeps listening: what comes for it is kept too. Raises NeedsWordError unless somebody is
    `sure`, or the balance speaks against a first one at Vidgo.
    """
    with transaction.atomic():
        limits.hold(user)
        task = lock(task_pk)
        again = Task.objects.filter(form_key=_again_key(task)).first()
        if again:
            return again
        if task.status != Status.UNCONFIRMED:
            raise NotPossibleError(NOT_NOW)
        if not sure and not evidence.read(task).is_against:
            raise NeedsWordError(MAY_BE_TWICE)
        end(task, Status.FAILED, "given_up", "Sent again, as another task.")
        # Saved first, since the new task takes the once-only result over from it.
        task.save()
        again = _once_more(task, _again_key(task), user, sure)
        tell(task, f"Sent again, as task {again.pk}", user)
    return again


def check_again(tasks: list[Task], user: User, sure: bool) -> None:
    """Raise unless `user` may try all of `tasks` again; in the transaction that does."""
    limits.check(user, [(task.operation, _try_key(task)) for task in tasks], sure)


def try_again(task_pk: int, user: User, sure: bool) -> Task:
    """Make a task that came to nothing once more, with its settings; pressed twice it is one.

    So is what was sent again already. Raises NotPossibleError, and what `create` raises.
    """
    with transaction.atomic():
        limits.hold(user)
        task = lock(task_pk)
        if task.status not in Task.WITHOUT_RESULT:
            raise NotPossibleError(NOT_NOW)
        if task.operation == operations.IMPORT.name and task.vidgo_id:
            return bring_in(task.vidgo_id, user=user)[0]
        if again := Task.objects.filter(form_key=_again_key(task)).first():
            return again
        operation = operations.get(task.operation)
        if operation.takes_sound and not _has_sound(task, operation.form):
            raise NotPossibleError("The sound it was made from is gone. Choose another.")
        again = _once_more(task, _try_key(task), user, sure)
        tell(task, f"Tried again, as task {again.pk}", user)
    return again


def ask_now(task_pk: int, user: User) -> Task:
    """Ask the API for a task at once. Raises NotPossibleError if it has no `task_id`."""
    with transaction.atomic():
        task = lock(task_pk)
        if not task.vidgo_id:
            raise NotPossibleError("Vidgo has not given this task an id yet.")
        due(task, 0)
        tell(task, "Asked for by hand", user)
    return task


def _once_more(task: Task, form_key: uuid.UUID, user: User, sure: bool) -> Task:
    """Keep another task with the settings of `task`."""
    sources = (task.source_track, task.source_upload, task.source_stem)
    wish = Wish(task.operation, task.input, task.title, *sources, again_of=task)
    return create(wish, user=user, form_key=form_key, sure=sure)[0]


def _has_sound(task: Task, form: Any) -> bool:
    source = task.source_track or task.source_upload or task.source_stem
    return bool(source or task.input.get(form.url_field))


def _try_key(task: Task) -> uuid.UUID:
    return uuid.uuid5(task.form_key, "try again")


def _again_key(task: Task) -> uuid.UUID:
    return uuid.uuid5(task.form_key, "send again")
