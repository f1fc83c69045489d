"""Our copies over HTTP: byte ranges (RFC 9110, 14), right types, names a person would give."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from zipstream import ZipStream

from studio.media import downloads, sharing, slices
from studio.models import Asset, Preview, Task, Upload
from studio.storage import types
from studio.storage.files import pieces

# A bound on the digits: Python refuses to read thousands of them as a number.
_RANGE = re.compile(r"bytes=(\d{0,40})-(\d{0,40})", re.ASCII | re.IGNORECASE)

_SECONDS = re.compile(
    r"from=(?P<first>\d{1,6})&seconds=(?P<seconds>\d)(?P<plain>&plain=1)?", re.ASCII
)


@require_safe
def asset(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve one saved result, to be shown; with `?download=1` the original, under its name."""
    found = get_object_or_404(Asset.objects.select_related("task"), pk=pk)
    if not found.file:
        raise Http404
    if found.shown and "download" not in request.GET:
        name, tag = downloads.shown_name(found), f"{found.sha256}-shown"
        return _serve(request, found.shown, downloads.shown_type(found), name, tag)
    name = downloads.asset_name(found)
    return _serve(request, found.file, found.content_type, name, found.sha256)


@require_safe
def upload(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve one of the team's own files."""
    found = get_object_or_404(Upload, pk=pk)
    name = downloads.upload_name(found)
    return _serve(request, found.file, found.content_type, name, found.sha256)


@require_safe
def peaks(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the waveform of one saved result."""
    return _peaks(Preview.objects.filter(asset=get_object_or_404(Asset, pk=pk)).first())


@require_safe
def upload_peaks(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the waveform of one of the team's own files."""
    return _peaks(Preview.objects.filter(upload=get_object_or_404(Upload, pk=pk)).first())


@require_safe
def samples(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve whole seconds of a stem for the mixer: `?from=12&seconds=2`, with `&plain=1` plain."""
    return _slice(request, get_object_or_404(Preview.objects.exclude(samples=""), asset=pk))


@require_safe
def upload_samples(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve whole seconds of one of the team's own files, as of a stem."""
    return _slice(request, get_object_or_404(Preview.objects.exclude(samples=""), upload=pk))


def _slice(request: HttpRequest, found: Preview) -> HttpResponseBase:
    asked = _SECONDS.fullmatch(request.META["QUERY_STRING"])
    seconds = int(asked["seconds"]) if asked else 0
    if not asked or not 0 < seconds <= slices.MOST:
        raise Http404
    try:
        given, content_type = slices.read(
            found, int(asked["first"]), seconds, plain=bool(asked["plain"])
        )
    except (FileNotFoundError, slices.SliceError):
        raise Http404 from None
    response = HttpResponse(given, content_type=content_type)
    # A loop hears the same again and again.
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_safe
def poster(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Serve a film's poster; of a picture the small one, and while there is none itself."""
    preview = Preview.objects.filter(asset=pk).first()
    if not (preview and preview.poster):
        get_object_or_404(Asset, pk=pk, kind=Asset.Kind.IMAGE)
        return asset(request, pk)
    return _serve_made(request, preview.poster, "image/jpeg")


@login_not_required
@require_safe
def public(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Serve one task's sound to whoever knows its address: Vidgo, while the task needs it."""
    stored = sharing.find(token, name)
    if stored is None:
        raise Http404
    # Not by the proxy: where it cannot read the file it would write the address into its log.
    response = _send(request, stored.file, stored.content_type, name, stored.sha256)
    # The address ends with its task, and no cache in between may outlive it.
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def task_zip(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Stream every saved file of a task as one ZIP of known length."""
    task = get_object_or_404(Task, pk=pk)
    return zip_response(downloads.named_files(task), downloads.zip_name(task))


def zip_response(files: list[tuple[str, Asset]], zip_name: str) -> HttpResponseBase:
    """Stream `files` as one ZIP of known length. Raises Http404 where there are none."""
    if not files:
        raise Http404
    # Stored, not deflated: sound and film are packed already, and the length is known beforehand.
    bundle, missing = ZipStream(sized=True), []
    for name, saved in files:
        try:
            size = saved.file.size
        except FileNotFoundError:
            missing.append(name)
            continue
        bundle.add(pieces(saved.file, 0, size), name, size=size)
    if len(missing) == len(files):
        raise Http404
    if missing:
        told = "These files are missing in the studio's storage:\n\n" + "\n".join(missing) + "\n"
        bundle.add(told.encode(), "Missing.txt")
    response = StreamingHttpResponse(bundle, content_type="application/zip")
    response["Content-Length"] = str(len(bundle))
    response["Content-Disposition"] = downloads.disposition(zip_name)
    return response


def _peaks(preview: Preview | None) -> HttpResponse:
    """Answer with the levels; with none while they are not there, which is no error of the page."""
    levels = preview.peaks if preview else []
    low = preview and preview.troughs
    response = JsonResponse({"peaks": levels} | ({"troughs": low} if low else {}))
    response["Cache-Control"] = "private, max-age=86400" if levels else "no-store"
    return response


def _serve_made(request: HttpRequest, file: FieldFile, content_type: str) -> HttpResponseBase:
    if not file:
        raise Http404
    # Its storage name is drawn anew with every making.
    name = PurePosixPath(str(file.name)).name
    return _serve(request, file, content_type, name, name)


def _serve(
    request: HttpRequest, file: FieldFile, content_type: str, name: str, etag: str
) -> HttpResponseBase:
    if not settings.X_ACCEL:
        return _send(request, file, content_type, name, etag)
    # The proxy sends it, ranges and all; what is to be said about it is said here.
    response = HttpResponse(headers={"X-Accel-Redirect": settings.X_ACCEL + quote(str(file.name))})
    return _described(request, response, content_type, name)


def _send(
    request: HttpRequest, file: FieldFile, content_type: str, name: str, etag: str
) -> HttpResponseBase:
    response: HttpResponseBase
    try:
        size = file.size
    except FileNotFoundError:
        raise Http404 from None
    asked = _range(request, size, f'"{etag}"')
    begin, length = asked or (0, size)
    if asked is None and isinstance(file.storage, FileSystemStorage):
        response = FileResponse(file.open("rb"))
    elif asked is None:
        response = StreamingHttpResponse(pieces(file, 0, size))
    elif length:
        response = StreamingHttpResponse(pieces(file, begin, length), status=206)
        response["Content-Range"] = f"bytes {begin}-{begin + length - 1}/{size}"
    else:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response["Content-Length"] = str(length)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{etag}"'
    return _described(request, response, content_type, name)


def _described(
    request: HttpRequest, response: HttpResponseBase, content_type: str, name: str
) -> HttpResponseBase:
    # What may not be shown in place could be a page.
    is_shown = types.of(content_type).family != ""
    attached = not is_shown or "download" in request.GET
    response["Content-Type"] = content_type if is_shown else "application/octet-stream"
    response["Content-Disposition"] = downloads.disposition(name, attached=attached)
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first byte asked for and how many to send, 0 where there are none; None for all.

    Several ranges at once, one that is not understood, a range of another version and a method
    other than GET count as no range (RFC 9110, 14.2).
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.method != "GET" or not match or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = (int(text) if text else None for text in match.groups())
    if first is None:
        # The last so many bytes.
        length = min(last, size) if last is not None else None
        return None if length is None else (size - length, length)
    if last is not None and last < first:
        return None
    end = size if last is None else min(last + 1, size)
    return first, max(end - first, 0)
