"""One form for each operation."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from studio import credits, jobs, lifecycle, rules
from studio.models import Task, Track, Upload
from studio.operations import OPERATIONS, Operation
from studio.operations.forms import OperationForm, SoundForm
from studio.rows import search
from studio.views.uploads import take
from vidgo_site.addresses import is_reachable_from_outside

# Songs and files of a list; the search finds the others.
MAX_CHOICES = 40


@require_http_methods(["GET", "HEAD", "POST"])
def new_task(request: HttpRequest, model: str) -> HttpResponse:
    """Show the form of `model`; a good submit keeps the task and leads to its page."""
    operation = OPERATIONS.get(model)
    if operation is None:
        raise Http404
    if request.method != "POST":
        return _page(request, operation, operation.form(initial=_initial(request, operation)))
    form = _sent_form(request, operation)
    if problem := reach_problem():
        form.add_error(None, problem)
    if form.is_valid() and (reason := rules.refusal(operation, form.cleaned_data.get("track"))):
        form.add_error("track", reason)
    if form.is_valid():
        try:
            tasks = _keep(request, operation, form)
        except lifecycle.NotPossibleError as error:
            form.add_error(None, str(error))
        else:
            return redirect(tasks[0] if len(tasks) == 1 else "tasks")
    return _page(request, operation, form)


def reach_problem() -> str:
    """Say why Vidgo could not reach this product, "" if it can as far as an address shows."""
    if settings.API_ON_LOOPBACK or is_reachable_from_outside(settings.STUDIO_PUBLIC_URL):
        return ""
    return (
        "Vidgo could not send the result: STUDIO_PUBLIC_URL must be an https address that can be "
        "reached from outside. Nothing has been sent or paid; an administrator must set it."
    )


def _sent_form(request: HttpRequest, operation: Operation) -> OperationForm:
    """Give the form as it was sent. Its files are kept first, so that no error loses them."""
    if not issubclass(operation.form, SoundForm):
        return operation.form(request.POST)
    kept, refused = take(request)
    data = request.POST.copy()
    data.setlist("upload", [key for key in data.getlist("upload") if _is_key(key)])
    if kept:
        # A browser without JavaScript cannot take a choice back: the file that came last counts.
        before = data.getlist("upload") if operation.form.several else []
        data.setlist("upload", [*before, *(str(upload.pk) for upload in kept)])
        data["track"] = data[operation.form.url_field] = ""
    if len(kept) == 1:
        for name in ("title", "tags"):
            data[name] = data.get(name) or getattr(kept[0], name)
    return operation.form(data, refused=refused)


def _keep(request: HttpRequest, operation: Operation, form: OperationForm) -> list[Task]:
    """Keep what the form asks for: one task, or one for each of several files."""
    uploads = list(form.cleaned_data.get("upload") or [])
    if len(uploads) < 2:
        key = form.cleaned_data["form_key"]
        return [_keep_one(request, operation, form, key, *uploads)]
    key = form.cleaned_data["form_key"] or uuid.uuid4()
    tasks = [
        _keep_one(request, operation, form, uuid.uuid5(key, str(upload.pk)), upload, own=True)
        for upload in uploads
    ]
    messages.success(request, f"{len(tasks)} tasks are on their way, one for each file.")
    return tasks


def _keep_one(
    request: HttpRequest,
    operation: Operation,
    form: OperationForm,
    form_key: uuid.UUID | None,
    upload: Upload | None = None,
    *,
    own: bool = False,
) -> Task:
    """Keep one task; `own` is whether it bears the file's title instead of the typed one."""
    data, input = form.cleaned_data, form.to_input()
    track = data.get("track")
    if own and upload:
        input["title"] = upload.title
    task, created = lifecycle.create(
        operation.model,
        input,
        user=request.user,
        form_key=form_key,
        title=input.get("title") or data.get("name") or _title(track, upload),
        source_track=track,
        source_upload=upload,
    )
    wish = [operation.model, input, track and track.pk, upload and upload.pk]
    known = [task.model, task.input, task.source_track_id, task.source_upload_id]
    if form_key and task.form_key == form_key and known != wish:
        # Gone back to, changed and sent again: another wish, though the page kept its key.
        key = uuid.uuid5(form_key, json.dumps(wish, sort_keys=True))
        return _keep_one(request, operation, form, key, upload, own=own)
    if not created and task.form_key != form_key:
        messages.info(request, f"This {operation.noun.lower()} is there already: here it is.")
    jobs.kick(task.pk)
    return task


def _title(track: Track | None, upload: Upload | None) -> str:
    return track.title if track else upload.title if upload else ""


def _initial(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    """Give what the form begins with: an earlier task's settings, a chosen song or file."""
    initial: dict[str, Any] = {}
    again = request.GET.get("again", "")
    task = Task.objects.filter(pk=again, model=operation.model).first() if _is_key(again) else None
    if task:
        initial = {**task.input, "track": task.source_track_id, "upload": [task.source_upload_id]}
        if task.source_track_id:
            # Chosen again as a song; its ids by hand would only say the same.
            for name in operation.form.details:
                initial.pop(name, None)
    if _is_key(request.GET.get("track")):
        initial["track"] = request.GET["track"]
    if any(map(_is_key, request.GET.getlist("upload"))):
        initial["upload"] = list(filter(_is_key, request.GET.getlist("upload")))
    if task is None and issubclass(operation.form, SoundForm):
        track = Track.objects.filter(pk=initial.get("track") or 0).first()
        chosen = track or Upload.objects.filter(pk__in=initial.get("upload") or []).first()
        for name in ("title", "tags") if chosen else ():
            initial.setdefault(name, getattr(chosen, name))
    return initial


def _is_key(value: str | None) -> bool:
    return bool(value) and str(value).isdecimal() and len(str(value)) < 19


def _page(request: HttpRequest, operation: Operation, form: OperationForm) -> HttpResponse:
    chosen = {
        name: _keys(form[name].value()) for name in ("track", "upload") if name in form.fields
    }
    tracks = Track.objects.select_related("task", "sound", "image")
    q = {name: request.GET.get(f"{name}_q", "").strip()[:100] for name in ("track", "upload")}
    uploads = Upload.objects.all() if "upload" in chosen else Upload.objects.none()
    context = {
        "operation": operation,
        "form": form,
        "q": q,
        "track_options": rules.choices(
            operation, _found(tracks, q["track"], chosen["track"]), chosen["track"]
        ),
        "upload_options": [
            {"upload": upload, "checked": str(upload.pk) in chosen["upload"]}
            for upload in _found(uploads, q["upload"], chosen.get("upload", []))
        ],
        "max_upload": settings.STUDIO_MAX_UPLOAD,
        "reach_problem": reach_problem(),
        "usual_cost": credits.usual_words(operation.model),
    }
    return render(request, "studio/new.html", context)


def _keys(value: Any) -> list[str]:
    """Give the chosen keys of a field, as text."""
    values = value if isinstance(value, list | tuple) else [value]
    return [str(one) for one in values if _is_key(str(one))]


def _found(rows: Any, q: str, chosen: list[str]) -> list[Any]:
    """Give what is chosen, then the newest that the search finds."""
    first = list(rows.filter(pk__in=chosen)) if chosen else []
    return first + list(search(rows, q).exclude(pk__in=chosen)[: MAX_CHOICES - len(first)])
