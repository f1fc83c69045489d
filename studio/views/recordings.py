"""The band's own recordings: to hear, to rename, to delete, and what was made from each."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio.lifecycle import trash
from studio.models import Event, Preview, Task, Upload
from studio.pages import counting, rules
from studio.pages.apart import told_apart
from studio.pages.forms import TitleForm
from studio.pages.rows import for_rows, rows
from studio.team.roles import makers
from studio.views.actions import in_trash

# Tasks that a page shows of what was made from one recording.
SHOWN = 200


@require_safe
def recording(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one recording, and what was made from it."""
    return _page(request, _found(request, pk))


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a recording. Its file, which Vidgo fetches, stays what it is."""
    upload = _found(request, pk)
    form = TitleForm(request.POST)
    if not form.is_valid():
        return _page(request, upload, form)
    with transaction.atomic():
        before = str(upload)
        upload.title = form.cleaned_data["title"]
        upload.save(update_fields=["title"])
        Event.objects.create(
            text=f"Recording “{before}” is called “{upload}” now", actor_id=request.user.pk
        )
    messages.success(request, f"It is called “{upload}” now.")
    return redirect("recording", pk)


@makers
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether a recording is to be deleted; put it into the trash when the answer is yes."""
    upload = _found(request, pk)
    if request.method == "POST" and "sure" in request.POST:
        trash.delete_recording(upload.pk, request.user)
        in_trash(request, f"“{upload}”")
        return redirect("recordings")
    context = {"upload": upload, "days": settings.STUDIO_TRASH_DAYS}
    return render(request, "studio/delete_recording.html", context)


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a recording out of the trash."""
    upload = _found(request, pk)
    trash.restore_recording(upload.pk, request.user)
    return redirect("recording", upload.pk)


def _found(request: HttpRequest, pk: int) -> Upload:
    return get_object_or_404(_visible(request).select_related("preview", "created_by"), pk=pk)


def _visible(request: HttpRequest) -> "QuerySet[Upload]":
    """Return the recordings whose pages are shown, those in the trash among them."""
    return Upload.objects.filter(Q(question="") | Q(created_by=request.user.pk))


def _page(request: HttpRequest, upload: Upload, form: TitleForm | None = None) -> HttpResponse:
    made = for_rows(Task.kept.filter(source_upload=upload)).order_by("-pk")[:SHOWN]
    context: dict[str, Any] = {
        "upload": upload,
        "made": told_apart(rows(made)),
        "next_steps": [] if upload.deleted_at else rules.recording_steps(upload),
        "form": form or TitleForm({"title": upload.title}),
        "goes_at": trash.goes_at(upload.deleted_at) if upload.deleted_at else None,
        **counting.context(Preview.objects.filter(upload=upload)),
    }
    return render(request, "studio/recording.html", context, status=422 if form else 200)
