"""The list of tasks, and one task."""

import hashlib
from datetime import datetime, time, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from studio import details, rules, search
from studio.forms import FilterForm
from studio.models import Asset, Task, Track
from studio.operations import IMPORT
from studio.rows import Outline, Row, for_rows, lines, outlines, revision, rows, with_elapsed

PAGE = 30
# Seconds a list is kept in which nothing has changed: the usual times in it move all the same.
KEEP = 60
# So many that wait for somebody are shown.
NEEDY = 20


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """Show what is being made, what is ready and what needs somebody, newest first."""
    known = revision()
    etag = _etag(request, known)
    if _is_unchanged(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    people = [*get_user_model().objects.values_list("pk", "username", "first_name", "last_name")]
    # Only looked at where something is drawn anew.
    form = cast(FilterForm, SimpleLazyObject(lambda: FilterForm(request.GET or None)))
    part, empty = _list(request, form, known, people)
    if request.htmx:  # type: ignore[attr-defined]
        return _fresh(HttpResponse(part), etag)
    asked = urlencode({name: value for name, value in request.GET.items() if value})
    context = {"filters": form, "asked": asked, "people": people, "list": part, "empty": empty}
    return _fresh(render(request, "studio/tasks.html", context), etag)


def _list(
    request: HttpRequest, form: FilterForm, known: str, people: list[Any]
) -> tuple[SafeString, bool]:
    """Give the list itself, and whether nothing has been made yet.

    A whole list is drawn once for everybody who looks before anything changes.
    """
    shown = _shown(request)
    place = repr((known, people, sorted(request.GET.lists()), timezone.localdate()))
    key = f"list:{hashlib.sha256(place.encode()).hexdigest()}"
    part, empty = None if shown else cache.get(key), False
    if part is None:
        context = _context(request, form, shown)
        empty = context["empty"]
        # Only the welcome differs from one who looks to another.
        part = render_to_string("studio/tasks.html#list", context, request if empty else None)
        if not shown and not empty:
            cache.set(key, part, KEEP)
    return with_elapsed(part), empty


def _context(request: HttpRequest, form: FilterForm, shown: frozenset[str]) -> dict[str, Any]:
    found = _page(form, request.GET.get("before", ""))
    page = found[:PAGE]
    parameters = {name: value for name, value in request.GET.items() if name != "before" and value}
    older = urlencode({**parameters, "before": page[-1].pk}) if len(found) > PAGE else ""
    return {
        "page": lines(page, shown),
        "next_url": f"?{older}" if older else "",
        "first_url": f"?{urlencode(parameters)}" if request.GET.get("before") else "",
        "attention": _needs_somebody(),
        "empty": not request.GET and all(line.is_import for line in found) and _is_empty(),
        "tracks": _first_songs(),
    }


@require_safe
def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one task: its results to play, what was sent, its history."""
    etag = _etag(request, revision())
    if _is_unchanged(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
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
    who = f"{request.user.pk}{request.get_full_path()}{timezone.localdate()}"
    # Weak, since the same page can leave compressed or not.
    return f'W/"{known}-{hashlib.sha256(who.encode()).hexdigest()[:12]}"'


def _is_unchanged(request: HttpRequest, etag: str) -> bool:
    return bool(request.htmx) and request.headers.get("If-None-Match") == etag  # type: ignore[attr-defined]


def _fresh(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-store"
    response["Vary"] = "HX-Request, Cookie"
    return response


def _shown(request: HttpRequest) -> frozenset[str]:
    """Give the names of the lines that the page has already: they are not sent once more."""
    names = request.headers.get("Shown") if request.htmx else None  # type: ignore[attr-defined]
    return frozenset(names.split(",") if names else ())


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


def _page(form: FilterForm, before: str) -> list[Outline]:
    """Give one page and one more, so that it is known whether there are older ones."""
    data = form.cleaned_data if form.is_valid() else {}
    tasks = _filtered(data)
    if before.isdecimal() and len(before) < 19:
        tasks = tasks.filter(pk__lt=int(before))
    if data.get("q"):
        tasks = Task.objects.filter(pk__in=search.newest(tasks, data["q"], PAGE + 1))
    return outlines(tasks.order_by("-pk")[: PAGE + 1])


def _is_empty() -> bool:
    # Songs that came in from elsewhere are what a newcomer begins with, not yet work of the band.
    came_in = Q(model=IMPORT.model) & ~Q(status=Task.Status.FAILED)
    return not Task.objects.exclude(came_in).exists()


def _needs_somebody() -> list[Row]:
    unconfirmed = Task.objects.filter(status=Task.Status.UNCONFIRMED).order_by("-pk")
    unsaved = Asset.objects.filter(state=Asset.State.FAILED).order_by("-task_id")
    keys = {*unconfirmed.values_list("pk", flat=True)[:NEEDY]}
    keys |= {*unsaved.values_list("task_id", flat=True).distinct()[:NEEDY]}
    return rows(for_rows(Task.objects.filter(pk__in=sorted(keys)[-NEEDY:]))) if keys else []


def _first_songs() -> "QuerySet[Track]":
    return Track.objects.select_related("sound", "image").order_by("order", "id")[:6]
