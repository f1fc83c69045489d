"""A task's page asks the database few questions, whatever the task has."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from studio.models import Asset, Event, Preview, Task, Upload

MOST = 10


def _file(task: Task, key: str, kind: str) -> Asset:
    asset: Asset = task.assets.create(key=key, kind=kind, label=key, state="saved", file=key)
    preview = Preview(asset=asset)
    if kind == "stem":
        preview.samples.save("samples", ContentFile(b"samples"), save=False)
    preview.save()
    return asset


def _give(task: Task) -> None:
    """Have a task made a video, a persona, two songs and six stems."""
    for name in ("vocals", "drums", "bass", "guitar", "piano", "other"):
        _file(task, name, "stem")
    _file(task, "video", "video")
    task.assets.create(key="persona", kind="persona", label="Persona", state="saved", value="p")
    for number in range(2):
        sound, image = _file(task, f"{number}.a", "audio"), _file(task, f"{number}.i", "image")
        given: Any = {"title": "Harbour Lights", "order": number, "sound": sound, "image": image}
        task.tracks.create(audio_id=f"audio-{number}", **given)


@pytest.mark.parametrize(
    "operation",
    [
        "create-music-video",
        "generate-music-cover",
        "generate-persona",
        "add-instrumental",
        "upload-and-separate-vocals",
    ],
)
def test_a_tasks_page_takes_few_queries(
    operation: str,
    song: Task,
    make: Callable[..., Task],
    ann: User,
    signed_in: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    task = make("finished", operation=operation, created_by=ann, input={"task_id": "song-1"})
    if operation == "add-instrumental":
        upload = Upload(name="a", title="a", content_type="audio/wav", size=4, duration=1)
        upload.file.save("a.wav", ContentFile(b"RIFF"))
        # As after the first look, which has them made.
        Preview.objects.create(upload=upload, samples="a.flac", frames=1)
        task.source_upload = upload
    else:
        task.source_track = song.tracks.get()
    task.save()
    _give(task)
    for number in range(5):
        Event.objects.create(task=task, text=f"Line {number}", actor=ann)
    with django_assert_max_num_queries(MOST):
        assert "Line 4" in signed_in.get(f"/tasks/{task.pk}/").content.decode()


def test_the_page_of_a_song_takes_few_queries(
    song: Task, signed_in: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(MOST):
        assert "Make a music video" in signed_in.get(f"/tasks/{song.pk}/").content.decode()
