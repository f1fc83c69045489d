"""Songs, bringing songs in, personas."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from studio import jobs, lifecycle, lineage, operations, rules
from studio.forms import ImportForm
from studio.models import Asset, Task, Track
from studio.rows import for_rows, rows, search

SHOWN = 200


@require_safe
def track_list(request: HttpRequest) -> HttpResponse:
    """Show the team's songs, newest first."""
    q = request.GET.get("q", "").strip()[:100]
    tracks = search(Track.objects.select_related("task", "sound", "image"), q)
    return render(request, "studio/tracks.html", {"tracks": tracks[:SHOWN], "q": q})


@require_safe
def track_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one song: where it came from, what was made from it, what can be."""
    track = get_object_or_404(
        Track.objects.select_related("task__created_by", "sound", "image"), pk=pk
    )
    context = {
        "track": track,
        "origin": track.task,
        "ancestors": lineage.ancestors(track),
        "made": rows(for_rows(lineage.made_from(track))),
        "next_steps": rules.next_steps(track),
    }
    return render(request, "studio/track.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def import_songs(request: HttpRequest) -> HttpResponse:
    """Bring in songs made elsewhere, by their task ids."""
    form = ImportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        tasks = []
        for task_id in form.cleaned_data["task_id"]:
            task, created = lifecycle.bring_in(task_id, user=request.user)
            if not created and task.status != Task.Status.NOT_STARTED:
                name = task.title or operations.get(task.model).noun
                messages.info(request, f"“{name}” is here already.")
            jobs.kick(task.pk)
            tasks.append(task)
        return redirect(tasks[0] if len(tasks) == 1 else "tasks")
    return render(request, "studio/import.html", {"form": form})


@require_safe
def persona_list(request: HttpRequest) -> HttpResponse:
    """Show the team's personas with the song each was made from."""
    assets = Asset.objects.filter(kind=Asset.Kind.PERSONA).select_related(
        "task__source_track__sound", "task__source_track__image", "task__created_by"
    )
    personas = [
        {
            "asset": asset,
            "task": asset.task,
            "name": asset.task.input.get("name", ""),
            "description": asset.task.input.get("description", ""),
            "track": asset.task.source_track,
        }
        for asset in assets.order_by("-pk")[:SHOWN]
    ]
    return render(request, "studio/personas.html", {"personas": personas})
