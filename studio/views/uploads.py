"""Files that the team sends: taken in while the form is still being filled."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from studio import uploads
from studio.models import Upload
from studio.operations import OPERATIONS
from studio.operations.forms import SoundForm

# Bytes of a form besides its file.
FORM = 1024**2


class Incoming(TemporaryFileUploadHandler):
    """Takes a file to disk as it comes: from members only, and nothing of one that is too large.

    Such a file is passed over, not cut off, so that the browser hears the answer and what was typed
    beside it is not lost.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, or pass over it."""
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated or is_too_large(self.request):
            raise SkipFile
        super().new_file(*args, **kwargs)


def is_too_large(request: HttpRequest | None) -> bool:
    """Say whether a request is larger than one file may be, before any of it is read."""
    length = request.META.get("CONTENT_LENGTH", "") if request else ""
    return length.isdecimal() and int(length) > settings.STUDIO_MAX_UPLOAD + FORM


def take(request: HttpRequest) -> tuple[list[Upload], list[str]]:
    """Keep the files of a form. Gives those that are kept, and a sentence for each that is not."""
    kept, refused = [], []
    if is_too_large(request):
        refused.append(uploads.too_large())
    for sent in request.FILES.getlist("file"):
        try:
            kept.append(uploads.keep(sent, request.user))
        except uploads.NotTakenError as error:
            refused.append(f"{sent.name}: {error}")
    return kept, refused


@require_POST
def add(request: HttpRequest, model: str) -> HttpResponse:
    """Keep one file. Answers its line for the list of files (201), or why it is not taken (422)."""
    operation = OPERATIONS.get(model)
    if operation is None or not issubclass(operation.form, SoundForm):
        raise Http404
    sent = request.FILES.get("file")
    try:
        if is_too_large(request):
            raise uploads.NotTakenError(uploads.too_large())
        if sent is None:
            raise uploads.NotTakenError("No file came.")
        upload = uploads.keep(sent, request.user)
    except uploads.NotTakenError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    context = {
        "name": "upload",
        "option": {"upload": upload, "checked": True},
        "several": operation.form.several,
    }
    return render(request, "studio/_option.html", context, status=201)
