"""What the page of one task shows, put together from its rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import BooleanField, Field
from django.urls import reverse
from django.utils import timezone

from studio import operations
from studio.lifecycle import account, evidence, trash, usual
from studio.media import originals, slices
from studio.media.rhythm import KEYS
from studio.models import Account, Asset, Preview, Task, Track
from studio.operations import Operation
from studio.pages import charges, counting, songs
from studio.pages.actions import actions
from studio.pages.forms import AdoptForm
from vidgo_site.logs import redact

Kind = Asset.Kind
Status = Task.Status
# What is waited for by itself.
MOVING = (Status.PENDING, Status.NOT_STARTED, Status.RUNNING)
# Callbacks that could not be read, and the characters of each, on an unconfirmed task's page.
UNREAD, UNREAD_TEXT = 3, 2_000


@dataclass(frozen=True)
class Variation:
    """One of the songs a task gave, with its sound and picture as far as they are there."""

    track: Track
    audio: Asset | None
    image: Asset | None


@dataclass(frozen=True)
class Stem:
    """One stem, and what can be made of it: operations with the words of the step."""

    asset: Asset
    steps: list[tuple[Operation, str]]


@dataclass(frozen=True)
class Channel(Stem):
    """One stem in the mixer."""

    # How many samples a side it has.
    frames: int


def context(task: Task, may_change: bool) -> dict[str, Any]:
    """Return the context of the task's page, for who `may_change` it or only looks."""
    operation = operations.get(task.operation)
    tracks = _variations(task)
    files = _files(task, tracks)
    lead, others = actions(task, files["saved_files"], may_change)
    return {
        "task": task,
        "operation": operation,
        "rev": f"{task.updated_at.timestamp():.6f}",
        "stages": stages(task, operation),
        "seconds": usual.elapsed_seconds(task),
        "usual": usual.seconds(task.operation) if task.status in MOVING else None,
        "tracks": tracks,
        **files,
        "picture": _picture(task),
        "sent": settings_of(task),
        "details": _details(task),
        "events": task.events.all(),
        "hint": hint(task, tracks),
        "charged": charges.nothing_charged(task),
        **_doubts(task),
        "lead": lead,
        "actions": others,
        **_discarded(task),
    }


def _discarded(task: Task) -> dict[str, Any]:
    """Return what is told of a task in the trash."""
    if task.deleted_at is None:
        return {}
    restore_url = reverse("task-restore", args=[task.pk])
    return {"goes_at": trash.goes_at(task.deleted_at), "restore_url": restore_url}


def _files(task: Task, tracks: list[Variation]) -> dict[str, Any]:
    """Return what the task gave by kind, without what its songs show already."""
    assets = list(task.assets.all())
    in_tracks = {a.pk for one in tracks for a in (one.audio, one.image) if a}
    loose = [asset for asset in assets if asset.pk not in in_tracks]
    return {
        "videos": _of(loose, Kind.VIDEO),
        "images": _of(loose, Kind.IMAGE),
        "stems": [Stem(asset, stem_steps(asset)) for asset in _of(loose, Kind.STEM)],
        "words": _of(loose, Kind.WORDS),
        "times": [songs.lines(asset) for asset in _of(loose, Kind.TIMES)],
        **_mixer(task, _of(loose, Kind.STEM)),
        "is_prepared": not any(_is_awaited(asset) for asset in assets),
        "personas": _of(loose, Kind.PERSONA),
        "files": _of(loose, Kind.AUDIO, Kind.FILE),
        "saved_files": [a for a in assets if a.file],
        "unsaved": [a for a in assets if a.state != Asset.State.SAVED],
    }


def _picture(task: Task) -> Asset | None:
    """Return the picture of what the task gave, or of the song that it was made from."""
    own = (a for a in task.assets.all() if a.kind == Kind.IMAGE and a.file)
    return next(own, task.source_track.image if task.source_track else None)


def _doubts(task: Task) -> dict[str, Any]:
    """Return what the balance tells of a task of which nobody knows whether Vidgo took it."""
    if task.status != Status.UNCONFIRMED:
        return {}
    reading = evidence.read(task)
    return {
        "reading": reading,
        "balance_words": charges.balance_words(reading),
        "unread": unread(task),
        "adopt_form": AdoptForm(),
    }


def unread(task: Task) -> list[tuple[datetime, str]]:
    """Return when and what Vidgo called back that told nothing of the task, the newest first."""
    odd = task.deliveries.exclude(note="").order_by("-pk")[:UNREAD]
    return [(each.received_at, redact(each.body)[:UNREAD_TEXT]) for each in odd]


def _mixer(task: Task, stems: list[Asset]) -> dict[str, Any]:
    channels = mixer(stems)
    if not channels:
        return {"mixer": []}
    original = originals.of(task)
    counted = counting.of_song(original, stems)
    return {"mixer": channels, "original": original, "counted": counted, "keys": KEYS}


def mixer(stems: list[Asset]) -> list[Channel]:
    """Return the mixer's channels, none until every stem can be played in it."""
    previews = [_preview(asset) for asset in stems]
    if len(stems) < 2 or not all(preview and preview.samples for preview in previews):
        return []
    return [
        Channel(asset, stem_steps(asset), slices.count(preview))
        for asset, preview in zip(stems, previews, strict=True)
        if preview
    ]


def stem_steps(asset: Asset) -> list[tuple[Operation, str]]:
    """Return the operations that make something of this stem, each with the words of its step."""
    kind = "voice" if "vocal" in asset.label.lower() else "backing"
    found = ((one, one.takes_stem.get(kind)) for one in operations.OPERATIONS.values())
    return [(one, words) for one, words in found if words]


