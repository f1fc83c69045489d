"""What a body's files become: assets and tracks, each once, however often they are told."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from studio import operations
from studio.models import Asset, Task, Track, Upload
from studio.operations.base import Found, FoundTrack
from studio.storage.files import delete_after_commit
from studio.vidgo.payloads import MAX_RESULTS, Body

# So many results one task can have, in however many bodies they come.
MAX_ASSETS = 1000
# What signs an address, and is another each time that the same file is named.
_SIGNATURES = (
    *("x-amz-", "x-goog-", "x-oss-", "x-cos-", "x-ms-", "q-sign", "q-ak", "q-key"),
    *("signature", "expires", "key-pair-id", "policy", "awsaccesskeyid", "googleaccessid"),
    *("ossaccesskeyid", "security-token", "token", "auth_key"),
)
# Azure's, by their whole names.
_SHORT = {"se", "sig", "ske", "skoid", "sks", "skt", "sktid", "skv", "sp", "spr", "sr", "st", "sv"}


@dataclass(frozen=True)
class Merged:
    """What a body's files have changed: whether anything is new, how many things are gone."""

    is_new: bool
    removed: int = 0
    is_cut: bool = False


def merge(task: Task, body: Body, *, replace: bool, whole: bool = False) -> Merged:
    """Keep what `body` holds.

    `replace`: whether a known thing's URL may be replaced by this body's; a body of an earlier
    stage that comes late only adds. `whole`: whether this is all there is, and what is kept of
    others' words gives way to it, saved or not.
    """
    _recognise(task, body)
    operation = operations.get(task.operation)
    found = {each.key: each for each in operation.read(body.files)}
    tracks = operation.read_tracks(body.files)
    known = {asset.key: asset for asset in task.assets.all()}
    removed = 0
    if whole and found:
        removed = _remove_others(task, known, found, {track.audio_id for track in tracks})
    fresh = [each for key, each in found.items() if key not in known]
    room = max(MAX_ASSETS - len(known), 0)
    Asset.objects.bulk_create([_made(task, each) for each in fresh[:room]])
    if fresh[:room]:
        task.saved_at = None
    changed = (
        [_change(task, asset, found[key], whole) for key, asset in known.items() if key in found]
        if replace
        else []
    )
    changed.append(_keep_tracks(task, tracks))
    is_new = bool(fresh[:room]) or any(changed)
    return Merged(is_new, removed, len(found) >= MAX_RESULTS or len(fresh) > room)


def _recognise(task: Task, body: Body) -> None:
    """Take what was brought in for what its answer says that it is."""
    told = operations.told_by(body) if task.operation == operations.IMPORT.name else None
    if told:
        task.operation, task.title = told.name, f"{told.noun} from Vidgo"
        # What it was asked for with, it does not tell.
        task.input = {}
        # It was paid for elsewhere.
        task.evidence, task.credits_amount = {**task.evidence, "imported": True}, None


def is_saved(task: Task) -> bool:
    """Return whether a finished task's every file is in our own storage."""
    if task.status != Task.Status.FINISHED or not task.assets.exists():
        return False
    return not task.assets.exclude(state=Asset.State.SAVED).exists()


def remove(rows: "QuerySet[Asset] | QuerySet[Upload]") -> int:
    """Delete `rows` with their files and previews. Return how many there were."""
    files: list[FieldFile] = []
    found: list[Asset | Upload] = list(rows.select_related("preview"))
    for row in found:
        files += row.files
        if preview := getattr(row, "preview", None):
            files += preview.files
    delete_after_commit(files)
    rows.delete()
    return len(found)


def is_told_already(task: Task, body: Body) -> bool:
    """Return whether every thing that `body` names is here, under an address of the same file."""
    known = {asset.key: asset for asset in task.assets.all()}
    return all(
        (asset := known.get(found.key)) is not None
        and is_same_file(asset.url, found.url)
        and (asset.value, asset.data) == (found.value, found.data)
        for found in operations.get(task.operation).read(body.files)
    )


