"""The history says who did what, and a wish that cannot be granted says why."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio.lifecycle.changes import NOT_NOW
from studio.lifecycle.trash import IN_USE
from studio.models import Event, Task, Upload

STEMS = "upload-and-separate-vocals"
NOW = timezone.now()

Make = Callable[..., Task]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("cancel", "pending"),
        ("ask", "running"),
        ("give-up", "unconfirmed"),
        ("adopt", "unconfirmed"),
        ("send-again", "unconfirmed"),
        ("again", "failed"),
        ("save-again", "finished"),
        ("delete", "finished"),
    ],
)
def test_the_history_names_the_person(
    path: str, status: str, make: Make, ann: User, signed_in: Client
) -> None:
    taken = status not in ("pending", "unconfirmed")
    given = {"audio_url": "https://example.com/a.mp3"}
    task = make(status, vidgo_id="task-1" if taken else None, attempts=1, input=given)
    if status == "unconfirmed":
        Task.objects.update(sent_at=timezone.now())
    if path == "save-again":
        task.assets.create(key="drums", kind="stem", label="Drums", state="failed", url="https://a")
    if path == "delete":
        signed_in.post("/tasks/delete/", {"task": task.pk, "sure": "1"})
    else:
        signed_in.post(f"/tasks/{task.pk}/{path}/", {"sure": "1", "task_id": "t-2"})

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


def test_what_is_taken_back_has_no_error(make: Make, signed_in: Client) -> None:
    task = make("pending", error="Vidgo was away.", error_code="away")

    signed_in.post(f"/tasks/{task.pk}/cancel/")

    task.refresh_from_db()
    assert (task.status, task.error, task.error_code) == ("cancelled", "", "")


def test_what_is_sent_again_is_given_up_itself_and_its_page_says_why(
    make: Make, signed_in: Client
) -> None:
    task = make("unconfirmed", sent_at=timezone.now())

    signed_in.post(f"/tasks/{task.pk}/send-again/", {"sure": "1"})

    task.refresh_from_db()
    assert (task.status, task.error_code) == ("failed", "given_up")
    assert "Sent again, as another task." in signed_in.get(f"/tasks/{task.pk}/").text


SOUND = {"audio_url": "https://example.com/a.mp3"}
# What came to nothing here, and whether Vidgo may have made it, or makes it still.
CAME_TO_NOTHING = [
    ({"status": "failed", "error_code": "422"}, False),
    ({"status": "failed", "error_code": "vidgo", "vidgo_id": "t", "confirmed_at": NOW}, False),
    ({"status": "cancelled"}, False),
    ({"status": "failed", "error_code": "given_up"}, True),
    ({"status": "failed", "error_code": "lost", "vidgo_id": "t"}, True),
    ({"status": "failed", "error_code": "404", "vidgo_id": "t"}, True),
    # Only a callback, which anybody can send, has said so.
    ({"status": "failed", "error_code": "vidgo", "vidgo_id": "t"}, True),
    # Taken back, and then a callback told that it was taken after all.
    ({"status": "cancelled", "vidgo_id": "t"}, True),
]


@pytest.mark.parametrize("is_one_of_many", [False, True])
@pytest.mark.parametrize(("state", "is_asked"), CAME_TO_NOTHING)
def test_what_vidgo_may_have_made_is_not_tried_again_without_a_word(
    make: Make, signed_in: Client, state: dict[str, Any], is_asked: bool, is_one_of_many: bool
) -> None:
    task = make(**state, input=SOUND, title="Harbour")
    path, chosen = f"/tasks/{task.pk}/again/", {}
    if is_one_of_many:
        path, chosen = "/tasks/again/", {"task": [task.pk]}

    page = signed_in.post(path, chosen, follow=True).text
    assert ("it may be made and paid for twice" in page) is is_asked
    assert Task.objects.count() == (1 if is_asked else 2)

    signed_in.post(path, {**chosen, "sure": "1"})
    assert Task.objects.count() == 2


@pytest.mark.parametrize(("state", "is_asked"), CAME_TO_NOTHING)
def test_nor_is_just_the_same_made_by_a_form(
    make: Make, signed_in: Client, state: dict[str, Any], is_asked: bool
) -> None:
    make(**state, input=SOUND)
    path = f"/new/{STEMS}/"

    page = signed_in.post(path, SOUND, follow=True).text
    assert ("it may be made and paid for twice" in page) is is_asked
    assert Task.objects.count() == (1 if is_asked else 2)
    signed_in.post(path, {**SOUND, "title": "Another"})
    assert Task.objects.count() == (2 if is_asked else 3)


def test_where_somebody_has_said_yes_it_is_not_asked_again(make: Make, signed_in: Client) -> None:
    task = make("failed", error_code="given_up", input=SOUND)
    signed_in.post(f"/tasks/{task.pk}/again/", {"sure": "1"})

    signed_in.post(f"/new/{STEMS}/", SOUND)

    assert Task.objects.count() == 3


def test_where_the_balance_speaks_against_it_no_word_is_needed(
    make: Make, signed_in: Client
) -> None:
    before, after = "2026-01-01T12:00:00+00:00", "2026-01-01T13:00:00+00:00"
    told = {"before": "100", "before_at": before, "after": "100", "after_at": after}
    settled, sent = {**told, "usual": 60.0}, datetime.fromisoformat(before)
    task = make("unconfirmed", sent_at=sent, evidence=settled, input=SOUND)
    signed_in.post(f"/tasks/{task.pk}/give-up/")

    signed_in.post(f"/tasks/{task.pk}/again/")

    assert Task.objects.count() == 2


@pytest.mark.parametrize("path", ["/tasks/again/", "/tasks/{}/again/"])
def test_what_was_sent_again_is_not_tried_again_as_well(
    path: str, make: Make, signed_in: Client
) -> None:
    task = make("unconfirmed", sent_at=NOW, input=SOUND)
    signed_in.post(f"/tasks/{task.pk}/send-again/", {"sure": "1"})

    signed_in.post(path.format(task.pk), {"task": [task.pk], "sure": "1"})

    assert Task.objects.count() == 2


@pytest.mark.parametrize(("path", "status"), [("send-again", "unconfirmed"), ("again", "failed")])
def test_one_yes_is_a_word_for_many_in_a_minute_as_well(
    path: str, status: str, make: Make, signed_in: Client, settings: Settings
) -> None:
    settings.STUDIO_BURST = 0
    given = {"audio_url": "https://example.com/a.mp3"}
    task = make(status, sent_at=timezone.now(), input=given)

    signed_in.post(f"/tasks/{task.pk}/{path}/", {})
    assert Task.objects.count() == 1

    signed_in.post(f"/tasks/{task.pk}/{path}/", {"sure": "1"})
    assert Task.objects.count() == 2


def test_an_import_that_failed_is_asked_for_once_more_and_is_no_other_task(
    make: Make, ann: User, signed_in: Client
) -> None:
    task = make("failed", operation="import-song", vidgo_id="song-9", error_code="404")

    answer = signed_in.post(f"/tasks/{task.pk}/again/")

    assert answer["Location"] == f"/tasks/{task.pk}/"
    again = Task.objects.get()
    assert (again.pk, again.status, again.error_code) == (task.pk, "not_started", "")
    assert again.events.latest("pk").actor == ann


def test_without_the_sound_it_was_made_from_nothing_is_tried_again(
    make: Make, signed_in: Client
) -> None:
    task = make("failed")

    page = signed_in.post(f"/tasks/{task.pk}/again/", {"sure": "1"}, follow=True).text

    assert "The sound it was made from is gone. Choose another." in page
    assert Task.objects.count() == 1


@pytest.mark.parametrize("source", ["track", "upload", "stem", "url"])
def test_whatever_it_was_made_from_it_is_tried_again(
    source: str, make: Make, song: Task, signed_in: Client
) -> None:
    sources: dict[str, Callable[[], dict[str, Any]]] = {
        "track": lambda: {"source_track": song.tracks.get()},
        "upload": lambda: {"source_upload": Upload.objects.create(name="a", size=1, duration=1)},
        "stem": lambda: {"source_stem": song.assets.create(key="drums", kind="stem")},
        "url": lambda: {"input": {"audio_url": "https://example.com/a.mp3"}},
    }
    task = make("failed", **sources[source]())

    # Pressed twice it is one.
    for _ in range(2):
        signed_in.post(f"/tasks/{task.pk}/again/", {"sure": "1"})

    again = Task.objects.get(again_of=task)
    assert (again.source_track, again.source_upload, again.source_stem, again.input) == (
        *(task.source_track, task.source_upload, task.source_stem, task.input),
    )


def test_what_has_gone_on_is_not_sent_again_and_the_page_says_so(
    make: Make, signed_in: Client
) -> None:
    task = make("running", vidgo_id="task-1")

    page = signed_in.post(f"/tasks/{task.pk}/send-again/", {"sure": "1"}, follow=True)

    assert NOT_NOW in page.content.decode()
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "status", "is_sent"),
    [
        ("cancel", "pending", True),
        ("cancel", "unconfirmed", True),
        ("cancel", "running", True),
        ("cancel", "finished", False),
        ("give-up", "pending", False),
        ("give-up", "running", True),
        ("give-up", "finished", True),
        ("give-up", "failed", True),
    ],
)
def test_a_wish_that_comes_too_late_changes_nothing(
    path: str, status: str, is_sent: bool, make: Make, signed_in: Client
) -> None:
    task = make(status, sent_at=timezone.now() if is_sent else None)

    page = signed_in.post(f"/tasks/{task.pk}/{path}/", {"sure": "1"}, follow=True).text

    late = "It has been sent already and cannot be taken back." if path == "cancel" else NOT_NOW
    assert late in page
    task.refresh_from_db()
    assert task.status == status
    assert Event.objects.filter(task=task).count() == 1


def test_saving_once_more_has_vidgo_asked_for_a_fresh_address(
    make: Make, signed_in: Client
) -> None:
    task = make("finished", vidgo_id="task-1", attempts=7)
    task.assets.create(key="drums", kind="stem", label="Drums", state="failed", url="https://a")

    signed_in.post(f"/tasks/{task.pk}/save-again/")

    task.refresh_from_db()
    assert task.due_at
    assert task.attempts == 0


@pytest.mark.parametrize("kind", ["track", "stem"])
def test_what_a_task_under_way_is_made_from_is_not_thrown_away(
    kind: str, make: Make, signed_in: Client
) -> None:
    source = make("finished", operation="generate-music" if kind == "track" else STEMS)
    if kind == "track":
        made = make("running", source_track=source.tracks.create(audio_id="a", title="A"))
    else:
        stem = source.assets.create(key="drums", kind="stem", label="Drums", state="saved")
        made = make("running", source_stem=stem)
    form = {"task": source.pk, "sure": "1"}

    page = signed_in.post("/tasks/delete/", form, follow=True).text

    assert IN_USE in page
    assert Task.objects.get(pk=source.pk).deleted_at is None
    Task.objects.filter(pk=made.pk).update(status="finished")
    signed_in.post("/tasks/delete/", form)
    assert Task.objects.get(pk=source.pk).deleted_at
