"""How long results, uploads and deliveries are kept. What goes is listed for a week before it goes.

Tasks, their history and what they cost stay for ever; so do personas, which are no files. What a
person has deleted goes when its time in the trash is over, whatever the rules say.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessLog
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from studio import lifecycle
from studio.lifecycle import account, lineage, results, trash
from studio.models import Account, Asset, Delivery, Event, Task, Upload
from studio.team.signin import KNOWN_FOR

NOTICE = timedelta(days=7)
RULES = ("keep_results", "keep_uploads", "keep_deliveries")


@dataclass(frozen=True)
class Going:
    """What goes under one rule: how much, from when to when, and the rows themselves."""

    what: str
    count: int
    size: int
    oldest: datetime | None
    newest: datetime | None
    rows: "QuerySet[Any]"


def announce() -> None:
    """Begin the week in which what goes is listed; to be called when a rule has changed."""
    account.get()
    Account.objects.filter(pk=1).update(removes_from=timezone.now() + NOTICE)


def begin_anew() -> None:
    """Begin the week on the list, and the time in the trash, of what a restore brings back."""
    announce()
    for row_class in (Task, Upload):
        row_class.objects.filter(deleted_at__isnull=False).update(deleted_at=timezone.now())


def removes_from() -> datetime | None:
    """Return when the present rules take effect, None if they do already."""
    start = account.get().removes_from
    return start if start and start > timezone.now() else None


def going(within: timedelta = NOTICE) -> list[Going]:
    """Return what goes `within` that time: from the trash, and by each of the rules that bites."""
    moment = timezone.now() + within
    return [*_trash(moment), *_by_rules(moment)]


def _by_rules(now: datetime) -> list[Going]:
    rules = account.get()
    found = []
    if rules.keep_results is not None:
        results = _results(now - timedelta(days=rules.keep_results))
        found.append(_summed("Results", results, "task__finished_at", "size"))
    if rules.keep_uploads is not None:
        uploads = _uploads(now - timedelta(days=rules.keep_uploads))
        found.append(_summed("Uploads", uploads, "created_at", "size"))
    if rules.keep_deliveries is not None:
        deliveries = _deliveries(now - timedelta(days=rules.keep_deliveries))
        found.append(_summed("What Vidgo sent", deliveries, "received_at", None))
    return [each for each in found if each.count]


def remove() -> list[Going]:
    """Remove what is past its time, unless the rules are too fresh. Returns what went."""
    _sign_in_traces()
    gone = _trash(timezone.now())
    for each in gone:
        _purge(each.rows)
    return gone if removes_from() else [*gone, *_remove_by_rules()]


def _remove_by_rules() -> list[Going]:
    gone = _by_rules(timezone.now())
    for each in gone:
        if each.rows.model is Asset:
            for pk in list(each.rows.order_by().values_list("task", flat=True).distinct()):
                _empty(pk, each.rows.filter(task=pk))
        elif each.rows.model is Upload:
            for upload in each.rows:
                with transaction.atomic():
                    results.remove(Upload.objects.filter(pk=upload.pk))
                    # What was made from it no longer says so.
                    Event.objects.create(text=f"Removed, as the studio's rules say: {upload}")
        else:
            each.rows.delete()
    return gone


def _trash(now: datetime) -> list[Going]:
    """Return what has lain in the trash for its time."""
    tasks, uploads = trash.old(now)
    found = [
        _summed("Trash: results", tasks, "deleted_at", "assets__size"),
        _summed("Trash: recordings", uploads, "deleted_at", "size"),
    ]
    return [each for each in found if each.count]


def _purge(rows: "QuerySet[Any]") -> None:
    purge = trash.purge if rows.model is Task else trash.purge_recording
    for pk in list(rows.order_by().values_list("pk", flat=True)):
        # What something else is being made from goes another time.
        with suppress(lifecycle.NotPossibleError):
            purge(pk)


def _results(before: datetime) -> "QuerySet[Asset]":
    """Return the saved files that are too old and that no task under way is made from."""
    open_tasks = Task.objects.exclude(status__in=Task.FINAL)
    songs = open_tasks.filter(source_track__isnull=False).values("source_track__task")
    stems = open_tasks.filter(source_stem__isnull=False).values("source_stem")
    return Asset.objects.filter(
        task__status__in=Task.FINAL, task__finished_at__lt=before, state=Asset.State.SAVED
    ).exclude(Q(file="") | Q(task__in=songs) | Q(pk__in=stems))


def _uploads(before: datetime) -> "QuerySet[Upload]":
    used = Task.objects.exclude(status__in=Task.FINAL).filter(source_upload__isnull=False)
    return Upload.objects.filter(created_at__lt=before).exclude(pk__in=used.values("source_upload"))


def _deliveries(before: datetime) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(
        received_at__lt=before, applied_at__isnull=False, task__status__in=Task.FINAL
    )


def _summed(what: str, rows: "QuerySet[Any]", date: str, size: str | None) -> Going:
    ends = rows.order_by().aggregate(oldest=Min(date), newest=Max(date))
    total = rows.order_by().aggregate(size=Sum(size))["size"] if size else 0
    return Going(what, rows.count(), total or 0, ends["oldest"], ends["newest"], rows)


def _empty(task_pk: int, rows: "QuerySet[Asset]") -> None:
    """Take a task's files away; its songs go with them, its line in the list and its costs stay."""
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        count = results.remove(rows)
        task.tracks.filter(sound__isnull=True).delete()
        lifecycle.tell(task, f"Removed, as the studio's rules say: {count} files")
        lineage.touch(task_pk)


def _sign_in_traces() -> None:
    AccessLog.objects.filter(attempt_time__lt=timezone.now() - KNOWN_FOR).delete()
    SessionStore.clear_expired()
