"""The list of tasks: which part of it a page asks for, and its lines."""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from studio import operations
from studio.models import Asset, Task, Track
from studio.operations import IMPORT
from studio.pages import kept, search
from studio.pages.forms import FilterForm
from studio.pages.kept import Drawn, Line, columns
from studio.pages.keys import is_key
from studio.pages.rows import Row, for_rows, rows
from studio.templatetags.studio import person

PAGE = 30
# Tasks that wait for somebody, at most.
NEEDY = 20


def asked(given: QueryDict) -> dict[str, str]:
    """Return the part of a list's address that says which tasks to show."""
    names = (*FilterForm.base_fields, "before")
    return {name: str(given[name]) for name in names if given.get(name)}


def drawn(wanted: dict[str, str], known: str) -> Drawn:
    """Return the list of what `asked` returned, at the revision `known` or a later one."""
    return kept.drawn("studio/tasks.html#list", wanted, known, _draw)


def _draw(wanted: dict[str, str]) -> tuple[list[Line], dict[str, Any]]:
    found = _page(wanted)
    page = found[:PAGE]
    parameters = {name: value for name, value in wanted.items() if name != "before"}
    older = urlencode({**parameters, "before": page[-1].pk}) if len(found) > PAGE else ""
    around: dict[str, Any] = {
        "next_url": f"?{older}" if older else "",
        "first_url": f"?{urlencode(parameters)}" if "before" in wanted else "",
        "attention": attention(),
    }
    if not wanted and is_new(page):
        around |= welcome()
    return [_line(row) for row in rows(page)], around


def welcome() -> dict[str, Any]:
    """Return what a newcomer's page shows: songs to begin with."""
    songs = Track.kept.select_related("sound", "image").order_by("order", "id")
    return {"empty": True, "tracks": list(songs[:6])}


def _line(row: Row) -> Line:
    task = row.task
    lasting = row.seconds if task.is_final else None
    rows_seen = filter(None, (task, row.preview, row.player))
    seen = [person(task.created_by), lasting, row.usual, row.source, *map(columns, rows_seen)]
    # Without the seconds that have passed.
    context = {"row": row, "can_pick": True, "seconds": None}
    return kept.line(f"task-{task.pk}", "studio/_row.html", context, seen)


def _page(wanted: dict[str, str]) -> list[Task]:
    """Return one page of tasks and one more, so that it is known whether there are older ones."""
    form = FilterForm(wanted)
    # What cannot be read narrows nothing, and the form says so; the rest does.
    form.full_clean()
    data = form.cleaned_data
    tasks = for_rows(_filtered(data)).order_by("-pk")
    before = wanted.get("before", "")
    if is_key(before):
        tasks = tasks.filter(pk__lt=int(before))
    if data.get("q"):
        return search.newest(tasks, data["q"], PAGE + 1)
    return list(tasks[: PAGE + 1])


def _filtered(data: dict[str, Any]) -> "QuerySet[Task]":
    fields = {"model": "operation", "status": "status", "person": "created_by"}
    wanted = {field: data[name] for name, field in fields.items() if data.get(name)}
    tasks = Task.kept.filter(**wanted)
    if data.get("since"):
        begin = timezone.make_aware(datetime.combine(data["since"], time.min))
        tasks = tasks.filter(created_at__gte=begin, pk__gt=_before(begin))
    return tasks


def _before(begin: datetime) -> int:
    """Return a key below those of all tasks made since `begin`, so that a list ends there.

    Keys are drawn in the order of time, but for what was made at almost the same moment.
    """
    older = Task.objects.filter(created_at__lt=begin - timedelta(hours=1)).order_by("-created_at")
    return older.values_list("pk", flat=True).first() or 0


def is_new(page: list[Task]) -> bool:
    """Return whether the band has made nothing yet.

    Songs that came in from elsewhere are what a newcomer begins with, not yet work of the band.
    """
    if any(task.operation != IMPORT.name for task in page):
        return False
    came_in = Q(operation=IMPORT.name) & ~Q(status=Task.Status.FAILED)
    return not Task.kept.exclude(came_in).exists()


def attention() -> list[dict[str, str]]:
    """Return the newest tasks that wait for somebody: unconfirmed, or with a file not saved."""
    unconfirmed = Task.kept.filter(status=Task.Status.UNCONFIRMED).order_by("-pk")
    unsaved = Asset.kept.filter(state=Asset.State.FAILED).order_by("-task").distinct()
    keys = [
        *unconfirmed.values_list("pk", flat=True)[:NEEDY],
        *unsaved.values_list("task_id", flat=True)[:NEEDY],
    ]
    return [
        {
            "noun": operations.get(task.operation).noun,
            "title": task.title,
            "status": task.status,
            "url": task.get_absolute_url(),
        }
        for task in Task.objects.filter(pk__in=sorted(set(keys))[-NEEDY:])
    ]
