"""The addresses at which Vidgo reaches a task without a login: its callback, its sound.

Both are secrets of one task. The sound's ends by itself: it is served only while its task still
waits for a result, and is made when the task is sent, not when the form is.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse

from studio import operations
from studio.models import Asset, Task, Upload
from studio.operations.forms import SoundForm
from studio.storage.names import extension

# A name that leads nowhere, ever (RFC 2606): results come by asking then.
NOWHERE = "https://no-callback.invalid/"
# Seconds for which a signed address of a store is good: a task may wait long for Vidgo.
SIGNED_FOR = 24 * 60 * 60


def callback_url(task: Task) -> str:
    """Return the address at which the API calls back for `task`, and for no other."""
    if not settings.STUDIO_PUBLIC_URL:
        return NOWHERE
    return settings.STUDIO_PUBLIC_URL + reverse("callback", args=[task.callback_token])


def wire_input(task: Task) -> dict[str, Any]:
    """Return `task`'s input as it is sent: with the public address of its sound if that is ours."""
    form, sound = operations.get(task.operation).form, sound_of(task)
    if sound is None or not issubclass(form, SoundForm):
        return task.input
    return {**task.input, form.url_field: _public_url(task, sound)}


def sound_of(task: Task) -> Upload | Asset | None:
    """Return the row of our own whose file `task` has Vidgo fetch, None if it fetches none."""
    if not operations.get(task.operation).takes_sound:
        return None
    if task.source_stem or task.source_upload:
        return task.source_stem or task.source_upload
    return task.source_track.sound if task.source_track else None


def find(token: str, name: str) -> Upload | Asset | None:
    """Return the row behind a public address. None if it was guessed or is no longer valid."""
    task = Task.objects.filter(sound_token=token).first()
    sound = sound_of(task) if task and not task.is_final else None
    return sound if sound and sound.file and name == _name(sound) else None


def _public_url(task: Task, sound: Upload | Asset) -> str:
    if not settings.STUDIO_PUBLIC_URL and settings.S3_BUCKET:
        store: Any = sound.file.storage
        return str(store.url(sound.file.name, expire=SIGNED_FOR))
    # Ours wherever the file lies: what a storage service has signed outlives the task.
    return settings.STUDIO_PUBLIC_URL + reverse("public", args=[task.sound_token, _name(sound)])


def _name(sound: Upload | Asset) -> str:
    """Return the last part of the address: Vidgo learns the type from the extension."""
    return "sound" + extension(sound.content_type)
