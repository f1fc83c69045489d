"""How long results, uploads and deliveries are kept. What goes is listed for a week before it goes.

Tasks, their history and what they cost stay for ever; so do personas, which are no files.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessLog
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import FileField, Max, Min, Model, Q, QuerySet, Sum
from django.utils import timezone

from studio import account, lifecycle, lineage
from studio.models import Account, Asset, Delivery, Event, Preview, Task, Upload
from studio.signin import KNOWN_FOR

NOTICE = timedelta(days=7)
RULES = ("keep_results", "keep_uploads", "keep_deliveries")
FINAL = (Task.Status.FINISHED, Task.Status.FAILED, Task.Status.CANCELLED)


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


def removes_from() -> datetime | None:
    """Give when the present rules take effect, None if they do already."""
    start = account.get().removes_from
    return start if start and start > timezone.now() else None


def going(within: timedelta = NOTICE) -> list[Going]:
    """Give what goes `within` that time under the present rules, one for each rule that bites."""
    rules, now = account.get(), timezone.now() + within
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
    """Remove what is past its time, unless the rules are too fresh. Gives what went."""
    _sign_in_traces()
    if removes_from():
        return []
    gone = going(timedelta(0))
    for each in gone:
        if each.rows.model is Asset:
            for pk in list(each.rows.order_by().values_list("task", flat=True).distinct()):
                _empty(pk, each.rows.filter(task=pk))
        elif each.rows.model is Upload:
            for upload in each.rows:
                with transaction.atomic():
                    _delete_with_files(upload)
                    # What was made from it no longer says so.
                    Event.objects.create(text=f"Removed, as the studio's rules say: {upload}")
        else:
            each.rows.delete()
    return gone


def _results(before: datetime) -> "QuerySet[Asset]":
    """Give the saved files that are too old and that no task under way is made from."""
    used = Task.objects.exclude(status__in=FINAL).filter(source_track__isnull=False)
    return Asset.objects.filter(
        task__status__in=FINAL, task__finished_at__lt=before, state=Asset.State.SAVED
    ).exclude(Q(file="") | Q(task__in=used.values("source_track__task")))


def _uploads(before: datetime) -> "QuerySet[Upload]":
    used = Task.objects.exclude(status__in=FINAL).filter(source_upload__isnull=False)
    return Upload.objects.filter(created_at__lt=before).exclude(pk__in=used.values("source_upload"))


def _deliveries(before: datetime) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(
        received_at__lt=before, applied_at__isnull=False, task__status__in=FINAL
    )


def _summed(what: str, rows: "QuerySet[Any]", date: str, size: str | None) -> Going:
    ends = rows.order_by().aggregate(oldest=Min(date), newest=Max(date))
    total = rows.order_by().aggregate(size=Sum(size))["size"] if size else 0
    return Going(what, rows.count(), total or 0, ends["oldest"], ends["newest"], rows)


def _empty(task_pk: int, rows: "QuerySet[Asset]") -> None:
    """Take a task's files away; its songs go with them, its line in the list and its costs stay."""
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task_pk)
        count = rows.count()
        for asset in rows:
            _delete_with_files(asset)
        task.tracks.filter(sound__isnull=True).delete()
        lifecycle.tell(task, f"Removed, as the studio's rules say: {count} files")
        lineage.touch(task_pk)


def _delete_with_files(row: Asset | Upload) -> None:
    files = stored_files(row)
    preview = Preview.objects.filter(
        **{"asset" if isinstance(row, Asset) else "upload": row}
    ).first()
    files += stored_files(preview) if preview else []
    row.delete()

    def delete() -> None:
        for storage, name in files:
            storage.delete(name)

    transaction.on_commit(delete)


def stored_files(row: Model) -> list[tuple[Any, str]]:
    """Give storage and name of each file that `row` has."""
    fields = [field for field in row._meta.get_fields() if isinstance(field, FileField)]
    files = [getattr(row, field.name) for field in fields]
    return [(file.storage, file.name) for file in files if file]


def _sign_in_traces() -> None:
    AccessLog.objects.filter(attempt_time__lt=timezone.now() - KNOWN_FOR).delete()
    SessionStore.clear_expired()
