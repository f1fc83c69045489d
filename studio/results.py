"""What a body's files become: assets and tracks, each once, however often they are told."""

from django.utils import timezone

from studio import operations
from studio.models import Asset, Task, Track
from studio.operations.base import Found, FoundTrack
from studio.vidgo.payloads import Body


def merge(task: Task, body: Body, *, replace: bool) -> bool:
    """Keep what `body` holds. Gives whether anything is new.

    `replace`: whether a known thing's URL may be replaced by this body's; a body of an earlier
    stage that comes late only adds.
    """
    operation = operations.get(task.model)
    changed = [_keep(task, found, replace) for found in operation.read(body.files)]
    changed += [_keep_track(task, found) for found in operation.read_tracks(body.files)]
    return any(changed)


def is_saved(task: Task) -> bool:
    """Say whether a finished task's every file is in our own storage."""
    if task.status != Task.Status.FINISHED or not task.assets.exists():
        return False
    return not task.assets.exclude(state=Asset.State.SAVED).exists()


def _keep(task: Task, found: Found, replace: bool) -> bool:
    asset = Asset.objects.filter(task=task, key=found.key).first()
    if asset is None:
        is_file = bool(found.url)
        Asset.objects.create(
            task=task,
            key=found.key,
            kind=found.kind,
            label=found.label,
            order=found.order,
            url=found.url,
            value=found.value,
            state=Asset.State.WAITING if is_file else Asset.State.SAVED,
            due_at=timezone.now() if is_file else None,
        )
        task.saved_at = None
        return True
    if not replace or (asset.url, asset.value) == (found.url, found.value):
        return False
    if task.status == Task.Status.FINISHED and asset.file and asset.state == Asset.State.SAVED:
        # Told to be ready twice: another signature on the address of what we have.
        return False
    is_same_file = asset.url.partition("?")[0] == found.url.partition("?")[0]
    attempts = asset.attempts if is_same_file else 0
    asset.url, asset.value = found.url, found.value
    if found.url:
        # Another URL may be another sound: fetched anew, fenced off from a copy under way. The
        # file that is there stays until the new one is.
        asset.state, asset.error, asset.attempts = Asset.State.WAITING, "", attempts
        asset.lease, asset.held_until, asset.due_at = "", None, timezone.now()
        task.saved_at = None
    asset.save()
    return True


def _keep_track(task: Task, found: FoundTrack) -> bool:
    assets = {
        asset.key: asset
        for asset in Asset.objects.filter(task=task, key__in=[found.audio_key, found.image_key])
    }
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
    told = {name: value for name, value in values.items() if value not in (None, "")}
    known = Track.objects.filter(task=task, audio_id=found.audio_id).first()
    if known and all(getattr(known, name) == value for name, value in told.items()):
        return False
    Track.objects.update_or_create(task=task, audio_id=found.audio_id, defaults=told)
    if task.model == operations.IMPORT.model and found.order == 0:
        task.title = found.title
    return True
