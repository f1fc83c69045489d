"""The list of tasks: what of them is asked for, drawn once for everybody who looks at it."""

import hashlib
import secrets
import time as clock
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from django.core.cache import caches
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from studio import search
from studio.forms import FilterForm
from studio.models import Asset, Task, Track
from studio.operations import IMPORT
from studio.rows import (
    DEPENDS,
    Outline,
    Row,
    for_rows,
    lines,
    newest_of,
    outlines,
    revision,
    rows,
    stays,
    with_elapsed,
)

PAGE = 30
# Seconds a list is kept in which nothing has changed: the usual times in it move all the same.
KEEP = 60
# Seconds by which what a page is told when it refreshes may be late: where much changes all the
# time, a list would otherwise be drawn for each of two hundred open pages.
LATE = 0.5
# So many that wait for somebody are shown.
NEEDY = 20
# Stands where the lines go in what is drawn around them; no title can hold it.
_LINES = secrets.token_hex(16)
# Few enough to keep, so many that a slow search holds up nothing else.
_drawing = [Lock() for _ in range(64)]


@dataclass(frozen=True)
class Drawn:
    """A list as it stood at `revision`, read at `begun` (monotonic seconds) or later.

    `frame` is what is around its `lines`; where nothing has been made yet (`is_new`) there is none,
    since a welcome takes its place. `people` are all whose names could stand in it.
    """

    revision: str
    begun: float
    people: list[tuple[Any, ...]]
    frame: str
    outlines: list[Outline]
    lines: list[SafeString]
    is_new: bool

    def part(self, shown: frozenset[str]) -> SafeString:
        """Give the list; of the lines in `shown`, by their names, only that they stay."""
        pairs = zip(self.outlines, self.lines, strict=True)
        each = "".join(stays(one) if one.name in shown else line for one, line in pairs)
        return with_elapsed(self.frame.replace(_LINES, each))


def asked(given: QueryDict) -> dict[str, str]:
    """Give what of a list's address says which tasks are to be shown."""
    names = (*FilterForm.base_fields, "before")
    return {name: str(given[name]) for name in names if given.get(name)}


def drawn(wanted: dict[str, str], known: str, begun: float, had: int | None) -> Drawn:
    """Give the list of what `asked` gave, at the revision `known`, which was read after `begun`.

    Whoever comes while it is drawn waits, and takes what was begun since, which is as new as what
    they would draw themselves: however many ask, one at a time draws.

    A page that refreshes `had` its newest change, by number. It may get what was begun up to `LATE`
    seconds before, if that is ahead of it: so it gets on each time, and never goes back to what
    another process drew earlier.
    """
    place = place_of(wanted)
    if kept := _kept(place, known, begun, had):
        return kept
    lock = _drawing[hash(place) % len(_drawing)]
    has_waited = not lock.acquire(blocking=False)
    if has_waited:
        lock.acquire()
    try:
        if has_waited:
            if kept := _kept(place, known, begun, had):
                return kept
            # As new as can be, so that it is new enough for all who came meanwhile.
            begun, known = clock.monotonic(), revision()
        fresh = _draw(wanted, known, begun)
        caches["lists"].set(place, fresh, KEEP)
        return fresh
    finally:
        lock.release()


def place_of(wanted: dict[str, str]) -> str:
    """Give the key that the list of what `asked` gave is kept under."""
    return f"list:{hashlib.sha256(repr(wanted).encode()).hexdigest()}"


def welcome() -> dict[str, Any]:
    """Give what the list's template shows a newcomer."""
    tracks = Track.objects.select_related("sound", "image").order_by("order", "id")[:6]
    _, needy = _around()
    return {"empty": True, "attention": _attention(needy), "tracks": tracks}


def _kept(place: str, known: str, begun: float, had: int | None) -> Drawn | None:
    # The cache is each process's own, as its clock is.
    kept: Drawn | None = caches["lists"].get(place)
    if kept is None or kept.revision == known or kept.begun >= begun:
        return kept
    is_late = had is None or kept.begun < begun - LATE or newest_of(kept.revision) <= had
    return None if is_late else kept


