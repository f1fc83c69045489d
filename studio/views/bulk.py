"""Several tasks at once: take home, try again, delete."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from studio import jobs, lifecycle, operations
from studio.media import downloads
from studio.models import Asset, Task, Track
from studio.pages.keys import is_key
from studio.team.roles import everyone, makers
from studio.views.actions import ask_for_word, in_trash, is_sure
from studio.views.media import zip_response

# As many as a page of the list has, and some.
MOST = 100


@everyone
@require_POST
def files(request: HttpRequest) -> HttpResponseBase:
    """Stream all files of the chosen tasks as one ZIP."""
    tasks = _chosen(request)
    found = downloads.named_folders(tasks)
    if not found:
        messages.info(request, "There is nothing to download yet in what you chose.")
        return redirect("tasks")
    return zip_response(found, downloads.bundle_name(tasks))


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Try those of the chosen tasks again that came to nothing."""
    again = [task for task in _chosen(request) if task.status in Task.WITHOUT_RESULT]
    try:
        with transaction.atomic():
            # All of them or none: a limit that only some of them pass would choose for a person.
            lifecycle.check_again(again, request.user, is_sure(request))
            tried = [task for task in again if _try_again(request, task)]
    except lifecycle.NeedsWordError as error:
        return ask_for_word(request, str(error), reverse("tasks"))
    except lifecycle.NotPossibleError as error:
        messages.error(request, str(error))
        return redirect("tasks")
    if tried:
        messages.success(request, f"Trying again: {_count(tried)}.")
    else:
        messages.info(request, "Nothing to try again: only what failed or was cancelled can be.")
    return redirect("tasks")


@makers
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Ask whether the chosen tasks are to be deleted; put them into the trash if so."""
    tasks = _chosen(request)
    if request.method == "POST" and "sure" in request.POST:
        deleted = [task for task in tasks if _delete(request, task)]
        if deleted:
            in_trash(request, _count(deleted))
        return redirect("tasks")
    going = [task for task in tasks if task.is_final]
    context = {
        "days": settings.STUDIO_TRASH_DAYS,
        "going": [_named(task) for task in going],
        "staying": [_named(task) for task in tasks if not task.is_final],
        "size": Asset.objects.filter(task__in=going).aggregate(size=Sum("size"))["size"] or 0,
        "songs": Track.objects.filter(task__in=going).count(),
    }
    return render(request, "studio/delete.html", context)


def _named(task: Task) -> dict[str, Any]:
    """Return what tells a task from all others that bear its title or none."""
    noun = operations.get(task.operation).noun
    source = task.source_track or task.source_upload
    return {"task": task, "noun": noun, "name": task.title or (source.title if source else noun)}


def _chosen(request: HttpRequest) -> list[Task]:
    data = request.POST if request.method == "POST" else request.GET
    keys = [int(key) for key in data.getlist("task") if is_key(key)]
    tasks = list(
        Task.kept.filter(pk__in=keys[:MOST]).select_related(
            "created_by", "source_track", "source_upload"
        )
    )
    if not tasks:
        raise Http404
    return tasks


def _try_again(request: HttpRequest, task: Task) -> bool:
    try:
        jobs.kick(lifecycle.try_again(task.pk, request.user, is_sure(request)).pk)
    except lifecycle.NeedsWordError as error:
        # Asked for all of them at once, and none is sent before.
        raise lifecycle.NeedsWordError(f"{downloads.task_title(task)}: {error}") from None
    except lifecycle.NotPossibleError as error:
        messages.error(request, f"{downloads.task_title(task)}: {error}")
        return False
    return True


def _delete(request: HttpRequest, task: Task) -> bool:
    try:
        lifecycle.delete(task.pk, request.user)
    except lifecycle.NotPossibleError as error:
        messages.error(request, f"{downloads.task_title(task)}: {error}")
        return False
    return True


def _count(tasks: list[Task]) -> str:
    return f"“{downloads.task_title(tasks[0])}”" if len(tasks) == 1 else f"{len(tasks)} tasks"
