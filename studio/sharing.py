"""The addresses at which Vidgo reaches a task without a login: its callback, its sound.

Both are secrets of one task. The sound's ends by itself: it is served only while its task still
waits for a result, and is made when the task is sent, not when the form is.
"""

from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.urls import reverse

from studio import operations
from studio.models import Asset, Task, Upload
from studio.names import extension
from studio.operations.forms import SoundForm


def callback_url(task: Task) -> str:
    """Give the address at which the API calls back for `task`, and for no other."""
    return settings.STUDIO_PUBLIC_URL + reverse("callback", args=[task.callback_token])


def wire_input(task: Task) -> dict[str, Any]:
    """Give `task`'s input as it is sent: with the public address of its sound if that is ours."""
    form, sound = operations.get(task.model).form, sound_of(task)
    if sound is None or not issubclass(form, SoundForm):
        return task.input
    return {**task.input, form.url_field: _public_url(task, sound)}


def sound_of(task: Task) -> Upload | Asset | None:
    """Give the row of our own whose file `task` has Vidgo fetch, None if it fetches none."""
    if not operations.get(task.model).takes_sound:
        return None
    return task.source_upload or (task.source_track.sound if task.source_track else None)


def find(token: str, name: str) -> Upload | Asset | None:
    """Give what stands at a public address, None for a guessed one and one that has ended."""
    task = Task.objects.filter(sound_token=token).first()
    sound = sound_of(task) if task and not task.is_final else None
    return sound if sound and sound.file and name == _name(sound) else None


def _public_url(task: Task, sound: Upload | Asset) -> str:
    if not isinstance(sound.file.storage, FileSystemStorage):
        # Storage that is a service of its own gives Vidgo an address that it has signed.
        return str(sound.file.url)
    return settings.STUDIO_PUBLIC_URL + reverse("public", args=[task.sound_token, _name(sound)])


def _name(sound: Upload | Asset) -> str:
    """Give the last part of the address: Vidgo learns the type from the extension."""
    return "sound" + extension(sound.content_type)
