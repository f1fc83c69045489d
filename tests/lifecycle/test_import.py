"""Songs made elsewhere come in by their task_id; what cannot come in says why."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from studio import lifecycle
from studio.models import Asset, Task, Track
from tests.recorder import Recorder
from vidgo_sandbox import SONGS, Sandbox

QUERY = "/api/generate/detail/music"


def bring(client: Client, ids: str) -> str:
    """Paste ids into the page. Returns the page it leads to."""
    answer = client.post("/songs/import/", {"task_id": ids})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def page(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode())


def told(task_id: str, status: str, files: list[Any] | None = None, **more: Any) -> Any:
    data = {"task_id": task_id, "status": status, "files": files or [], **more}
    return {"code": 200, "data": data}


SONG = {
    "audio_id": "a1",
    "audio_url": "https://cdn.example.com/a1.mp3",
    "image_url": "https://cdn.example.com/a1.jpg",
    "title": "Low tide",
    "tags": "ambient, slow",
    "duration": 61.5,
    "prompt": "[Verse]\nRock me home",
}


def test_a_song_comes_in_with_title_tags_length_and_words(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    api.answer(QUERY, told("song-7", "finished", [SONG, {**SONG, "audio_id": "a2"}]))

    path = bring(signed_in, "song-7")
    work()

    first, second = Track.objects.order_by("order")
    assert (first.audio_id, second.audio_id) == ("a1", "a2")
    assert (first.title, first.tags, first.duration) == ("Low tide", "ambient, slow", 61.5)
    assert "<bdi>Low tide</bdi>" in page(signed_in, path)
    assert "Rock me home" in page(signed_in, f"/songs/{first.pk}/")
    assert {asset.kind for asset in Asset.objects.all()} == {"audio", "image"}
    # It can be chosen at once: the API needs the ids alone.
    assert "Low tide" in page(signed_in, "/new/create-music-video/")


def test_the_history_says_who_asked_and_what_became_of_it(signed_in: Client, ann: User) -> None:
    new, is_new = lifecycle.bring_in("song-7", user=ann)
    assert is_new
    assert (new.created_by, new.title, new.input) == (
        ann,
        "Song from Vidgo",
        {"task_id": "song-7"},
    )
    assert new.accepted_at
    Task.objects.update(
        status="failed", error="Vidgo has no such song.", error_code="404", attempts=6
    )
    Task.objects.update(deleted_at=timezone.now(), accepted_at=None)

    again, is_new = lifecycle.bring_in("song-7", user=ann)

    again.refresh_from_db()
    assert (again, is_new) == (new, False)
    assert (again.status, again.error, again.error_code) == ("not_started", "", "")
    assert again.attempts == 0
    assert again.accepted_at
    assert again.due_at
    told = again.events.filter(actor=ann).order_by("pk").values_list("text", flat=True)
    assert [*told] == ["Asked for by its task_id", "Restored from the trash", "Asked for again"]


@pytest.mark.django_db(transaction=True)
def test_two_who_bring_in_the_same_song_at_once_bring_in_one(ann: User) -> None:
    barrier = threading.Barrier(4)

    def bring_it(_: int) -> tuple[int, bool]:
        barrier.wait()
        try:
            task, is_new = lifecycle.bring_in("song-7", user=ann)
        finally:
            connection.close()
        return task.pk, is_new

    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(bring_it, range(4))]

    assert {pk for pk, _ in found} == {Task.objects.get().pk}
    assert sorted(is_new for _, is_new in found) == [False, False, False, True]


def test_several_at_once_each_get_their_own_answer(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    path = bring(signed_in, "one, two\nthree  one")
    assert path == "/tasks/"
    work()

    assert sorted(query.query["task_id"][0] for query in api.queries) == ["one", "three", "two"]
    assert Task.objects.filter(operation="import-song").count() == 3


def test_an_unknown_id_says_that_vidgo_does_not_know_it(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    api.answer(QUERY, {"code": 404, "message": "No such task."})

    path = bring(signed_in, "mistyped")
    work()

    text = page(signed_in, path)
    assert "Vidgo has no song with the id mistyped." in text
    assert 'data-status="failed"' in text
    # Pasted once more, it is asked for once more.
    api.answer(QUERY, told("mistyped", "finished", [SONG]))
    assert bring(signed_in, "mistyped") == path
    work()
    assert Track.objects.get().title == "Low tide"


def test_an_unfinished_one_says_so_and_comes_in_when_it_is_ready(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    api.answer(QUERY, told("soon", "running"))
    path = bring(signed_in, "soon")
    work()

    text = page(signed_in, path)
    assert "Vidgo is still making this one." in text
    assert 'data-status="running"' in text
    assert Task.objects.get().due_at is not None, "it is asked for again by itself"

    api.answer(QUERY, told("soon", "finished", [SONG]))
    signed_in.post(f"{path}ask/")
    work()
    text = page(signed_in, path)
    assert "still making" not in text
    assert "Low tide" in text


@pytest.mark.parametrize("files", [[], [{"odd_url": "https://cdn.example.com/v.mp4"}]])
def test_one_without_a_song_says_so(
    files: list[Any], signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    api.answer(QUERY, told("mute", "finished", files))

    path = bring(signed_in, "mute")
    work()

    text = page(signed_in, path)
    assert "Vidgo has finished this task, but there is no song in it." in text
    assert 'data-status="finished"' in text
    assert not Track.objects.exists()


def test_one_that_failed_at_vidgo_says_why(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    api.answer(QUERY, told("bad", "failed", error_message="The words were refused."))

    path = bring(signed_in, "bad")
    work()

    assert "The words were refused." in page(signed_in, path)


def test_one_that_is_here_already_is_shown(signed_in: Client, song: Task) -> None:
    assert bring(signed_in, "song-1") == song.get_absolute_url()
    assert "“Harbour Lights” is here already." in page(signed_in, song.get_absolute_url())
    assert Task.objects.count() == 1


@pytest.mark.once
@pytest.mark.parametrize("ids", ["", "  \n ", "x" * 201, " ".join(map(str, range(51))), "a\0b"])
def test_what_is_no_list_of_ids_is_refused_and_stays(ids: str, signed_in: Client) -> None:
    answer = signed_in.post("/songs/import/", {"task_id": ids})

    assert answer.status_code == 200
    assert 'id="id_task_id_error"' in answer.content.decode()
    assert not Task.objects.exists()
    if "\0" not in ids:
        assert ids.strip() in answer.content.decode()


def test_odd_ids_are_asked_for_as_they_are(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    bring(signed_in, "../../user/balance?x=1&task_id=2 שיר")
    work()

    assert sorted(query.query["task_id"][0] for query in api.queries) == [
        "../../user/balance?x=1&task_id=2",
        "שיר",
    ]


@pytest.mark.django_db(transaction=True)
def test_the_sandboxs_own_songs_come_in_by_the_same_way(
    signed_in: Client, sandbox: Sandbox, finish: Callable[[Task], Task]
) -> None:
    bring(signed_in, "\n".join(song.task_id for song in SONGS))
    for task in Task.objects.all():
        finish(task)

    assert Track.objects.count() == 2 * len(SONGS)
    text = page(signed_in, "/songs/")
    for song in SONGS:
        assert text.count(f"<bdi>{song.title}</bdi>") == 1
    sound = Track.objects.first()
    assert sound
    assert sound.sound
    assert sound.sound.state == "saved"
    assert signed_in.get(sound.sound.get_absolute_url()).status_code == 200


AT = "https://cdn.example.com/"


@pytest.mark.parametrize(
    ("files", "model", "kind"),
    [
        ([{"video_url": AT + "1.mp4"}], "create-music-video", "video"),
        ([{"persona_id": "persona-7"}], "generate-persona", "persona"),
        ([{"generate_cover": f'[{{"file_url": "{AT}1.png"}}]'}], "generate-music-cover", "image"),
        ([{"vocal_removal": {"bass ": AT + "1"}}], "upload-and-separate-vocals", "stem"),
        ([{"stem_split": f'{{"fx_url": "{AT}1"}}'}], "stem-split", "stem"),
        ([{"separate_vocals": {"vocal_url": AT + "1"}}], "separate-vocals", "stem"),
        ([{"wav_url  ": AT + "1.wav"}], "convert-to-wav", "audio"),
        ([{"title": "One", "text": "Two"}], "generate-lyrics", "words"),
        ([{"style": "warm"}], "boost-music-style", "words"),
        (
            [{"timestampe_lyrics": {"aligned_words": [{"word": "a", "startS": 0, "endS": 1}]}}],
            "get-timestamped-lyrics",
            "times",
        ),
    ],
)
def test_whatever_was_asked_for_elsewhere_comes_in_as_what_it_is(
    signed_in: Client,
    api: Recorder,
    work: Callable[[], None],
    files: list[Any],
    model: str,
    kind: str,
) -> None:
    for _ in range(2):
        api.answer(QUERY, told("other-1", "finished", files, credits_amount=5))

    path = bring(signed_in, "other-1")
    work()
    task = Task.objects.get()
    signed_in.post(f"/tasks/{task.pk}/ask/")
    work()

    task.refresh_from_db()
    assert (task.operation, task.status) == (model, "finished")
    assert [asset.kind for asset in task.assets.all()] == [kind]
    # It was paid for elsewhere.
    assert task.credits_amount is None
    assert "there is no song in it" not in page(signed_in, path)


def test_a_song_that_says_what_made_it_is_that(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    api.answer(QUERY, told("song-8", "finished", [SONG], model="add-instrumental"))

    bring(signed_in, "song-8")
    work()

    task = Task.objects.get()
    assert (task.operation, task.tracks.get().title) == ("add-instrumental", "Low tide")
    # What may be made of it is then known.
    assert "Vidgo makes videos only from songs" in page(signed_in, "/new/create-music-video/")
