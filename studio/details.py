"""What the page of one task shows, put together from its rows."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from studio import operations, timing
from studio.forms import AdoptForm
from studio.models import Account, Asset, Preview, Task, Track
from studio.operations import Operation
from studio.operations.forms import OperationForm

Kind = Asset.Kind
Status = Task.Status


@dataclass(frozen=True)
class Variation:
    """One of the songs a task gave, with its sound and picture as far as they are there."""

    track: Track
    audio: Asset | None
    image: Asset | None


@dataclass(frozen=True)
class Channel:
    """One stem in the mixer."""

    asset: Asset
    preview: Preview


def context(task: Task) -> dict[str, Any]:
    """Give the context of the task's page."""
    operation = operations.get(task.model)
    assets = list(task.assets.all())
    tracks = [Variation(t, t.sound, t.image) for t in sorted(task.tracks.all(), key=_order)]
    in_tracks = {a.pk for one in tracks for a in (one.audio, one.image) if a}
    loose = [asset for asset in assets if asset.pk not in in_tracks]
    return {
        "task": task,
        "operation": operation,
        "rev": f"{task.updated_at.timestamp():.6f}",
        "stages": stages(task, operation),
        "seconds": timing.elapsed_seconds(task),
        "usual": None if task.is_final else timing.usual_seconds(task.model),
        "videos": _of(loose, Kind.VIDEO),
        "images": _of(loose, Kind.IMAGE),
        "stems": _of(loose, Kind.STEM),
        "mixer": mixer(_of(loose, Kind.STEM)),
        "is_prepared": not any(_is_awaited(asset) for asset in assets),
        "tracks": tracks,
        "personas": _of(loose, Kind.PERSONA),
        "files": _of(loose, Kind.AUDIO, Kind.FILE),
        "saved_files": [a for a in assets if a.file],
        "unsaved": [a for a in assets if a.state != Asset.State.SAVED],
        "sent": _sent(task, operation),
        "details": _details(task),
        "events": task.events.all(),
        "hint": hint(task, tracks),
        "actions": actions(task),
        "adopt_form": AdoptForm() if task.status == Status.UNCONFIRMED else None,
    }


def mixer(stems: list[Asset]) -> list[Channel]:
    """Give the mixer's channels, none until every stem can be played in it."""
    channels = [Channel(asset, preview) for asset in stems if (preview := _preview(asset))]
    is_whole = len(channels) == len(stems) > 1
    return channels if is_whole and all(one.preview.samples for one in channels) else []


def _preview(asset: Asset) -> Preview | None:
    return getattr(asset, "preview", None)


def _is_awaited(asset: Asset) -> bool:
    """Say whether the asset's waveform or poster is still to come."""
    preview = _preview(asset)
    return preview is not None and preview.due_at is not None


def stages(task: Task, operation: Operation) -> list[dict[str, str]]:
    """Give the task's stages with `done`, `now` or `next`, as far as the API lets them be known."""
    labels = list(operation.stages)
    if task.status == Status.FINISHED:
        reached = len(labels)
    elif task.status in (Status.PENDING, Status.UNCONFIRMED, Status.CANCELLED):
        reached = 0
    elif task.status == Status.NOT_STARTED:
        reached = 1
    else:
        reached = min(1 + _signs(task, operation), len(labels) - 1)
    states = [
        "done" if i < reached else "now" if i == reached else "next" for i in range(len(labels))
    ]
    return [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)]


def _signs(task: Task, operation: Operation) -> int:
    """Count the stages between sent and ready that have shown themselves."""
    if len(operation.stages) < 4:
        return 0
    has_text = task.tracks.exists() or task.status == Status.RUNNING
    has_sound = any(asset.kind == Kind.AUDIO for asset in task.assets.all())
    return int(has_text) + int(has_sound)


def hint(task: Task, tracks: list[Variation]) -> dict[str, str]:
    """Give what helps on, where the task's state alone does not say it: a text and a link."""
    if task.status == Status.FAILED and task.error_code == "409":
        return _instead(task)
    if task.status == Status.PENDING and task.error_code:
        return {"text": _goes_on(task)}
    if task.model != operations.IMPORT.model:
        return {}
    text = ""
    if task.status == Status.FINISHED and not tracks:
        text = "Vidgo has finished this task, but there is no song in it."
    elif not task.is_final and task.deliveries.exists():
        text = "Vidgo is still making this one. It is asked for until it is ready, then saved here."
    return {"text": text} if text else {}


