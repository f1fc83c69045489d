"""One form for each operation."""

import uuid
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from studio import jobs, lifecycle, operations
from studio.lifecycle.usual import figure
from studio.media.uploads import settle
from studio.models import Asset, Task, Track, Upload
from studio.operations import OPERATIONS, Operation
from studio.operations.forms import OperationForm, SoundForm
from studio.pages import charges, rules
from studio.pages.helpers import helpers
from studio.pages.keys import is_key
from studio.pages.problems import problems
from studio.pages.sources import personas, sources
from studio.team import unsent
from studio.templatetags.studio import in_credits
from studio.views.actions import is_sure
from studio.views.uploads import take
from vidgo_site.addresses import is_reachable_from_outside
from vidgo_site.bodies import takes_files

# What says which of them a form starts from.
_SOURCES = {"form_key", "track", "upload", "stem", "file"}


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def new_task(request: HttpRequest, name: str) -> HttpResponse:
    """Show the form of the operation `name`; a good submit keeps the task and leads to its page."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise Http404
    if request.method != "POST":
        if typed := unsent.given(request):
            return _page(request, operation, _unsent_form(operation, typed))
        return _page(request, operation, operation.form(initial=_initial(request, operation)))
    form = _sent_form(request, operation)
    if problem := reach_problem(operation):
        form.add_error(None, problem)
    if form.is_valid() and (reason := rules.refusal(operation, form.cleaned_data.get("track"))):
        form.add_error("track", reason)
    if form.is_valid():
        try:
            tasks = _keep(request, operation, form)
        except lifecycle.NeedsWordError as error:
            form.add_error(None, str(error))
            return _page(request, operation, form, question=str(error))
        except lifecycle.NotPossibleError as error:
            form.add_error(None, str(error))
        else:
            unsent.forget(request)
            return redirect(tasks[0] if len(tasks) == 1 else "tasks")
    return _page(request, operation, form)


def reach_problem(operation: Operation) -> str:
    """Return why Vidgo could not reach this product, "" if it can as far as an address shows."""
    if settings.API_ON_LOOPBACK or is_reachable_from_outside(settings.STUDIO_PUBLIC_URL):
        return ""
    if not settings.STUDIO_PUBLIC_URL:
        if settings.S3_BUCKET or not operation.takes_sound:
            return ""
        return (
            "Vidgo could not fetch your recording: this studio has no public address. Nothing has "
            "been sent or paid; an administrator can open a way for it (docs/home.md)."
        )
    return (
        "Vidgo could not send the result: STUDIO_PUBLIC_URL must be an https address that can be "
        "reached from outside. Nothing has been sent or paid; an administrator must set it."
    )


def _sent_form(request: HttpRequest, operation: Operation) -> OperationForm:
    """Return the form as it was sent. Its files are kept first, so that no error loses them."""
    if not issubclass(operation.form, SoundForm):
        return operation.form(request.POST)
    kept, refused = take(request)
    data = request.POST.copy()
    data.setlist("upload", [key for key in data.getlist("upload") if is_key(key)])
    if kept:
        # A browser without JavaScript cannot take a choice back: the newest file counts.
        before = data.getlist("upload") if operation.form.several else []
        data.setlist("upload", [*before, *(str(upload.pk) for upload in kept)])
        data["track"] = data[operation.form.url_field] = ""
    if len(kept) == 1:
        for name in ("title", "tags"):
            data[name] = data.get(name) or getattr(kept[0], name)
    return operation.form(data, refused=refused)


def _unsent_form(operation: Operation, typed: QueryDict) -> OperationForm:
    """Return the form as it was once typed; its files the browser has not sent."""
    typed.setlist("upload", [key for key in typed.getlist("upload") if is_key(key)])
    return operation.form(typed)


def _keep(request: HttpRequest, operation: Operation, form: OperationForm) -> list[Task]:
    """Keep what the form asks for: one task, or one for each of several files."""
    uploads = list(form.cleaned_data.get("upload") or [])
    settle(uploads)
    if len(uploads) < 2:
        key = form.cleaned_data["form_key"]
        return [_keep_one(request, operation, form, key, *uploads)]
    key = form.cleaned_data["form_key"] or uuid.uuid4()
    keys = {upload: uuid.uuid5(key, str(upload.pk)) for upload in uploads}
    with transaction.atomic():
        # All of them or none, by what they cost together.
        wishes = [(operation.name, own_key) for own_key in keys.values()]
        lifecycle.check(request.user, wishes, is_sure(request))
        tasks = [
            _keep_one(request, operation, form, own_key, upload, own=True)
            for upload, own_key in keys.items()
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
    data, given, track = form.cleaned_data, form.to_input(), form.cleaned_data.get("track")
    if own and upload:
        given["title"] = upload.title
    stem = data.get("stem")
    title = given.get("title") or data.get("name") or _title(data, track or upload or stem)
    task, created = lifecycle.create(
        lifecycle.Wish(operation.name, given, title, track, upload, stem),
        user=request.user,
        form_key=form_key,
        sure=is_sure(request),
    )
    if not created and task.form_key != form_key:
        messages.info(request, f"This {operation.noun.lower()} is there already: here it is.")
    jobs.kick(task.pk)
    return task


def _title(data: dict[str, Any], source: Track | Upload | Asset | None) -> str:
    """Return what a task without a title is called until Vidgo gives it one."""
    if source:
        return source.task.title if isinstance(source, Asset) else source.title
    return str(data.get("prompt") or data.get("content") or "").partition("\n")[0][:60]


def _initial(request: HttpRequest, operation: Operation) -> dict[str, Any]:
    """Return what the form begins with: an earlier task's settings, a chosen song or file."""
    initial: dict[str, Any] = {}
    again = request.GET.get("again", "")
    task = (
        Task.objects.filter(pk=again, operation=operation.name).first() if is_key(again) else None
    )
    if task:
        initial = {**task.input, "track": task.source_track_id, "upload": [task.source_upload_id]}
        initial["stem"] = task.source_stem_id
        if task.source_track_id:
            # Chosen again as a song; its ids by hand would only say the same.
            for name in operation.form.details:
                initial.pop(name, None)
    for name in ("track", "stem"):
        if is_key(request.GET.get(name)):
            initial[name] = request.GET[name]
    if any(map(is_key, request.GET.getlist("upload"))):
        initial["upload"] = list(filter(is_key, request.GET.getlist("upload")))
    fields = operation.form.base_fields
    # A link can bring along what it is about: a persona, a place in the song.
    initial |= {n: request.GET[n] for n in fields.keys() - _SOURCES if n in request.GET}
    initial |= _words(request, fields.keys())
    if task is None:
        initial = _told(initial, fields.keys()) | initial
    return initial


