"""The list of tasks, and one task."""

import hashlib
import re
import time
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe

from studio import details, lists, rules
from studio.forms import FilterForm
from studio.models import Task
from studio.rows import revision

# The number of the newest change, in what `_etag` gives.
_HAD = re.compile(r'W/"(\d{1,18})-')


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """Show what is being made, what is ready and what needs somebody, newest first."""
    begun, known = time.monotonic(), revision()
    etag = _etag(request, known)
    if _is_unchanged(request, etag):
        return _not_modified(etag)
    asked = lists.asked(request.GET)
    drawn = lists.drawn(asked, known, begun, _had(request))
    if drawn.is_new:
        # Only the welcome differs from one who looks to another.
        part = render_to_string("studio/tasks.html#list", lists.welcome(), request)
    else:
        part = drawn.part(_shown(request))
    etag = _etag(request, drawn.revision)
    if request.htmx:  # type: ignore[attr-defined]
        return _fresh(HttpResponse(part), etag)
    context = {
        # Only looked at where it is drawn anew.
        "filters": SimpleLazyObject(lambda: FilterForm(asked or None)),
        "asked": urlencode(asked),
        "people": drawn.people,
        "list": part,
        "empty": drawn.is_new,
    }
    return _fresh(render(request, "studio/tasks.html", context), etag)


@require_safe
def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one task: its results to play, what was sent, its history."""
    etag = _etag(request, revision())
    if _is_unchanged(request, etag):
        return _not_modified(etag)
    task = get_object_or_404(
        Task.objects.select_related(
            "created_by", "source_track__task", "source_upload__preview", "again_of"
        ).prefetch_related(
            "assets__preview", "tracks__sound__preview", "tracks__image", "events__actor"
        ),
        pk=pk,
    )
    context = details.context(task)
    steps: list[dict[str, Any]] = []
    if task.status == Task.Status.FINISHED and len(context["tracks"]) == 1:
        steps = rules.next_steps(context["tracks"][0].track)
    context["next_steps"] = steps
    template = "studio/task.html#task" if request.htmx else "studio/task.html"  # type: ignore[attr-defined]
    return _fresh(render(request, template, context), etag)


def _etag(request: HttpRequest, known: str) -> str:
    """Name what the page would show, without rendering it: the newest change, and who looks."""
    who = f"{request.user.pk}{request.get_full_path()}"
    # Weak, since the same page can leave compressed or not.
    return f'W/"{known}-{hashlib.sha256(who.encode()).hexdigest()[:12]}"'


def _is_unchanged(request: HttpRequest, etag: str) -> bool:
    return bool(request.htmx) and request.headers.get("If-None-Match") == etag  # type: ignore[attr-defined]


def _had(request: HttpRequest) -> int | None:
    """Give the number of the newest change that a page has which refreshes; None for all others."""
    tag = request.headers.get("If-None-Match", "") if request.htmx else ""  # type: ignore[attr-defined]
    had = _HAD.match(tag)
    return int(had[1]) if had else None


def _not_modified(etag: str) -> HttpResponse:
    return HttpResponseNotModified(headers={"ETag": etag})


def _fresh(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-store"
    response["Vary"] = "HX-Request, Cookie"
    return response


def _shown(request: HttpRequest) -> frozenset[str]:
    """Give the names of the lines that the page has already: they are not sent once more."""
    names = request.headers.get("Shown") if request.htmx else None  # type: ignore[attr-defined]
    return frozenset(names.split(",") if names else ())