def is_same_file(one: str, other: str) -> bool:
    """Return whether two addresses differ in nothing but what signs them."""
    return one == other or _unsigned(one) == _unsigned(other)


def _unsigned(url: str) -> tuple[object, ...]:
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return (url,)
    kept = [
        (name, value)
        for name, value in query
        if not name.lower().startswith(_SIGNATURES) and name.lower() not in _SHORT
    ]
    return (parts.scheme, parts.netloc, parts.path, sorted(kept))


def _remove_others(
    task: Task, known: dict[str, Asset], found: dict[str, Found], audio_ids: set[str]
) -> int:
    """Remove what is not in `found` from the task, and from `known`. Return how much that was."""
    others = known.keys() - found.keys()
    for key in others:
        del known[key]
    gone, _ = task.tracks.exclude(audio_id__in=audio_ids).delete()
    return (remove(task.assets.filter(key__in=others)) if others else 0) + gone


def _made(task: Task, found: Found) -> Asset:
    is_file = bool(found.url)
    return Asset(
        task=task,
        key=found.key,
        kind=found.kind,
        label=found.label,
        order=found.order,
        url=found.url,
        value=found.value,
        data=found.data,
        state=Asset.State.WAITING if is_file else Asset.State.SAVED,
        due_at=timezone.now() if is_file else None,
    )


def _change(task: Task, asset: Asset, found: Found, whole: bool) -> bool:
    """Have a known thing be what is told of it now. Return whether it was something else."""
    if (asset.url, asset.value, asset.data) == (found.url, found.value, found.data):
        return False
    is_here = asset.file and asset.state == Asset.State.SAVED
    is_settled = not whole or is_same_file(asset.url, found.url)
    if task.status == Task.Status.FINISHED and is_here and is_settled:
        # Told to be ready twice: another signature on the address of what we have.
        return False
    is_same_path = asset.url.partition("?")[0] == found.url.partition("?")[0]
    attempts = asset.attempts if is_same_path else 0
    # What another file turned out to be says nothing of this one.
    asset.url, asset.value, asset.kind = found.url, found.value, found.kind
    asset.data = found.data
    if whole:
        asset.label, asset.order = found.label, found.order
    if found.url:
        # Another URL may be another sound: fetched anew, fenced off from a copy under way. The
        # file that is there stays until the new one is.
        asset.state, asset.error, asset.attempts = Asset.State.WAITING, "", attempts
        asset.lease, asset.held_until, asset.due_at = "", None, timezone.now()
        task.saved_at = None
    asset.save()
    return True


def _keep_tracks(task: Task, found: list[FoundTrack]) -> bool:
    """Keep the songs that a body tells of. Return whether anything of them is new."""
    if not found:
        return False
    assets = {asset.key: asset for asset in task.assets.all()}
    known = {track.audio_id: track for track in task.tracks.all()}
    is_new = False
    for each in found:
        track = known.get(each.audio_id)
        if track is None and len(known) >= MAX_ASSETS:
            continue
        told = _told(each, assets)
        if track and all(getattr(track, name) == value for name, value in told.items()):
            continue
        track = track or Track(task=task, audio_id=each.audio_id, title="Untitled")
        for name, value in told.items():
            setattr(track, name, value)
        track.save()
        known[each.audio_id], is_new = track, True
        if "title" not in task.input and each.order == 0:
            task.title = track.title
    return is_new


def _told(found: FoundTrack, assets: dict[str, Asset]) -> dict[str, object]:
    values = {
        "title": found.title,
        "tags": found.tags,
        "prompt": found.prompt,
        "duration": found.duration,
        "order": found.order,
        "sound": assets.get(found.audio_key),
        "image": assets.get(found.image_key),
    }
    # What an earlier stage told is not taken back by a body that leaves it out.
    return {name: value for name, value in values.items() if value not in (None, "")}
