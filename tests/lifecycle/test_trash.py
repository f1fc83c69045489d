"""What is deleted rests in the trash, comes back from it, and goes for good only after a while."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio import lifecycle
from studio.lifecycle import trash
from studio.models import Asset, Event, Spent, Task, Track, Upload
from studio.operations import OPERATIONS
from studio.running import dumps, retention
from studio.team import roles
from tests.media.test_uploads import add
from tests.sounds import tone

Make = Callable[..., Task]
LONG = timedelta(days=15)


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def song(make: Make) -> Task:
    """A finished song with its file."""
    task = make(
        "finished", operation="generate-music", title="Open Road", vidgo_id="s-1", credits_amount=5
    )
    asset = Asset(task=task, key="a", kind="audio", label="Track", state="saved", size=4)
    asset.file.save("", ContentFile(b"song"))
    task.tracks.create(audio_id="a1", title="Open Road", tags="folk", sound=asset)
    return task


@pytest.fixture
def upload(db: None) -> Upload:
    """A recording with its file."""
    kept = Upload(name="a", title="rehearsal-07", content_type="audio/wav", size=4, duration=1)
    kept.sha256 = "1"
    kept.file.save("", ContentFile(b"RIFF"))
    return kept


@pytest.fixture
def chief(db: None) -> Client:
    """An administrator's browser."""
    user = User.objects.create_user("chief")
    roles.give(user, roles.Role.ADMINISTRATOR)
    browser = Client()
    browser.force_login(user)
    return browser


def delete(client: Client, task: Task) -> Any:
    return client.post("/tasks/delete/", {"task": task.pk, "sure": "yes"})


def let_pass(time: timedelta) -> None:
    """Let `time` pass for all that lies in the trash."""
    for model in (Task, Upload):
        model._default_manager.update(deleted_at=F("deleted_at") - time)


def test_what_is_in_the_trash_is_nowhere_else(
    signed_in: Client, song: Task, make: Make, upload: Upload
) -> None:
    track = song.tracks.get()
    cover = make(
        "finished", operation="generate-music-cover", source_track=track, title="Its cover"
    )
    persona = make("finished", operation="generate-persona", input={"name": "Nadia"})
    persona.assets.create(key="p", kind="persona", label="Nadia", value="p-1", state="saved")
    places = (
        *("/", "/songs/", "/recordings/", "/tasks/", "/personas/", "/?q=road", "/tasks/?q=road"),
        *("/new/create-music-video/", "/new/upload-and-separate-vocals/", "/new/generate-music/"),
        f"/songs/{track.pk}/",
    )
    before = {path: signed_in.get(path).text for path in places}
    for name in ("Open Road", "rehearsal-07", "Nadia", "Its cover"):
        assert any(name in text for text in before.values())

    for task in (cover, persona, song):
        delete(signed_in, task)
    signed_in.post(f"/recordings/{upload.pk}/delete/", {"sure": "yes"})
    signed_in.get("/")

    for path in places[:-1]:
        text = signed_in.get(path).text
        for name in ("Open Road", "rehearsal-07", "Nadia", "Its cover"):
            assert name not in text, path
    assert "Its cover" not in signed_in.get(places[-1]).text
    assert signed_in.post("/tasks/files.zip", {"task": song.pk}).status_code == 404
    assert f'href="/tasks/{cover.pk}/"' not in signed_in.get(f"/songs/{track.pk}/").text
    there = signed_in.get("/trash/").text
    for name in ("Open Road", "rehearsal-07", "Its cover"):
        assert f"<bdi>{name}</bdi>" in there


def test_the_page_of_what_is_in_the_trash_says_so_and_offers_to_restore_it(
    signed_in: Client, song: Task
) -> None:
    track = song.tracks.get()
    delete(signed_in, song)

    last = timezone.localtime() + timedelta(days=14)
    for path in (f"/tasks/{song.pk}/", f"/songs/{track.pk}/"):
        page = signed_in.get(path).text
        assert "In the trash since" in page
        assert f"It goes for good on {last.day} {last:%B}." in page
        assert f'action="/tasks/{song.pk}/restore/"' in page
        assert "/new/create-music-video/?track=" not in page
    asset = song.assets.get()
    assert signed_in.get(asset.get_absolute_url()).status_code == 200


