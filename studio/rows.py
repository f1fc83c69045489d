"""A task as a line of a list."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from studio import operations, timing
from studio.models import Asset, Task
from studio.operations import IMPORT, Operation
from studio.templatetags.studio import about, clock

# What makes a line another, all of it in the task's own row: whatever changes anything else that
# its line shows saves it (`lineage.touch`), but for the people's names.
DEPENDS = (
    *("pk", "updated_at", "model", "status"),
    *("created_by_id", "source_track_id", "source_upload_id"),
)
_MOVING = (Task.Status.PENDING, Task.Status.NOT_STARTED, Task.Status.RUNNING)
# Seconds a drawn line is kept for whoever looks next.
_KEEP = 3600
_SINCE = re.compile(r'data-since="([^"]+)">')


@dataclass(frozen=True)
class Row:
    """One line: the task and what of it is shown without opening it."""

    task: Task
    operation: Operation
    assets: list[Asset]
    preview: Asset | None
    player: Asset | None
    source: str
    seconds: float
    usual: float | None


@dataclass(frozen=True)
class Outline:
    """A line not drawn yet: which task it is of, and what names all that it shows."""

    pk: int
    rev: str
    is_import: bool

    @property
    def name(self) -> str:
        """Give what a page calls the line it has."""
        return f"{self.pk}:{self.rev}"


def outlines(tasks: Iterable[tuple[Any, ...]], people: list[tuple[Any, ...]]) -> list[Outline]:
    """Give the outlines of tasks, of each its `DEPENDS`; `people` are all who can have made one."""
    names, today = {pk: names for pk, *names in people}, timezone.localdate()
    found = []
    for pk, updated_at, model, status, person, *sources in tasks:
        usual = about(timing.usual_seconds(model)) if status in _MOVING else ""
        shows = repr((updated_at, status, names.get(person), sources, usual, today))
        rev = hashlib.sha256(shows.encode()).hexdigest()[:12]
        found.append(Outline(pk, rev, model == IMPORT.model))
    return found


def lines(outlines: list[Outline]) -> list[SafeString]:
    """Give the lines of a list; "" for a task that was deleted in between.

    A line is drawn once for everybody: nothing in it depends on who looks.
    """
    known = cache.get_many([f"row:{line.name}" for line in outlines])
    missing = {line.pk: line for line in outlines if f"row:{line.name}" not in known}
    for row in rows(for_rows(Task.objects.filter(pk__in=missing))) if missing else ():
        name = f"row:{missing[row.task.pk].name}"
        rev = missing[row.task.pk].rev
        context = {"row": row, "rev": rev, "can_pick": True, "seconds": None}
        known[name] = str(render_to_string("studio/_row.html", context))
        cache.set(name, known[name], _KEEP)
    return [mark_safe(known.get(f"row:{line.name}", "")) for line in outlines]  # noqa: S308


def stays(line: Outline) -> str:
    """Give what stands for a line that the page has already."""
    return format_html('<li id="task-{}" data-rev="{}" data-stays></li>', line.pk, line.rev)


def with_elapsed(part: str) -> SafeString:
    """Fill in how long what is being made has taken by now: lines are drawn without it."""
    return mark_safe(_SINCE.sub(_elapsed, part))  # noqa: S308


def for_rows(tasks: "QuerySet[Task]") -> "QuerySet[Task]":
    """Load all that rows need, in a constant number of queries."""
    return tasks.select_related(
        "created_by", "source_track__image", "source_upload"
    ).prefetch_related("assets")


def rows(tasks: Iterable[Task]) -> list[Row]:
    """Give the lines of `tasks`, which `for_rows` has loaded."""
    return [_row(task) for task in tasks]


def _elapsed(since: "re.Match[str]") -> str:
    passed = timezone.now() - datetime.fromisoformat(since[1])
    return since[0] + clock(passed.total_seconds())


def _row(task: Task) -> Row:
    assets = list(task.assets.all())
    saved = [asset for asset in assets if asset.file]
    preview = next((asset for asset in saved if asset.kind == Asset.Kind.IMAGE), None)
    if preview is None and task.source_track:
        preview = task.source_track.image
    sounds = (Asset.Kind.AUDIO, Asset.Kind.STEM)
    return Row(
        task=task,
        operation=operations.get(task.model),
        assets=assets,
        preview=preview,
        player=next((asset for asset in saved if asset.kind in sounds), None),
        source=_source(task),
        seconds=timing.elapsed_seconds(task),
        usual=None if task.is_final else timing.usual_seconds(task.model),
    )


def _source(task: Task) -> str:
    if task.source_track:
        return task.source_track.title
    if task.source_upload:
        return task.source_upload.title
    return ""


def search(found: "QuerySet[Any]", q: str) -> "QuerySet[Any]":
    """Narrow songs or files to those whose title or style holds every word of `q`."""
    # PostgreSQL stores no NUL and refuses to look for one.
    for word in q.replace("\x00", " ").split():
        found = found.filter(Q(title__icontains=word) | Q(tags__icontains=word))
    return found


def revision() -> str:
    """Give a text that is another whenever anything on a page of tasks has changed, or the day.

    Every change writes a line of history. The sum over the newest ones also notices a line whose
    number was drawn earlier but whose transaction was committed later, with up to 500 in between.
    """
    newest = "SELECT id FROM studio_event ORDER BY id DESC LIMIT 500"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MAX(id), SUM(id) FROM ({newest}) AS newest")  # noqa: S608
        last, total = cursor.fetchone()
    return f"{last or 0}-{total or 0}-{timezone.localdate():%j}"


def newest_of(revision: str) -> int:
    """Give the number of the newest change that a page has which stands at `revision`."""
    return int(revision.partition("-")[0])
