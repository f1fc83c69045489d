"""Lists that are drawn once for everybody who looks, and line by line only where they changed."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

from django.core.cache import cache, caches
from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from studio.templatetags.studio import clock

# Seconds that a list in which nothing has changed is kept: the usual times in it move all the same.
KEEP = 60
# In SQL, since each refresh asks: 0.02 ms of processor, where the ORM takes 0.3.
_NEWEST = """
SELECT max(id), sum(id) FROM (SELECT id FROM studio_event ORDER BY id DESC LIMIT 500) AS newest
"""
_drawing = Lock()
_SINCE = re.compile(r'data-since="([^"]+)">')


@dataclass(frozen=True)
class Line:
    """One drawn line, which the page knows by `place`, its id there.

    Its `name` changes whenever something that it shows changes.
    """

    place: str
    rev: str
    html: str

    @property
    def name(self) -> str:
        """Return what a page calls the line that it has: "<key>:<rev>"."""
        return f"{self.place.removeprefix('task-')}:{self.rev}"

    @property
    def stays(self) -> str:
        """Return what stands for the line on a page that has it already."""
        return format_html('<li id="{}" data-rev="{}" data-stays></li>', self.place, self.rev)


@dataclass(frozen=True)
class Drawn:
    """A list as it stood at `revision`: its lines, and what its `template` shows around them."""

    revision: str
    template: str
    lines: list[Line]
    around: dict[str, Any]
    # By the process's own clock.
    begun: float

    @property
    def is_new(self) -> bool:
        """Return whether the band has made nothing yet: a welcome takes the list's place."""
        return "empty" in self.around

    def part(self, request: HttpRequest, shown: frozenset[str] = frozenset()) -> SafeString:
        """Return the list's HTML; of the lines whose names are in `shown`, only that they stay."""
        each = "".join(line.stays if line.name in shown else line.html for line in self.lines)
        context = {**self.around, "lines": mark_safe(each)}  # noqa: S308
        # Only the welcome differs from one who looks to another.
        looks = request if self.is_new else None
        html = render_to_string(self.template, context, looks)
        return mark_safe(_SINCE.sub(_elapsed, html))  # noqa: S308


def revision() -> str:
    """Return a text that changes whenever a page of tasks changes, and every day.

    Every change writes a line of history. The sum over the newest 500 also notices a line whose
    number was drawn early and whose transaction was committed late.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        last, total = cursor.fetchone()
    return f"{last or 0}-{total or 0}-{timezone.localdate():%j}"


def drawn(
    template: str,
    wanted: dict[str, str],
    known: str,
    draw: Callable[[dict[str, str]], tuple[list[Line], dict[str, Any]]],
) -> Drawn:
    """Return the list that `draw` makes of `wanted`, at the revision `known` or a later one.

    Each process keeps the list that it drew last for each address, and draws one at a time: who
    waited meanwhile takes what was begun after they came. Without this, each of 200 open lists is
    drawn anew with each change (docs/performance.md).
    """
    key = hashlib.sha256(repr((template, wanted)).encode()).hexdigest()
    came = monotonic()
    kept: Drawn | None = caches["lists"].get(key)
    if kept is None or kept.revision != known:
        with _drawing:
            kept = caches["lists"].get(key)
            if kept is None or kept.begun < came:
                begun, at = monotonic(), revision()
                lines, around = draw(wanted)
                kept = Drawn(at, template, lines, around, begun)
                caches["lists"].set(key, kept, KEEP)
    return kept


def line(place: str, template: str, context: dict[str, Any], seen: Iterable[object]) -> Line:
    """Return the line as it was drawn before, unless anything of `seen`, all it shows, has changed.

    Of a list's 18.6 ms of processor its 30 lines took 11.5; a change leaves most of them. What has
    passed since a moment is filled in when a page is answered.
    """
    digest = hashlib.sha256(repr([place, timezone.localdate(), *seen]).encode()).hexdigest()
    key = f"line:{digest}"
    known: Line | None = cache.get(key)
    if known is None:
        html = render_to_string(template, {**context, "rev": ""})
        rev = hashlib.sha256(html.encode()).hexdigest()[:12]
        known = Line(place, rev, html.replace('data-rev=""', f'data-rev="{rev}"', 1))
        cache.set(key, known, KEEP)
    return known


def columns(row: Any) -> dict[str, Any]:
    """Return every column of `row`, as what a line is drawn from."""
    return {name: value for name, value in vars(row).items() if name[0] != "_"}


def _elapsed(since: "re.Match[str]") -> str:
    passed = timezone.now() - datetime.fromisoformat(since[1])
    return since[0] + clock(passed.total_seconds())