def _preview(asset: Asset) -> Preview | None:
    return getattr(asset, "preview", None)


def _is_awaited(asset: Asset) -> bool:
    """Return whether the asset's waveform or poster is still to come."""
    preview = _preview(asset)
    # A picture is shown itself until there is a small one.
    return asset.kind != Kind.IMAGE and preview is not None and preview.due_at is not None


def stages(task: Task, operation: Operation) -> list[dict[str, str]]:
    """Return the task's stages with `done`, `now` or `next`, as far as the API tells them."""
    labels = list(operation.stages)
    if task.status == Status.FINISHED:
        reached = len(labels)
    elif task.status == Status.NOT_STARTED:
        # Sent, and nothing more is known: it waits its turn at Vidgo.
        reached = 0
    elif task.status in (Status.PENDING, Status.UNCONFIRMED, Status.CANCELLED):
        reached = -1
    else:
        # The last of them is "Ready", which it is not yet.
        reached = min(1 + _signs(task, operation), len(labels) - 2)
    states = [
        "done" if i < reached else "now" if i == reached else "next" for i in range(len(labels))
    ]
    return [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)]


def _signs(task: Task, operation: Operation) -> int:
    """Return how many of the stages after the first under way have shown themselves."""
    if len(operation.stages) < 4:
        return 0
    return int(any(asset.kind == Kind.AUDIO for asset in task.assets.all()))


def hint(task: Task, tracks: list[Variation]) -> dict[str, str]:
    """Return what helps on, where the task's state alone does not say it: a text and a link."""
    if task.status == Status.FAILED and task.error_code == "409":
        return _instead(task)
    if task.status == Status.PENDING and task.error_code:
        return {"text": _goes_on(task)}
    if task.operation != operations.IMPORT.name:
        return {}
    text = ""
    if task.status == Status.FINISHED and not tracks:
        text = "Vidgo has finished this task, but there is no song in it."
    elif not task.is_final and task.deliveries.exists():
        text = "Vidgo is still making this one. It is asked for until it is ready, then saved here."
    return {"text": text} if text else {}


def _goes_on(task: Task) -> str:
    """Return when a task that could not be sent goes on by itself."""
    if task.error_code == Account.Trouble.KEY:
        return "Nothing has been sent or paid. It goes on as soon as the key is mended."
    if task.error_code == Account.Trouble.CREDITS:
        cost = usual.cost(task.operation)
        why = charges.too_few(account.get().balance, cost)
        return f"{why} Nothing has been sent or paid. It goes on as soon as there are enough."
    if task.due_at is None:
        return "Nothing has been paid. It is being tried again."
    moment = timezone.localtime(task.due_at)
    return f"Nothing has been paid. It is tried again by itself at {moment:%H:%M:%S}."


def _instead(task: Task) -> dict[str, str]:
    """Lead from a refused second result to the first: ours, or one to be brought in."""
    noun = operations.get(task.operation).noun.lower()
    ids = {
        f"input__{name}": task.input[name] for name in ("task_id", "audio_id") if name in task.input
    }
    others = Task.objects.filter(operation=task.operation, **ids).exclude(pk=task.pk)
    there = (
        others.filter(status=Status.FINISHED).first()
        or others.exclude(status__in=Task.WITHOUT_RESULT).first()
    )
    if there:
        where = "It is in the trash." if there.deleted_at else ""
        text = f"The team has this {noun} already. {where}".strip()
        return {"text": text, "label": "Show it", "url": there.get_absolute_url()}
    text = f"Vidgo made this {noun} before, but not here. Its console shows the task_id."
    return {"text": text, "label": "Import it by its task_id", "url": reverse("import")}


def _variations(task: Task) -> list[Variation]:
    """Return the task's songs; their files are among its own, which are loaded already."""
    here: dict[int | None, Asset] = {asset.pk: asset for asset in task.assets.all()}
    found = sorted(task.tracks.all(), key=lambda track: track.order)
    for track in found:
        track.sound, track.image = here.get(track.sound_id), here.get(track.image_id)
    return [Variation(track, track.sound, track.image) for track in found]


def _of(assets: list[Asset], *kinds: str) -> list[Asset]:
    return [asset for asset in assets if asset.kind in kinds]


def settings_of(task: Task) -> list[tuple[str, str]]:
    """Return the settings as the form names them, without the ids and addresses."""
    form = operations.get(task.operation).form
    hidden = set(form.details)
    return [
        (form.label_of(name, task.input), _shown(form.base_fields[name], value))
        for name, value in task.input.items()
        if name in form.base_fields and name not in hidden
    ]


def _shown(field: Field, value: Any) -> str:
    if isinstance(field, BooleanField):
        return "Yes" if value else "No"
    choices = dict(getattr(field, "choices", []))
    return str(choices.get(field.prepare_value(value), value))


def _details(task: Task) -> list[tuple[str, str]]:
    ids = [("task_id", task.vidgo_id or "")]
    source = {k: v for k, v in task.input.items() if k in ("task_id", "audio_id")}
    ids += [(f"source {name}", str(value)) for name, value in source.items()]
    ids += [("audio_id", track.audio_id) for track in task.tracks.all()]
    ids += [("persona_id", asset.value) for asset in _of([*task.assets.all()], Kind.PERSONA)]
    ids += [("model", task.operation)]
    if task.credits_amount is not None:
        ids += [("credits_amount", f"{task.credits_amount.normalize():f}")]
    return [(name, value) for name, value in ids if value]
