"""Several tasks at once, and one press to try again: take home, once more, away."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from studio.lifecycle import trash
from studio.media import analysis
from studio.models import Asset, Event, Preview, Task, Track

Make = Callable[..., Task]


@pytest.fixture
def ended(make_task: Make) -> Make:
    """Return a call that makes a task that is over, with as many saved files as wished."""

    def make(status: str = "finished", title: str = "Relaxing Piano", files: int = 0) -> Task:
        task = make_task()
        Task.objects.filter(pk=task.pk).update(
            status=status, title=title, due_at=None, once_key=None
        )
        for number in range(files):
            asset = Asset(task=task, key=str(number), kind="audio", label=f"Take {number}")
            asset.state, asset.content_type, asset.size = "saved", "audio/mpeg", 3
            asset.save()
            asset.file.save("x", ContentFile(f"{number:03}".encode()))
        task.refresh_from_db()
        return task

    return make


def post(client: Client, path: str, *tasks: Task, **more: str) -> Any:
    return client.post(f"/tasks/{path}", {"task": [task.pk for task in tasks], **more})


def test_a_failed_task_is_one_press_from_being_tried_again(signed_in: Client, ended: Make) -> None:
    task = ended("failed")
    assert f"/tasks/{task.pk}/again/" in signed_in.get(f"/tasks/{task.pk}/").content.decode()

    answers = [signed_in.post(f"/tasks/{task.pk}/again/") for _ in range(2)]

    again = Task.objects.exclude(pk=task.pk).get()
    assert (again.operation, again.input, again.again_of) == (task.operation, task.input, task)
    assert again.status == "pending"
    assert [answer["Location"] for answer in answers] == [f"/tasks/{again.pk}/"] * 2


def test_only_what_came_to_nothing_is_tried_again(signed_in: Client, ended: Make) -> None:
    tasks = [ended("failed"), ended("cancelled"), ended("finished")]

    answer = post(signed_in, "again/", *tasks)

    assert answer.status_code == 302
    again = Task.objects.exclude(pk__in=[task.pk for task in tasks])
    assert {task.again_of_id for task in again} == {tasks[0].pk, tasks[1].pk}


def test_deleting_asks_first_and_says_what_remains(signed_in: Client, ended: Make) -> None:
    task = ended(files=1)

    page = post(signed_in, "delete/", task).content.decode()

    assert "Delete “<bdi>Relaxing Piano</bdi>”?" in page
    assert "can be restored for 14 days" in page
    assert "Vidgo keeps what it has" in page
    assert Task.objects.filter(pk=task.pk).exists()


def test_the_question_names_what_goes_and_what_stays(signed_in: Client, ended: Make) -> None:
    going = [ended(title="One"), ended("failed", title="")]
    song = Track.objects.create(task=going[0], audio_id="a", title="Its song")
    staying = ended("running", title="Two")
    Task.objects.filter(pk=going[1].pk).update(operation="generate-music-cover", source_track=song)

    page = post(signed_in, "delete/", *going, staying).text

    for name in ("video – <bdi>One", "Cover – <bdi>Its song", "video – <bdi>Two"):
        assert f"{name}</bdi>" in page
    assert "Ready, " in page
    assert "ann" in page


@pytest.mark.django_db(transaction=True)
def test_what_is_deleted_rests_and_then_goes_with_files_songs_and_samples(
    signed_in: Client, ended: Make
) -> None:
    gone, kept = ended(files=2), ended(files=1)
    asset = gone.assets.first()
    assert asset
    Track.objects.create(task=gone, audio_id="a", title="Song", sound=asset)
    analysis.expect(asset)
    preview = Preview.objects.get(asset=asset)
    preview.samples.save("x", ContentFile(b"samples"))
    names = [one.file.name for one in gone.assets.all()] + [preview.samples.name]
    before = signed_in.get("/")["ETag"]

    answer = post(signed_in, "delete/", gone, sure="yes")

    assert answer["Location"] == "/tasks/"
    assert all(default_storage.exists(str(name)) for name in names)
    assert "Relaxing Piano" in signed_in.get("/trash/").text
    # Open pages are told.
    assert signed_in.get("/")["ETag"] != before
    trash.purge(gone.pk, User.objects.get(username="ann"))
    assert not any(default_storage.exists(str(name)) for name in names)
    assert default_storage.exists(str(kept.assets.get().file.name))
    assert list(Task.objects.all()) == [kept]
    assert not Track.objects.exists()
    event = Event.objects.get(task=None, text__startswith="Deleted for good")
    assert event.actor
    assert event.actor.username == "ann"
    assert "Relaxing Piano" in event.text


@pytest.mark.parametrize("status", ["pending", "not_started", "running", "unconfirmed"])
def test_what_is_being_made_is_not_deleted(signed_in: Client, ended: Make, status: str) -> None:
    task = ended(status)

    post(signed_in, "delete/", task, sure="yes")

    assert "It is still being made" in signed_in.get("/").text
    assert Task.objects.filter(pk=task.pk).exists()


def test_what_something_else_is_being_made_from_is_not_deleted(
    signed_in: Client, ended: Make, make_task: Make
) -> None:
    task = ended()
    track = Track.objects.create(task=task, audio_id="a", title="Song")
    Task.objects.filter(pk=make_task().pk).update(source_track=track)

    post(signed_in, "delete/", task, sure="yes")

    assert Task.objects.filter(pk=task.pk).exists()


def test_several_tasks_come_as_one_zip_each_in_its_folder(signed_in: Client, ended: Make) -> None:
    answer = post(signed_in, "files.zip", ended(files=2), ended(files=1), ended("failed"))

    whole = b"".join(answer.streaming_content)
    assert len(whole) == int(answer["Content-Length"])
    bundle = zipfile.ZipFile(io.BytesIO(whole))
    assert bundle.testzip() is None
    assert sorted(bundle.namelist()) == [
        "Relaxing Piano (2)/Relaxing Piano - take 0.mp3",
        "Relaxing Piano (2)/Relaxing Piano - take 1.mp3",
        "Relaxing Piano/Relaxing Piano - take 0.mp3",
    ]


def test_a_viewer_takes_home_but_deletes_nothing(client: Client, ended: Make) -> None:
    client.force_login(User.objects.create_user("vera"))
    task = ended(files=1)

    assert post(client, "files.zip", task).status_code == 200
    assert client.get(f"/tasks/delete/?task={task.pk}").status_code == 403
    assert post(client, "delete/", task, sure="yes").status_code == 403
    assert post(client, "again/", task).status_code == 403
    assert Task.objects.filter(pk=task.pk).exists()


@pytest.mark.once
@pytest.mark.parametrize("path", ["files.zip", "again/", "delete/"])
@pytest.mark.parametrize("task", ["", "x", "0", "9" * 30])
def test_nothing_chosen_is_not_found(signed_in: Client, path: str, task: str) -> None:
    assert signed_in.post(f"/tasks/{path}", {"task": task}).status_code == 404