def test_it_comes_back_as_it_was(signed_in: Client, song: Task, ann: User) -> None:
    delete(signed_in, song)

    answer = signed_in.post(f"/tasks/{song.pk}/restore/")

    assert answer["Location"] == f"/tasks/{song.pk}/"
    assert "Open Road" in signed_in.get("/").text
    assert "In the trash" not in signed_in.get(f"/tasks/{song.pk}/").text
    assert "Open Road" not in signed_in.get("/trash/").text
    told = song.events.filter(actor=ann).values_list("text", flat=True)
    assert list(told) == ["Put into the trash", "Restored from the trash"]
    # Pressed twice it is the same.
    signed_in.post(f"/tasks/{song.pk}/restore/")
    assert song.events.filter(actor=ann).count() == 2


def test_what_was_made_from_it_is_drawn_anew(signed_in: Client, song: Task, make: Make) -> None:
    made = make("finished", source_track=song.tracks.get())

    def when() -> Any:
        made.refresh_from_db()
        return made.updated_at

    moments = [when()]
    delete(signed_in, song)
    moments.append(when())
    signed_in.post(f"/tasks/{song.pk}/restore/")
    moments.append(when())
    assert len({*moments}) == 3


def test_a_recording_goes_and_comes_back(signed_in: Client, upload: Upload, ann: User) -> None:
    question = signed_in.get(f"/recordings/{upload.pk}/delete/").text
    assert "can be restored for 14 days" in question

    signed_in.post(f"/recordings/{upload.pk}/delete/", {"sure": "yes"})
    assert "In the trash: “rehearsal-07”" in signed_in.get("/recordings/").text
    assert "rehearsal-07" not in signed_in.get("/recordings/").text
    assert "In the trash since" in signed_in.get(f"/recordings/{upload.pk}/").text

    for _ in range(2):
        signed_in.post(f"/recordings/{upload.pk}/restore/")
    assert "rehearsal-07" in signed_in.get("/recordings/").text
    # Pressed twice it is the same.
    told = Event.objects.filter(actor=ann).values_list("text", flat=True)
    name = "recording “rehearsal-07”"
    assert [*told] == [f"Put into the trash: {name}", f"Restored from the trash: {name}"]


