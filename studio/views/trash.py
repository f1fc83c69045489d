"""The trash: what was deleted lately, the way back, and for administrators the way out."""

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from studio import lifecycle
from studio.lifecycle import trash as lying
from studio.models import Task, Upload
from studio.pages import discarded
from studio.team import roles
from studio.team.roles import makers


@require_safe
def trash(request: HttpRequest) -> HttpResponse:
    """Show what lies in the trash, what was deleted last first."""
    context = {
        **discarded.page(),
        "days": settings.STUDIO_TRASH_DAYS,
        "can_empty": roles.is_administrator(request.user),
    }
    return render(request, "studio/trash.html", context)


@makers
@require_http_methods(["GET", "HEAD", "POST"])
def empty(request: HttpRequest) -> HttpResponse:
    """Ask an administrator whether the trash is to be emptied; empty it when the answer is yes."""
    if not roles.is_administrator(request.user):
        raise PermissionDenied
    if request.method == "POST" and "sure" in request.POST:
        for pk in list(Task.objects.filter(deleted_at__isnull=False).values_list("pk", flat=True)):
            with suppress(lifecycle.NotPossibleError):
                lying.purge(pk, request.user)
        gone = Upload.objects.filter(deleted_at__isnull=False)
        for pk in list(gone.values_list("pk", flat=True)):
            with suppress(lifecycle.NotPossibleError):
                lying.purge_recording(pk, request.user)
        messages.success(request, "The trash is empty.")
        return redirect("trash")
    return render(request, "studio/empty.html", discarded.page())