def _goes_on(task: Task) -> str:
    """Say when a task that could not be sent goes on by itself."""
    if task.error_code == Account.Trouble.KEY:
        return "Nothing has been sent or paid. It goes on as soon as the key is mended."
    if task.error_code == Account.Trouble.CREDITS:
        return "Nothing has been sent or paid. It goes on as soon as there are credits again."
    if task.due_at is None:
        return "Nothing has been paid. It is being tried again."
    moment = timezone.localtime(task.due_at)
    return f"Nothing has been paid. It is tried again by itself at {moment:%H:%M:%S}."


def _instead(task: Task) -> dict[str, str]:
    """Lead from a refused second result to the first: ours, or one to be brought in."""
    noun = operations.get(task.model).noun.lower()
    ids = {
        f"input__{name}": task.input[name] for name in ("task_id", "audio_id") if name in task.input
    }
    others = Task.objects.filter(model=task.model, **ids).exclude(pk=task.pk)
    there = (
        others.filter(status=Status.FINISHED).first()
        or others.exclude(status__in=(Status.FAILED, Status.CANCELLED)).first()
    )
    if there:
        text = f"The team has this {noun} already."
        return {"text": text, "label": "Show it", "url": there.get_absolute_url()}
    text = f"Vidgo made this {noun} before, but not here. Its console shows the task_id."
    return {"text": text, "label": "Import it by its task_id", "url": reverse("import")}


def actions(task: Task) -> list[dict[str, Any]]:
    """Give what a person can do with the task in its present state."""
    found = []
    if task.status == Status.PENDING and not task.sent_at:
        found.append(_action(task, "task-cancel", "Cancel", "Nothing has been sent or paid."))
    if task.task_id and (not task.is_final or task.status == Status.FAILED):
        found.append(_action(task, "task-ask", "Ask Vidgo now", "Looks for news at once."))
    if any(asset.state == Asset.State.FAILED for asset in task.assets.all()):
        found.append(_action(task, "task-save-again", "Save the files again", ""))
    if task.model in operations.OPERATIONS and task.status != Status.UNCONFIRMED:
        failed = task.status in (Status.FAILED, Status.CANCELLED)
        if failed:
            found.append(_action(task, "task-try-again", "Try again", ""))
        label = "Change and try again" if failed else "Again with these settings"
        url = f"{reverse('new', args=[task.model])}?again={task.pk}"
        found.append({"name": "again", "label": label, "url": url, "method": "get", "help": ""})
    if task.is_final:
        url = f"{reverse('bulk-delete')}?task={task.pk}"
        found.append({"name": "delete", "label": "Delete …", "url": url, "method": "get"})
    return found


def _action(task: Task, name: str, label: str, help: str) -> dict[str, Any]:
    url = reverse(name, args=[task.pk])
    return {"name": name, "label": label, "url": url, "method": "post", "help": help}


def _order(track: Track) -> int:
    return track.order


def _of(assets: list[Asset], *kinds: str) -> list[Asset]:
    return [asset for asset in assets if asset.kind in kinds]


def _sent(task: Task, operation: Operation) -> list[tuple[str, str]]:
    """Give the settings as the form names them, without the ids and addresses."""
    fields = operation.form.base_fields
    hidden = set(operation.form.details)
    return [
        (str(fields[name].label), _shown(operation.form, name, value))
        for name, value in task.input.items()
        if name in fields and name not in hidden
    ]


def _shown(form: type[OperationForm], name: str, value: Any) -> str:
    choices = dict(getattr(form.base_fields[name], "choices", []))
    return str(choices.get(value, value))


def _details(task: Task) -> list[tuple[str, str]]:
    ids = [("task_id", task.task_id or "")]
    source = {k: v for k, v in task.input.items() if k in ("task_id", "audio_id")}
    ids += [(f"source {name}", str(value)) for name, value in source.items()]
    ids += [("audio_id", track.audio_id) for track in task.tracks.all()]
    ids += [("persona_id", asset.value) for asset in _of([*task.assets.all()], Kind.PERSONA)]
    ids += [("model", task.model)]
    if task.credits_amount is not None:
        ids += [("credits_amount", f"{task.credits_amount.normalize():f}")]
    return [(name, value) for name, value in ids if value]