def test_without_a_yes_nothing_is_deleted(signed_in: Client, upload: Upload, song: Task) -> None:
    signed_in.post(f"/recordings/{upload.pk}/delete/")
    signed_in.post("/tasks/delete/", {"task": song.pk})

    assert (Task.kept.count(), Upload.kept.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_when_its_time_is_over_it_goes_with_its_files(
    song: Task, upload: Upload, ann: User
) -> None:
    names = [str(song.assets.get().file.name), str(upload.file.name)]
    lifecycle.delete(song.pk, ann)
    trash.delete_recording(upload.pk, ann)
    let_pass(LONG - timedelta(days=2))
    assert retention.remove() == []
    assert [one.what for one in retention.going()] == ["Trash: results", "Trash: recordings"]
    assert all(default_storage.exists(name) for name in names)

    let_pass(timedelta(days=2))
    # Rules that are fresh are another matter.
    retention.announce()
    gone = retention.remove()

    assert [(one.what, one.size) for one in gone] == [
        ("Trash: results", 4),
        ("Trash: recordings", 4),
    ]
    assert not any(default_storage.exists(name) for name in names)
    assert not Task.objects.exists()
    assert not Upload.objects.exists()
    assert Spent.objects.get().credits_amount == 5
    assert Event.objects.filter(text__startswith="Deleted for good").count() == 2


def test_the_time_is_a_setting(settings: Settings, song: Task, ann: User) -> None:
    settings.STUDIO_TRASH_DAYS = 30
    lifecycle.delete(song.pk, ann)
    let_pass(LONG)

    retention.remove()

    assert Task.objects.filter(pk=song.pk).exists()


def test_what_something_is_being_made_from_does_not_go_yet(
    song: Task, upload: Upload, make_task: Any, ann: User
) -> None:
    lifecycle.delete(song.pk, ann)
    trash.delete_recording(upload.pk, ann)
    Task.objects.filter(pk=make_task().pk).update(source_track=song.tracks.get())
    Task.objects.filter(pk=make_task().pk).update(source_upload=upload)
    let_pass(LONG)

    retention.remove()

    for purge, pk in ((trash.purge, song.pk), (trash.purge_recording, upload.pk)):
        with pytest.raises(lifecycle.NotPossibleError, match=trash.IN_USE):
            purge(pk)
    assert Task.objects.filter(pk=song.pk).exists()
    assert Upload.objects.filter(pk=upload.pk).exists()


def test_what_is_not_in_the_trash_is_not_deleted_for_good(song: Task, upload: Upload) -> None:
    """It was restored while the trash was being emptied."""
    for purge, pk in ((trash.purge, song.pk), (trash.purge_recording, upload.pk)):
        with pytest.raises(lifecycle.NotPossibleError, match="not in the trash any more"):
            purge(pk)


@pytest.mark.django_db(transaction=True)
def test_an_administrator_empties_it(
    chief: Client, song: Task, upload: Upload, make: Make, ann: User
) -> None:
    kept = make("finished", title="Kept")
    lifecycle.delete(song.pk, ann)
    trash.delete_recording(upload.pk, ann)
    assert "2 things (8" in chief.get("/trash/empty/").text
    chief.post("/trash/empty/")
    assert Task.objects.count() == 2

    chief.post("/trash/empty/", {"sure": "yes"})

    assert list(Task.objects.all()) == [kept]
    assert not Upload.objects.exists()
    assert "The trash is empty" in chief.get("/trash/").text
    gone = Event.objects.filter(text__startswith="Deleted for good", actor__username="chief")
    assert gone.count() == 2


def test_a_member_does_not_and_a_viewer_only_looks(
    signed_in: Client, client: Client, song: Task, ann: User
) -> None:
    lifecycle.delete(song.pk, ann)
    assert "/trash/empty/" not in signed_in.get("/trash/").text
    assert signed_in.post("/trash/empty/", {"sure": "yes"}).status_code == 403

    viewer = Client()
    viewer.force_login(User.objects.create_user("vera"))
    assert "Open Road" in viewer.get("/trash/").text
    assert "/restore/" not in viewer.get("/trash/").text
    assert viewer.post(f"/tasks/{song.pk}/restore/").status_code == 403
    assert Task.objects.get(pk=song.pk).deleted_at


def test_a_song_that_is_imported_again_is_restored(
    signed_in: Client, song: Task, ann: User
) -> None:
    lifecycle.delete(song.pk, ann)

    signed_in.post("/songs/import/", {"task_id": "s-1"})

    assert Task.kept.get() == song


def test_a_file_that_is_sent_again_is_restored(
    signed_in: Client, tmp_path: Path, ann: User
) -> None:
    file = tone(tmp_path / "rehearsal.mp3")
    add(signed_in, file)
    (upload,) = Upload.objects.all()
    trash.delete_recording(upload.pk, ann)

    assert add(signed_in, file).status_code == 201

    assert Upload.kept.get() == upload


def test_what_is_made_once_is_still_made_and_the_way_leads_to_it(
    signed_in: Client, song: Task, make: Make, ann: User
) -> None:
    track = song.tracks.get()
    given = {"task_id": "s-1", "audio_id": "a1"}
    video = make(
        "finished",
        operation="create-music-video",
        source_track=track,
        input=given,
        once_key=OPERATIONS["create-music-video"].once_key(given),
    )
    lifecycle.delete(video.pk, ann)

    page = signed_in.get("/new/create-music-video/").text
    assert "It has been made, and lies in the trash." in page
    assert f'href="/tasks/{video.pk}/"' in page
    answer = signed_in.post("/new/create-music-video/", {"track": track.pk})
    assert answer["Location"] == f"/tasks/{video.pk}/"
    assert Task.objects.filter(operation="create-music-video").count() == 1


def test_what_comes_after_it_was_thrown_away_is_kept_and_brings_it_back(make: Make) -> None:
    task = make("failed", operation="generate-music", vidgo_id="s-2", sent_at=timezone.now())
    lifecycle.delete(task.pk, None)
    file = {"audio_id": "a9", "title": "Late", "audio_url": "https://cdn.example.com/a.mp3"}
    body = {"task_id": "s-2", "status": "finished", "files": [file]}

    lifecycle.receive(task.pk, json.dumps(body), "callback")

    task.refresh_from_db()
    assert (task.status, task.deleted_at) == ("finished", None)
    assert Track.kept.get().title == "Late"


def test_a_backup_holds_what_is_in_the_trash(song: Task, ann: User, tmp_path: Path) -> None:
    name = str(song.assets.get().file.name)
    lifecycle.delete(song.pk, ann)

    assert name in dumps.spoken_of()
