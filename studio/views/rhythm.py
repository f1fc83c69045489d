"""Tempo and key of a sound, put right by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from studio.media import analysis
from studio.media.rhythm import Rhythm
from studio.models import Preview, Track
from studio.pages.counting import RhythmForm
from studio.pages.forms import first_problem


@require_POST
def put_right(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a tempo and a key for everybody, and lead back to what they are of.

    A script is answered without a page: 204, or 422 with what is wrong.
    """
    preview = get_object_or_404(Preview.objects.select_related("asset__task", "upload"), pk=pk)
    form = RhythmForm(request.POST)
    wrong = first_problem(form)
    if not wrong:
        given = form.cleaned_data
        found = Rhythm(float(given["tempo"]), given["beat"], given["key"])
        analysis.put_right(preview, found, request.user)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(wrong, status=422 if wrong else 204)
    if wrong:
        messages.error(request, wrong)
    else:
        messages.success(request, "Tempo and key are kept.")
    return redirect(_page(preview))


def _page(preview: Preview) -> str:
    """Return the address of the page that shows the sound."""
    asset = preview.asset
    if asset is None:
        return reverse("recording", args=[preview.upload_id])
    track = Track.objects.filter(sound=asset).first()
    return reverse("track", args=[track.pk]) if track else asset.task.get_absolute_url()
