"""The history says who did what, and a wish that cannot be granted says why."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from studio.lifecycle.changes import NOT_NOW
from studio.models import Event, Task

Make = Callable[..., Task]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("cancel", "pending"),
        ("ask", "running"),
        ("give-up", "unconfirmed"),
        ("send-again", "unconfirmed"),
        ("save-again", "finished"),
        ("delete", "finished"),
    ],
)
def test_the_history_names_the_person(
    path: str, status: str, make: Make, ann: User, signed_in: Client
) -> None:
    taken = status not in ("pending", "unconfirmed")
    task = make(status, vidgo_id="task-1" if taken else None, attempts=1)
    if status == "unconfirmed":
        Task.objects.update(sent_at=timezone.now())
    if path == "save-again":
        task.assets.create(key="drums", kind="stem", label="Drums", state="failed", url="https://a")
    if path == "delete":
        signed_in.post("/tasks/delete/", {"task": task.pk, "sure": "1"})
    else:
        signed_in.post(f"/tasks/{task.pk}/{path}/", {"sure": "1"})

    news = Event.objects.order_by("-pk")[0]

    assert news.text != "Made"
    assert news.actor == ann


def test_a_task_without_an_id_cannot_be_asked_for_and_says_so(
    make: Make, signed_in: Client
) -> None:
    task = make("unconfirmed")

    page = signed_in.post(f"/tasks/{task.pk}/ask/", follow=True).content.decode()

    assert "has not given this task an id yet" in page


def test_a_second_try_has_the_song_and_the_settings_of_the_first(
    make: Make, song: Task, signed_in: Client
) -> None:
    given = {"task_id": "song-1", "audio_id": "audio-1"}
    source = song.tracks.get()
    first = make("failed", operation="create-music-video", input=given, source_track=source)

    signed_in.post(f"/tasks/{first.pk}/again/", {"sure": "1"})

    second = Task.objects.order_by("-pk")[0]
    assert (second.again_of, second.source_track, second.input) == (first, source, given)


def test_what_has_gone_on_is_not_sent_again_and_the_page_says_so(
    make: Make, signed_in: Client
) -> None:
    task = make("running", vidgo_id="task-1")

    page = signed_in.post(f"/tasks/{task.pk}/send-again/", {"sure": "1"}, follow=True)

    assert NOT_NOW in page.content.decode()
    assert Task.objects.count() == 1
