"""Files that the team sends: taken in while the form is still being filled."""

from contextlib import suppress
from typing import Any, NoReturn

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from studio.media import uploads
from studio.models import Upload
from studio.operations import OPERATIONS
from studio.operations.forms import SoundForm
from studio.storage.files import check_room
from vidgo_site.bodies import length, takes_files

# Bytes of a form besides its file.
FORM = 1024**2
# The name under which a request keeps the reason why its file was passed over.
PASSED_OVER = "file_passed_over"


class Incoming(TemporaryFileUploadHandler):
    """Takes a file to disk as it comes: from members only, and only what there is room for.

    Any other file is passed over, not cut off, so that the browser hears the answer and what was
    typed beside it is not lost.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file, or pass over it."""
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise SkipFile
        size = length(self.request) if self.request else 0
        if size > settings.STUDIO_MAX_UPLOAD + FORM:
            self._pass_over(uploads.too_large())
        try:
            check_room(size)
        except OSError:
            self._pass_over(uploads.full())
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece, or give the whole file up where the disk is full."""
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            # Closing writes what is still in memory, and fails in the same way.
            with suppress(OSError):
                self.file.close()
            if not uploads.is_full(error):
                raise
            self._pass_over(uploads.full())

    def _pass_over(self, reason: str) -> NoReturn:
        setattr(self.request, PASSED_OVER, reason)
        raise SkipFile


def take(request: HttpRequest) -> tuple[list[Upload], list[str]]:
    """Keep the files of a form. Return those that can be used, and a sentence for each other."""
    kept, refused = [], []
    files = request.FILES.getlist("file")
    if passed_over := getattr(request, PASSED_OVER, ""):
        refused.append(passed_over)
    for sent in files:
        try:
            upload = uploads.keep(sent, request.user)
        except uploads.NotTakenError as error:
            refused.append(f"{sent.name}: {error}")
        else:
            if upload.question:
                refused.append(f"{upload.title}: {upload.question} If so, choose it below.")
            else:
                kept.append(upload)
    return kept, refused


@takes_files
@require_POST
def add(request: HttpRequest, name: str) -> HttpResponse:
    """Keep one file. Answers its line for the list of files (201), or why it is not taken (422)."""
    operation = OPERATIONS.get(name)
    if operation is None or not issubclass(operation.form, SoundForm):
        raise Http404
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise uploads.NotTakenError(getattr(request, PASSED_OVER, "No file came."))
        upload = uploads.keep(sent, request.user)
    except uploads.NotTakenError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    context = {
        "name": "upload",
        "option": {"upload": upload, "checked": not upload.question},
        "several": operation.form.several,
    }
    return render(request, "studio/_option.html", context, status=201)
