"""The list of tasks, and one task."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from studio.media import originals
from studio.models import Asset, Event, Task, Upload
from studio.pages import details, kept, lists, rules
from studio.pages.forms import FilterForm
from studio.team import roles
from studio.views.etags import etag, fresh, is_unchanged, not_modified, shown


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """Show what is being made, what is ready and what needs somebody, newest first."""
    known = kept.revision()
    tag = etag(request, known)
    if is_unchanged(request, tag):
        return not_modified(tag)
    asked = lists.asked(request.GET)
    drawn = lists.drawn(asked, known)
    tag = etag(request, drawn.revision)
    if request.htmx:  # type: ignore[attr-defined]
        return fresh(HttpResponse(drawn.part(request, shown(request))), tag)
    context = {
        "filters": FilterForm(asked or None),
        "asked": asked,
        "list": drawn.part(request),
        "empty": drawn.is_new,
    }
    return fresh(render(request, "studio/tasks.html", context), tag)


@require_safe
def task_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one task: its results to play, what was sent, its history."""
    tag = etag(request, kept.revision())
    if is_unchanged(request, tag):
        return not_modified(tag)
    task = get_object_or_404(
        # Each join costs a fifth of a millisecond, on every page: few are worth it.
        Task.objects.select_related("created_by", "source_track__image").prefetch_related(
            Prefetch("assets", Asset.objects.select_related("preview")),
            "tracks",
            Prefetch("source_upload", Upload.objects.select_related("preview")),
            Prefetch("events", Event.objects.select_related("actor")),
        ),
        pk=pk,
    )
    context = details.context(task, roles.can_make(request.user))
    originals.expect(context.get("original"))
    steps: list[dict[str, Any]] = []
    if not task.deleted_at and task.status == Task.Status.FINISHED and len(context["tracks"]) == 1:
        steps = rules.next_steps(context["tracks"][0].track)
    context["next_steps"] = steps
    template = "studio/task.html#task" if request.htmx else "studio/task.html"  # type: ignore[attr-defined]
    return fresh(render(request, template, context), tag)


@require_safe
def task_words(request: HttpRequest, pk: int) -> JsonResponse:
    """Answer with how far a task is, and with the words that it has given: for a form's helpers."""
    task = get_object_or_404(Task, pk=pk)
    words = task.assets.filter(kind=Asset.Kind.WORDS)
    answer = {
        "status": task.status,
        "is_final": task.is_final,
        "error": task.error,
        "words": [{"pk": one.pk, "label": one.label, **(one.data or {})} for one in words],
    }
    return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})