def _told(initial: dict[str, Any], names: Collection[str]) -> dict[str, str]:
    """Return what the chosen song, file or stem says of itself, for the fields `names`."""
    track = Track.objects.filter(pk=initial.get("track") or 0).first()
    chosen = track or Upload.objects.filter(pk__in=initial.get("upload") or []).first()
    if chosen:
        told = {"title": chosen.title, "tags": chosen.tags, "style": chosen.tags}
    else:
        stem = Asset.objects.filter(pk=initial.get("stem") or 0).select_related("task").first()
        told = {"title": stem.task.title} if stem else {}
    return {name: value for name, value in told.items() if name in names}


def _words(request: HttpRequest, names: Collection[str]) -> dict[str, str]:
    """Return the lyrics or styles that a link brings along, in the fields they are made for."""
    key = request.GET.get("words", "")
    if not is_key(key):
        return {}
    words = Asset.objects.filter(pk=key, kind=Asset.Kind.WORDS).select_related("task").first()
    if words is None or not words.data:
        return {}
    field = next(iter(operations.get(words.task.operation).fills), "")
    told = {field: words.data["text"], "title": words.data["title"], "custom_mode": "true"}
    return {name: text for name, text in told.items() if name in names and text}


def _page(
    request: HttpRequest, operation: Operation, form: OperationForm, question: str = ""
) -> HttpResponse:
    """Show the form; `question` is what somebody must say yes to before it is sent."""
    names = ("track", "upload", "stem")
    chosen = {name: _keys(form[name].value()) for name in names if name in form.fields}
    count = _count(operation, form, chosen)
    offered = sources(operation, request.GET, chosen, request.user)
    context = {
        "operation": operation,
        "form": form,
        "question": question,
        "helpers": helpers(form),
        **offered,
        "personas": personas(form, offered["q"]["persona"]),
        "problems": problems(form),
        "reach_problem": reach_problem(operation),
        "label": operation.many.format(count) if count > 1 else operation.verb,
        "price": charges.price(operation.name, count),
        "spent": _spent(request),
    }
    return render(request, "studio/new.html", context)


def _count(operation: Operation, form: OperationForm, chosen: dict[str, list[str]]) -> int:
    """Return how many tasks the form makes as it stands, 0 where nothing is chosen yet."""
    if not operation.many:
        return 1
    by_hand = form[operation.form.url_field].value()  # type: ignore[attr-defined]
    return 1 if by_hand else len(chosen["upload"]) or len(chosen["track"])


def _spent(request: HttpRequest) -> str:
    """Return how far the month's limit of whoever asks is used up, "" without a limit."""
    limit = lifecycle.limit_of(request.user)
    if limit is None:
        return ""
    used, _ = lifecycle.used(request.user)
    return f"Your month: {figure(used)} of {in_credits(limit)} used or on their way."


def _keys(value: Any) -> list[str]:
    """Return the chosen keys of a field, as text."""
    values = value if isinstance(value, list | tuple) else [value]
    return [str(one) for one in values if is_key(one)]
