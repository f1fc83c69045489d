"""The list of tasks, and one task."""

import hashlib
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from studio import details, rules
from studio.forms import FilterForm
from studio.models import Asset, Task, Track
from studio.operations import IMPORT
from studio.rows import for_rows, revision, rows

PAGE = 30


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """Show what is being made, what is ready and what needs somebody, newest first."""
    etag = _etag(request)
    if _is_unchanged(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    form = FilterForm(request.GET or None)
    found = _page(_filtered(form), request.GET.get("before", ""))
    older = found[PAGE:]
    page = found[:PAGE]
    parameters = {name: value for name, value in request.GET.items() if name != "before" and value}
    # Songs that came in from elsewhere are what a newcomer begins with, not yet work of the band.
    came_in = Q(model=IMPORT.model) & ~Q(status=Task.Status.FAILED)
    empty = not request.GET and not Task.objects.exclude(came_in).exists()
    context = {
        "page": rows(page),
        "filters": form,
        "next_url": f"?{urlencode({**parameters, 'before': page[-1].pk})}" if older else "",
        "first_url": f"?{urlencode(parameters)}" if request.GET.get("before") else "",
        "attention": rows(for_rows(_needs_somebody())[:20]),
        "empty": empty,
        "tracks": _first_songs(),
        "settled": all(row.is_final and (row.saved_at or not row.assets.all()) for row in page),
    }
    template = "studio/tasks.html#list" if request.htmx else "studio/tasks.html"  # type: ignore[attr-defined]
    return _fresh(render(request, template, context), etag)


@require_safe
def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one task: its results to play, what was sent, its history."""
    etag = _etag(request)
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


def _etag(request: HttpRequest) -> str:
    """Name what the page would show, without rendering it: the newest change, and who looks."""
    who = f"{request.user.pk}{request.get_full_path()}{timezone.localdate()}"
    return f'"{revision()}-{hashlib.sha256(who.encode()).hexdigest()[:12]}"'


def _is_unchanged(request: HttpRequest, etag: str) -> bool:
    return bool(request.htmx) and request.headers.get("If-None-Match") == etag  # type: ignore[attr-defined]


def _fresh(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-store"
    response["Vary"] = "HX-Request, Cookie"
    return response


def _filtered(form: FilterForm) -> "QuerySet[Task]":
    tasks = Task.objects.all()
    if not form.is_valid():
        return tasks
    data = form.cleaned_data
    if data["q"]:
        q = data["q"]
        tasks = tasks.filter(
            Q(title__icontains=q)
            | Q(task_id__icontains=q)
            | Q(created_by__username__icontains=q)
            | Q(source_track__title__icontains=q)
        )
    if data["model"]:
        tasks = tasks.filter(model=data["model"])
    if data["status"]:
        tasks = tasks.filter(status=data["status"])
    if data["person"]:
        tasks = tasks.filter(created_by=data["person"])
    if data["since"]:
        begin = timezone.make_aware(datetime.combine(data["since"], time.min))
        tasks = tasks.filter(created_at__gte=begin)
    return tasks


def _page(tasks: "QuerySet[Task]", before: str) -> list[Task]:
    """Give one page and one more, so that it is known whether there are older ones."""
    if before.isdecimal() and len(before) < 19:
        tasks = tasks.filter(pk__lt=int(before))
    return list(for_rows(tasks.order_by("-pk"))[: PAGE + 1])


def _needs_somebody() -> "QuerySet[Task]":
    return Task.objects.filter(
        Q(status=Task.Status.UNCONFIRMED)
        | Q(pk__in=Asset.objects.filter(state=Asset.State.FAILED).values("task_id"))
    ).order_by("-pk")


def _first_songs() -> "QuerySet[Track]":
    return Track.objects.select_related("sound", "image").order_by("order", "id")[:6]
