"""How a task comes to be: made from a form, or brought in; once, however often it is asked for."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from studio import operations
from studio.lifecycle import evidence, limits
from studio.lifecycle.changes import (
    MAY_BE_TWICE,
    NeedsWordError,
    NotPossibleError,
    Status,
    User,
    actor,
    due,
    is_doubtful,
    tell,
)
from studio.models import Asset, Task, Track, Upload

# For so long a task that came to nothing is held against one like it.
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True)
class Wish:
    """What a task is to be made of: its operation, what the API is sent, whose sound it takes."""

    operation: str
    input: dict[str, Any]
    title: str = ""
    source_track: Track | None = None
    source_upload: Upload | None = None
    source_stem: Asset | None = None
    again_of: Task | None = None

    def is_of(self, task: Task) -> bool:
        """Return whether `task` was made of the same."""
        return _asked_for(self) == _asked_for(task)


def create(
    wish: Wish, *, user: User, form_key: uuid.UUID | None = None, sure: bool = False
) -> tuple[Task, bool]:
    """Keep a task to be sent. Returns it and True, or the one that is there already and False.

    One form (`form_key`) is one task; so is one once-only result, whoever asks for it. Raises
    what `limits.check` raises, and NeedsWordError where Vidgo may have made just this already.
    """
    once_key = operations.get(wish.operation).once_key(wish.input) or None
    form_key = form_key or uuid.uuid4()
    for _ in range(5):
        try:
            with transaction.atomic():
                limits.hold(user)
                key = _own_key(wish, form_key)
                if there := _there(key, once_key):
                    return there, False
                limits.check(user, [(wish.operation, key)], sure)
                if not sure and _may_be_made(wish):
                    raise NeedsWordError(MAY_BE_TWICE)
                task = Task(**vars(wish), form_key=key, once_key=once_key)
                task.title = task.title[:200]
                task.created_by, task.due_at = actor(user), timezone.now()
                tell(task, "Created", user)
            return task, True
        except IntegrityError:
            # Somebody else was first, or let go of the once-only result in between.
            continue
    raise NotPossibleError("Somebody else is asking for the same at this moment. Try again.")


def _own_key(wish: Wish, form_key: uuid.UUID) -> uuid.UUID:
    """Return `form_key`, or a new key if that form has made a task of something else already.

    Somebody has then gone back to the page and changed it; the page kept its key.
    """
    there = Task.objects.filter(form_key=form_key).first()
    if there is None or wish.is_of(there):
        return form_key
    return uuid.uuid5(form_key, json.dumps(_asked_for(wish), sort_keys=True))


def _asked_for(one: Wish | Task) -> list[Any]:
    sources = (one.source_track, one.source_upload, one.source_stem)
    keys = [source and source.pk for source in sources]
    # A wish that knew of no stems is the same as ever.
    return [one.operation, one.input, *keys[:2], *filter(None, keys[2:])]


def _may_be_made(wish: Wish) -> bool:
    """Return whether Vidgo may have made just this for a task that came to nothing here."""
    came_to_nothing = Q(status__in=Task.WITHOUT_RESULT) | Q(error_code="empty")
    same = Task.objects.filter(
        came_to_nothing,
        created_at__gt=timezone.now() - REMEMBERED,
        operation=wish.operation,
        input=wish.input,
        source_track=wish.source_track,
        source_upload=wish.source_upload,
        source_stem=wish.source_stem,
    ).order_by()
    # Of what was made once more somebody has answered for it.
    same = same.exclude(Exists(Task.objects.filter(again_of=OuterRef("pk"))))
    return any(is_doubtful(task) and not evidence.read(task).is_against for task in same)


def _there(form_key: uuid.UUID, once_key: str | None) -> Task | None:
    return (
        Task.objects.filter(form_key=form_key).first()
        or Task.objects.filter(once_key=once_key, once_key__isnull=False).first()
    )


def bring_in(task_id: str, *, user: User) -> tuple[Task, bool]:
    """Keep a song made elsewhere, to be polled by its `task_id`. Returns it and whether it is new.

    One that failed (unknown or unfinished then) is asked for again.
    """
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(vidgo_id=task_id).first()
        if task is None:
            return _import(task_id, user)
        if task.deleted_at:
            task.deleted_at = None
            tell(task, "Restored from the trash", user)
        if task.status == Status.FAILED and task.operation == operations.IMPORT.name:
            task.status, task.error, task.error_code = Status.NOT_STARTED, "", ""
            task.confirmed_at = None
            task.attempts, task.accepted_at = 0, timezone.now()
            due(task, 0)
            tell(task, "Asked for again", user)
        return task, False


def _import(task_id: str, user: User) -> tuple[Task, bool]:
    task = Task(
        operation=operations.IMPORT.name,
        status=Status.NOT_STARTED,
        vidgo_id=task_id,
        input={"task_id": task_id},
        title="Song from Vidgo",
        form_key=uuid.uuid4(),
        created_by=actor(user),
        accepted_at=timezone.now(),
        due_at=timezone.now(),
    )
    try:
        with transaction.atomic():
            tell(task, "Asked for by its task_id", user)
    except IntegrityError:
        return Task.objects.get(vidgo_id=task_id), False
    return task, True