def _draw(wanted: dict[str, str], known: str, begun: float) -> Drawn:
    people, needy = _around()
    found = _page(wanted, people)
    page = found[:PAGE]
    parameters = {name: value for name, value in wanted.items() if name != "before"}
    older = urlencode({**parameters, "before": page[-1].pk}) if len(found) > PAGE else ""
    is_new = not wanted and all(line.is_import for line in found) and _is_new()
    context = {
        "lines": _LINES if page else "",
        "next_url": f"?{older}" if older else "",
        "first_url": f"?{urlencode(parameters)}" if "before" in wanted else "",
        "attention": _attention(needy),
    }
    frame = "" if is_new else render_to_string("studio/tasks.html#list", context)
    return Drawn(known, begun, people, frame, page, lines(page), is_new)


def _filtered(data: dict[str, Any]) -> "QuerySet[Task]":
    tasks = Task.objects.all()
    if data.get("model"):
        tasks = tasks.filter(model=data["model"])
    if data.get("status"):
        tasks = tasks.filter(status=data["status"])
    if data.get("person"):
        tasks = tasks.filter(created_by=data["person"])
    if data.get("since"):
        begin = timezone.make_aware(datetime.combine(data["since"], time.min))
        tasks = tasks.filter(created_at__gte=begin, pk__gt=_before(begin))
    return tasks


def _before(begin: datetime) -> int:
    """Give a key that every task made since `begin` is above, so that a list ends there.

    Keys are drawn in the order of time, but for what was made at almost the same moment.
    """
    older = Task.objects.filter(created_at__lt=begin - timedelta(hours=1)).order_by("-created_at")
    return older.values_list("pk", flat=True).first() or 0


def _page(wanted: dict[str, str], people: list[tuple[Any, ...]]) -> list[Outline]:
    """Give one page and one more, so that it is known whether there are older ones."""
    # A form has its price: none where nothing is looked for.
    form = FilterForm(wanted) if wanted.keys() - {"before"} else None
    data = form.cleaned_data if form and form.is_valid() else {}
    tasks = _filtered(data)
    before = wanted.get("before", "")
    if before.isdecimal() and len(before) < 19:
        tasks = tasks.filter(pk__lt=int(before))
    fields = tasks.order_by("-pk").values_list(*DEPENDS)
    if data.get("q"):
        return outlines(search.newest(fields, data["q"], PAGE + 1, people), people)
    return outlines(fields[: PAGE + 1], people)


def _is_new() -> bool:
    # Songs that came in from elsewhere are what a newcomer begins with, not yet work of the band.
    came_in = Q(model=IMPORT.model) & ~Q(status=Task.Status.FAILED)
    return not Task.objects.exclude(came_in).exists()


# All people, and the newest tasks that wait for somebody: in one query, since a queryset for each
# would take a third of the time that a list is drawn in.
_AROUND = """
SELECT id, username, first_name, last_name, 0 AS is_needy FROM auth_user
UNION ALL
SELECT id, '', '', '', 1 FROM (
    SELECT id FROM (
        SELECT id FROM studio_task WHERE status = %s ORDER BY id DESC LIMIT %s
    ) AS unconfirmed
    UNION
    SELECT task_id FROM (
        SELECT DISTINCT task_id FROM studio_asset WHERE state = %s ORDER BY task_id DESC LIMIT %s
    ) AS unsaved
) AS needy
"""


def _around() -> tuple[list[tuple[Any, ...]], list[int]]:
    """Give the key and the names of everybody, and the keys of the tasks that need somebody."""
    states = str(Task.Status.UNCONFIRMED), str(Asset.State.FAILED)
    with connection.cursor() as cursor:
        cursor.execute(_AROUND, [states[0], NEEDY, states[1], NEEDY])
        found = cursor.fetchall()
    people = sorted(tuple(names) for *names, is_needy in found if not is_needy)
    return people, sorted(pk for pk, *_, is_needy in found if is_needy)[-NEEDY:]


def _attention(keys: list[int]) -> list[Row]:
    return rows(for_rows(Task.objects.filter(pk__in=keys))) if keys else []
