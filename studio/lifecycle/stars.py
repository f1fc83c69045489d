"""The star: of a song's variations the one that the band keeps."""

from django.db import transaction

from studio.lifecycle.changes import User, lock, note
from studio.models import Track


def star(track: Track, is_on: bool, user: User) -> None:
    """Put the star on `track`, which its task's other songs lose then, or take it away."""
    with transaction.atomic():
        lock(track.task_id)
        songs = Track.objects.filter(task=track.task_id)
        if songs.filter(pk=track.pk, is_starred=is_on).exists():
            return
        songs.filter(is_starred=True).update(is_starred=False)
        songs.filter(pk=track.pk).update(is_starred=is_on)
        text = "Starred" if is_on else "No longer starred"
        note(track.task_id, f"{text}: version {track.order + 1}", user)
