"""What a person makes of a task: made, taken back, adopted, sent again, tried again, deleted."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from studio import operations
from studio.files import delete_after_commit
from studio.lifecycle.changes import (
    FINAL,
    NOT_NOW,
    NotPossibleError,
    Status,
    User,
    actor,
    due,
    end,
    go_on,
    lock,
    tell,
)
from studio.models import Event, Preview, Task, Track, Upload


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
                    created_by=actor(user),
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
                        created_by=actor(user),
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
            due(task, 0)
            tell(task, "Asked for again", user)
        return task, False


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
        tell(task, "Given up", user)
    return task


def adopt(task_pk: int, task_id: str, user: User) -> Task:
    """Take `task_id`, found in the provider's console, for the answer that never came."""
    with transaction.atomic():
        task = lock(task_pk, Status.UNCONFIRMED)
        other = Task.objects.filter(task_id=task_id).first()
        if other:
            raise NotPossibleError(f"This task_id is already here, as task {other.pk}.")
        task.task_id = task_id
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


def send_again(task_pk: int, user: User) -> Task:
    """Send an unconfirmed task's input once more, as a task of its own. May be paid for twice.

    A row is sent once at the most, so that each callback address stands for one submit. The old
    task keeps listening: what comes for it is kept too.
    """
    with transaction.atomic():
        task = lock(task_pk)
        again = Task.objects.filter(again_of=task, form_key=_again_key(task)).first()
        if again:
            return again
        if task.status != Status.UNCONFIRMED:
            raise NotPossibleError(NOT_NOW)
        end(task, Status.FAILED, "given_up", "Sent again, as another task.")
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
        task = lock(task_pk)
        if task.status not in (Status.FAILED, Status.CANCELLED):
            raise NotPossibleError(NOT_NOW)
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
        task = lock(task_pk)
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
        Event.objects.create(text=f"Deleted: {name}", actor=actor(user))


def ask_now(task_pk: int, user: User) -> Task:
    """Ask the API for a task at once. Raises NotPossibleError if it has no `task_id`."""
    with transaction.atomic():
        task = lock(task_pk)
        if not task.task_id:
            raise NotPossibleError("Vidgo has not given this task an id yet.")
        due(task, 0)
        tell(task, "Asked for by hand", user)
    return task


def _has_url(task: Task) -> bool:
    return bool(task.input.get(getattr(operations.get(task.model).form, "url_field", "")))


def _again_key(task: Task) -> uuid.UUID:
    return uuid.uuid5(task.form_key, "send again")
