"""What the page of the trash shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from studio import operations
from studio.lifecycle import trash
from studio.models import Asset, Task, Upload
from studio.templatetags.studio import person

# Lines of one page.
SHOWN = 200


@dataclass(frozen=True)
class Line:
    """One thing in the trash."""

    noun: str
    title: str
    url: str
    restore_url: str
    who: str
    deleted_at: datetime
    goes_at: datetime


def page() -> dict[str, Any]:
    """Return what lies in the trash, what was deleted last first, and how much it is."""
    tasks = Task.objects.filter(deleted_at__isnull=False)
    uploads = Upload.objects.filter(deleted_at__isnull=False)
    found = [_task(task) for task in _newest(tasks, "created_by", "source_track", "source_upload")]
    found += [_recording(upload) for upload in _newest(uploads, "created_by")]
    found.sort(key=lambda line: line.deleted_at, reverse=True)
    files = Asset.objects.filter(task__deleted_at__isnull=False)
    sizes = (rows.aggregate(size=Sum("size"))["size"] or 0 for rows in (files, uploads))
    return {
        "lines": found[:SHOWN],
        "count": tasks.count() + uploads.count(),
        "size": sum(sizes),
    }


def _newest(rows: Any, *joined: str) -> Any:
    return rows.select_related(*joined).order_by("-deleted_at", "-pk")[:SHOWN]


def _task(task: Task) -> Line:
    noun = operations.get(task.operation).noun
    source = task.source_track or task.source_upload
    title = task.title or (source.title if source else noun)
    restore_url = reverse("task-restore", args=[task.pk])
    return _line(task, noun, title, task.get_absolute_url(), restore_url)


def _recording(upload: Upload) -> Line:
    urls = (reverse(name, args=[upload.pk]) for name in ("recording", "recording-restore"))
    return _line(upload, "Recording", upload.title, *urls)


def _line(row: Task | Upload, noun: str, title: str, url: str, restore_url: str) -> Line:
    deleted_at = row.deleted_at
    assert deleted_at is not None  # noqa: S101
    who, goes_at = person(row.created_by), trash.goes_at(deleted_at)
    return Line(noun, title, url, restore_url, who, deleted_at, goes_at)
