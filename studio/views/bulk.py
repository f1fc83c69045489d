"""Several tasks at once: take home, try again, delete."""

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from studio import downloads, jobs, lifecycle
from studio.models import Asset, Task, Track
from studio.roles import everyone, makers
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
    tried = [task for task in _chosen(request) if _try_again(request, task)]
    if tried:
        messages.success(request, f"Trying again: {_count(tried)}.")
    else:
        messages.info(request, "Nothing to try again: only what failed or was cancelled can be.")
    return redirect("tasks")


@makers
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Ask whether the chosen tasks are to be deleted; delete them when the answer is yes."""
    tasks = _chosen(request)
    if request.method == "POST" and "sure" in request.POST:
        deleted = [task for task in tasks if _delete(request, task)]
        if deleted:
            messages.success(request, f"Deleted: {_count(deleted)}.")
        return redirect("tasks")
    going = [task for task in tasks if task.is_final]
    context = {
        "going": going,
        "staying": [task for task in tasks if not task.is_final],
        "size": Asset.objects.filter(task__in=going).aggregate(size=Sum("size"))["size"] or 0,
        "songs": Track.objects.filter(task__in=going).count(),
    }
    return render(request, "studio/delete.html", context)


def _chosen(request: HttpRequest) -> list[Task]:
    data = request.POST if request.method == "POST" else request.GET
    keys = [int(key) for key in data.getlist("task") if key.isdecimal() and len(key) < 19]
    tasks = list(Task.objects.filter(pk__in=keys[:MOST]))
    if not tasks:
        raise Http404
    return tasks


def _try_again(request: HttpRequest, task: Task) -> bool:
    if task.status not in (Task.Status.FAILED, Task.Status.CANCELLED):
        return False
    try:
        jobs.kick(lifecycle.try_again(task.pk, request.user).pk)
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
