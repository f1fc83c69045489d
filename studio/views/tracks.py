"""Songs, bringing songs in, personas."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio import jobs, lifecycle, operations
from studio.lifecycle import lineage, stars, trash
from studio.media.downloads import disposition
from studio.models import Asset, Preview, Task, Track
from studio.pages import counting, doors, rules, songs, versions
from studio.pages.apart import told_apart
from studio.pages.forms import ImportForm
from studio.pages.rows import for_rows, rows
from studio.storage.names import file_name
from studio.team import unsent

SHOWN = 200


@require_safe
def track_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one song: where it came from, what was made from it, what can be."""
    track = get_object_or_404(
        Track.objects.select_related("task__created_by", "sound", "image"), pk=pk
    )
    files, times = songs.belongings(track)
    in_trash = track.task.deleted_at
    steps = [] if in_trash else rules.next_steps(track)
    context = {
        "track": track,
        "origin": track.task,
        "goes_at": trash.goes_at(in_trash) if in_trash else None,
        "ancestors": lineage.ancestors(track),
        "singer": lineage.singer(track.task),
        "made": told_apart(rows(for_rows(lineage.made_from(track)))),
        "doors": doors.of_songs([track.task_id]).get(track.task_id, []),
        "versions": versions.of(track),
        "next_steps": steps,
        "first_step": rules.first_possible(steps),
        "files": files,
        "lines": songs.lines(times) if times else [],
        **counting.context(Preview.objects.filter(asset=track.sound_id)),
    }
    return render(request, "studio/track.html", context)


@require_POST
def star(request: HttpRequest, pk: int) -> HttpResponse:
    """Star a song as the one that the band keeps of its variations, or take the star away."""
    track = get_object_or_404(Track, pk=pk)
    stars.star(track, request.POST.get("starred") == "1", request.user)
    return redirect("track", pk)


@require_safe
def track_words(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a song's words in time, if there are any, as a part of the mixer of its stems."""
    track = get_object_or_404(Track.objects.select_related("task"), pk=pk)
    return render(request, "studio/_sung.html", {"lines": songs.sung(track)})


@require_safe
def track_lrc(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with a song's words in time as LRC."""
    track = get_object_or_404(Track.objects.select_related("task"), pk=pk)
    _, times = songs.belongings(track)
    if times is None:
        raise Http404
    response = HttpResponse(songs.lrc(track, times), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = disposition(f"{file_name(track.title)}.lrc")
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def import_songs(request: HttpRequest) -> HttpResponse:
    """Bring in songs made elsewhere, by their task ids."""
    form = ImportForm(request.POST or unsent.given(request))
    if request.method == "POST" and form.is_valid():
        tasks = []
        for task_id in form.cleaned_data["task_id"]:
            task, created = lifecycle.bring_in(task_id, user=request.user)
            if not created and task.status != Task.Status.NOT_STARTED:
                name = task.title or operations.get(task.operation).noun
                messages.info(request, f"“{name}” is here already.")
            jobs.kick(task.pk)
            tasks.append(task)
        unsent.forget(request)
        return redirect(tasks[0] if len(tasks) == 1 else "tasks")
    return render(request, "studio/import.html", {"form": form})


@require_safe
def persona_list(request: HttpRequest) -> HttpResponse:
    """Show the team's personas with the song each was made from."""
    assets = Asset.kept.filter(kind=Asset.Kind.PERSONA).select_related(
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
