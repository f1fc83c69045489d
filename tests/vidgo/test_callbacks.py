"""What the API's callbacks become, whatever form their bodies have."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from studio import leases, lifecycle
from studio.models import Asset, Task
from studio.vidgo.client import Accepted
from studio.vidgo.payloads import Body
from tests.recorder import body

CDN = "https://cdn.example.com"
TASK_ID = "task-unified-1757165031-uyujaw3d"
STEMS = ("vocals", "drums", "bass", "guitar", "piano", "other")
Found = list[tuple[str, str, str, str]]
Post = Callable[..., int]

# (key, kind, label, url or value), in the order of the page.
EXPECTED: dict[str, Found] = {
    "create-music-video": [("0.video", "video", "Video", f"{CDN}/video.mp4")],
    "generate-music-cover": [
        ("0.generate_cover.0.file", "image", "Cover 1", f"{CDN}/a.png"),
        ("0.generate_cover.1.file", "image", "Cover 2", f"{CDN}/b.png"),
    ],
    "generate-persona": [("0.persona_id", "persona", "Persona", "a1b2c3d4-persona")],
    "add-instrumental": [
        ("e231aaaa-0000-0000-0000-000000000001.audio", "audio", "Variation 1", f"{CDN}/1.mp3"),
        ("e231aaaa-0000-0000-0000-000000000001.image", "image", "Picture 1", f"{CDN}/1.jpeg"),
        ("e231aaaa-0000-0000-0000-000000000002.audio", "audio", "Variation 2", f"{CDN}/2.mp3"),
        ("e231aaaa-0000-0000-0000-000000000002.image", "image", "Picture 2", f"{CDN}/2.jpeg"),
    ],
    "upload-and-separate-vocals": [
        (f"0.vocal_removal.{stem}", "stem", stem.capitalize(), f"{CDN}/{stem}.mp3")
        for stem in STEMS
    ],
}


@pytest.fixture
def outsider() -> Client:
    """The API: no session, no CSRF token, and an error of ours is an answer to it."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def taken(make_task: Callable[..., Task]) -> Callable[[str], Task]:
    """Return a call that makes a task which the API has taken."""

    def run(model: str) -> Task:
        input = {"task_id": "song-1", "audio_id": "audio-1"} if "-music-" in model else {"x": 1}
        if model == "generate-persona":
            input = {"task_id": "song-1", "audio_id": "audio-1"}
        task = make_task(model, **input)
        begun = lifecycle.begin_send(task.pk, leases.take(Task, task.pk, 60))
        assert begun
        lifecycle.record_answer(task.pk, begun.lease, Accepted(Body(task_id=TASK_ID), "{}"))
        task.refresh_from_db()
        return task

    return run


@pytest.fixture
def post(outsider: Client) -> Post:
    """Return a call that posts a body to a task's own address and gives the answer's status."""

    def run(task: Task, sent: Any) -> int:
        raw = sent if isinstance(sent, str | bytes) else json.dumps(sent)
        answer = outsider.post(f"/callback/{task.callback_token}/", raw, "application/json")
        task.refresh_from_db()
        return answer.status_code

    return run


def enveloped(data: Any) -> Any:
    return {"code": 200, "data": data}


def bare(data: Any) -> Any:
    return data


def found(task: Task) -> Found:
    return [
        (asset.key, asset.kind, asset.label, asset.url or asset.value)
        for asset in task.assets.order_by("order", "id")
    ]


def finished(*files: Any, **more: Any) -> Any:
    data = {"task_id": TASK_ID, "status": "finished", "files": list(files), "error_message": None}
    return enveloped(data | more)


@pytest.mark.once
@pytest.mark.parametrize("form", [enveloped, bare])
@pytest.mark.parametrize("model", EXPECTED)
def test_both_documented_bodies_give_the_operations_assets(
    taken: Callable[[str], Task], post: Post, model: str, form: Callable[[Any], Any]
) -> None:
    task = taken(model)

    assert post(task, form(body(f"callback-{model}"))) == 200

    assert task.status == "finished"
    assert found(task) == EXPECTED[model]


def test_the_songs_of_an_instrumental_are_kept_with_all_that_is_told(
    taken: Callable[[str], Task], post: Post
) -> None:
    task = taken("add-instrumental")

    post(task, body("callback-add-instrumental"))

    first, second = task.tracks.order_by("order")
    assert first.audio_id == "e231aaaa-0000-0000-0000-000000000001"
    assert (first.title, first.tags) == ("Relaxing Piano", "relaxing, piano, soothing")
    assert (first.duration, first.prompt) == (182.4, "[Verse]\nSoft keys")
    pairs = [
        (track.sound and track.sound.url, track.image and track.image.url)
        for track in (first, second)
    ]
    assert pairs == [(f"{CDN}/1.mp3", f"{CDN}/1.jpeg"), (f"{CDN}/2.mp3", f"{CDN}/2.jpeg")]


@pytest.mark.once
def test_the_three_stages_of_an_instrumental_show_what_is_there_already(
    taken: Callable[[str], Task], post: Post
) -> None:
    task = taken("add-instrumental")

    post(task, enveloped(body("callback-add-instrumental-text")))
    assert (task.status, found(task)) == ("running", [])
    assert [track.title for track in task.tracks.all()] == ["Relaxing Piano"] * 2

    post(task, enveloped(body("callback-add-instrumental-first")))
    assert task.status == "running"
    audio, image = task.assets.all()
    assert (audio.url, image.url) == (f"{CDN}/1-stream.mp3", f"{CDN}/1.jpeg")
    assert task.tracks.get(order=0).sound == audio

    post(task, enveloped(body("callback-add-instrumental")))
    assert task.status == "finished"
    # The playable file of the second stage was replaced, and is still the same thing.
    assert found(task) == EXPECTED["add-instrumental"]
    assert task.assets.get(key=audio.key).pk == audio.pk
    assert task.tracks.count() == 2


def test_an_earlier_stage_that_comes_late_changes_nothing(
    taken: Callable[[str], Task], post: Post
) -> None:
    task = taken("add-instrumental")
    post(task, body("callback-add-instrumental"))

    post(task, body("callback-add-instrumental-first"))
    post(task, body("callback-add-instrumental-text"))

    assert task.status == "finished"
    assert found(task) == EXPECTED["add-instrumental"]


def stem_key(stem: str) -> Found:
    return [(f"0.vocal_removal.{stem}", "stem", stem.capitalize(), f"{CDN}/{stem}.mp3")]


ALL_STEMS = {stem: f"{CDN}/{stem}.mp3" for stem in STEMS}
QUIRKY_STEMS: dict[str, Any] = {
    "stray blanks in keys": {"bass ": ALL_STEMS["bass"], " drums_url  ": ALL_STEMS["drums"]},
    "with _url": {f"{stem}_url": url for stem, url in ALL_STEMS.items()},
    "capitals": {"Bass": ALL_STEMS["bass"], "DRUMS_URL": ALL_STEMS["drums"]},
    "empty and null for what was not made": {
        **dict.fromkeys(("guitar", "piano"), ""),
        **dict.fromkeys(("vocals", "other")),
        **{stem: ALL_STEMS[stem] for stem in ("bass", "drums")},
    },
    "blanks around the URLs": {"bass": f" {CDN}/bass.mp3\n", "drums": f"{CDN}/drums.mp3 "},
}


@pytest.mark.once
@pytest.mark.parametrize("inner", [json.dumps, lambda value: value], ids=["string", "decoded"])
@pytest.mark.parametrize("quirk", QUIRKY_STEMS)
def test_quirky_stems_are_the_same_stems(
    taken: Callable[[str], Task], post: Post, quirk: str, inner: Callable[[Any], Any]
) -> None:
    task = taken("upload-and-separate-vocals")
    stems = STEMS if quirk == "with _url" else ("drums", "bass")

    post(task, finished({"vocal_removal": inner(QUIRKY_STEMS[quirk])}))

    assert found(task) == [one for stem in stems for one in stem_key(stem)]


@pytest.mark.once
def test_a_url_under_a_field_that_nobody_knows_is_kept_after_the_others(
    taken: Callable[[str], Task], post: Post
) -> None:
    task = taken("upload-and-separate-vocals")
    stems = json.dumps({"origin_url": f"{CDN}/whole.wav", "bass": f"{CDN}/bass.mp3", "bpm": 120})

    post(task, finished({"sheet_music": f"{CDN}/notes.pdf", "vocal_removal": stems}))

    assert found(task) == [
        *stem_key("bass"),
        ("0.vocal_removal.origin", "stem", "Origin", f"{CDN}/whole.wav"),
        ("0.sheet_music", "file", "Sheet music", f"{CDN}/notes.pdf"),
    ]


COVERS = [{"file_url": f"{CDN}/a.png", "file_type": "image"}, {"file_url": f"{CDN}/b.png"}]


@pytest.mark.once
@pytest.mark.parametrize(
    "files",
    [
        [{"generate_cover": json.dumps(COVERS)}],
        [{"generate_cover": COVERS}],
        [{"generate_cover ": json.dumps([f"{CDN}/a.png", f"{CDN}/b.png"])}],
        [{"image_url": f"{CDN}/a.png"}, {"image_url": f"{CDN}/b.png"}],
        [{"generate_cover": json.dumps(COVERS[:1])}, {"generate_cover": json.dumps(COVERS[1:])}],
    ],
    ids=["string", "decoded", "list of URLs", "older image_url", "one entry each"],
)
def test_every_form_of_covers_gives_two_pictures_in_order(
    taken: Callable[[str], Task], post: Post, files: list[Any]
) -> None:
    task = taken("generate-music-cover")

    post(task, finished(*files))

    assert [(kind, url) for _, kind, _, url in found(task)] == [
        ("image", f"{CDN}/a.png"),
        ("image", f"{CDN}/b.png"),
    ]
    assert [label for _, _, label, _ in found(task)] == ["Cover 1", "Cover 2"]


@pytest.mark.once
def test_a_cover_that_is_sound_is_a_track_to_play(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("generate-music-cover")

    post(task, finished({"generate_cover": json.dumps([{"file_url": f"{CDN}/version.mp3"}])}))

    assert found(task) == [("0.generate_cover.0.file", "audio", "Cover 1", f"{CDN}/version.mp3")]


@pytest.mark.once
@pytest.mark.parametrize("files", [{"video_url": f"{CDN}/video.mp4"}, "as string"])
def test_files_that_are_no_list_are_read_all_the_same(
    taken: Callable[[str], Task], post: Post, files: Any
) -> None:
    task = taken("create-music-video")
    entries = json.dumps([{"video_url": f"{CDN}/video.mp4"}]) if files == "as string" else files

    post(task, enveloped({"task_id": TASK_ID, "status": "finished", "files": entries}))

    assert found(task) == EXPECTED["create-music-video"]


def test_two_urls_for_one_stem_are_both_kept(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("upload-and-separate-vocals")

    post(task, finished({"vocal_removal": {"bass ": f"{CDN}/1.mp3", "bass_url": f"{CDN}/2.mp3"}}))

    assert [url for *_, url in found(task)] == [f"{CDN}/1.mp3", f"{CDN}/2.mp3"]


def test_of_duplicate_keys_the_last_one_counts(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("create-music-video")
    files = f'[{{"video_url": "{CDN}/old.mp4", "video_url": "{CDN}/video.mp4"}}]'

    status = post(
        task,
        f'{{"status": "running", "task_id": "{TASK_ID}", "status": "finished", "files": {files}}}',
    )

    assert (status, task.status) == (200, "finished")
    assert found(task) == EXPECTED["create-music-video"]


@pytest.mark.once
def test_a_status_in_capitals_is_the_same_status(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("create-music-video")

    post(task, {**body("callback-create-music-video"), "status": " FINISHED "})

    assert task.status == "finished"


def test_results_under_an_unknown_status_are_kept_and_the_task_goes_on(
    taken: Callable[[str], Task], post: Post
) -> None:
    task = taken("create-music-video")

    post(task, {**body("callback-create-music-video"), "status": "succeeded"})

    assert found(task) == EXPECTED["create-music-video"]
    assert task.status == "not_started"
    assert task.due_at


@pytest.mark.once
@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"error_message": "The lyrics are refused."}, "The lyrics are refused."),
        ({"error": {"message": "Bad file.", "type": "file_format"}}, "Bad file."),
        ({"msg": "No voice was found."}, "No voice was found."),
        ({}, "Vidgo gave no reason."),
    ],
)
def test_a_failure_is_told_in_the_apis_words(
    taken: Callable[[str], Task], post: Post, data: dict[str, Any], error: str
) -> None:
    task = taken("create-music-video")

    post(task, enveloped({"task_id": TASK_ID, "status": "failed", "files": [], **data}))

    assert (task.status, task.error) == ("failed", error)


def test_the_price_is_learned(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("create-music-video")

    post(task, body("callback-create-music-video"))

    assert task.credits_amount == 4


def test_a_repeated_callback_changes_nothing(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("add-instrumental")
    post(task, body("callback-add-instrumental"))
    before = (found(task), task.events.count(), task.finished_at)

    assert post(task, body("callback-add-instrumental")) == 200

    assert (found(task), task.events.count(), task.finished_at) == before
    assert task.deliveries.count() == 2


def test_a_callback_for_another_task_is_kept_but_changes_nothing(
    taken: Callable[[str], Task], post: Post
) -> None:
    task = taken("create-music-video")

    post(task, {**body("callback-create-music-video"), "task_id": "somebody-elses"})

    assert task.status == "not_started"
    assert not task.assets.exists()
    delivery = task.deliveries.get()
    assert "no task here has" in delivery.note
    # Perhaps paid for: it stays with what an administrator is shown as not applied.
    assert delivery.applied_at is None
    assert task.events.filter(text__contains="somebody-elses").exists()


DEEP = 20_000
ODD_BODIES: dict[str, str | bytes] = {
    "nothing": b"",
    "no JSON": b"status=finished&task_id=1",
    "no UTF-8": b"\xff\xfe\x00{",
    "half": b'{"code": 200, "data": {"task_id":',
    "a list": "[]",
    "a number": "3",
    "null": "null",
    "NUL bytes": b'{"status": "running\x00"}',
    "escaped NUL": json.dumps(
        finished({"video\u0000_url": "https://x.example/\u0000.mp4", "title": "\u0000"})
    ),
    "lone surrogates": json.dumps(finished({"\ud800": "https://x.example/\udfff.mp4"})),
    "NaN": f'{{"task_id": "{TASK_ID}", "status": NaN, "files": [NaN], "credits_amount": NaN}}',
    "infinite": f'{{"task_id": "{TASK_ID}", "code": Infinity, "credits_amount": -Infinity}}',
    "1e999": f'{{"task_id": "{TASK_ID}", "code": 1e999, "credits_amount": 1e999}}',
    "a number of 5,000 digits": f'{{"code": {"9" * 5000}}}',
    "huge credits": json.dumps(finished(credits_amount=10**30)),
    "deep lists": "[" * DEEP + "]" * DEEP,
    "deep objects": '{"data":' * DEEP + "1" + "}" * DEEP,
    "deep inner JSON": json.dumps(finished({"vocal_removal": "[" * DEEP + "]" * DEEP})),
    "deep files": '{"status": "finished", "files": [' + '{"a":' * 900 + "1" + "}" * 900 + "]}",
    "everything of a wrong type": json.dumps(
        {"code": "x", "data": {"task_id": {}, "status": [], "files": 7, "error_message": {"a": 1}}}
    ),
    "entries of wrong types": json.dumps(
        finished(None, 1, "x", [], {"audio_id": {}, "title": [], "duration": "long", "tags": {}})
    ),
    "endless words": json.dumps(
        finished(
            {
                "audio_id": "a" * 5000,
                "title": "t" * 5000,
                "tags": ["w" * 5000, None, 3],
                "duration": 1e308,
                "k" * 5000: "https://x.example/1.mp3",
                "long_url": "https://x.example/" + "u" * 5000,
            }
        )
    ),
    "a thousand files": json.dumps(
        finished(*[{"video_url": f"{CDN}/{n}.mp4"} for n in range(999)])
    ),
    "a thousand tracks": json.dumps(finished(*[{"audio_id": str(n)} for n in range(999)])),
    "one track three times": json.dumps(
        finished(*[{"audio_id": "a", "audio_url": f"{CDN}/{n}.mp3"} for n in range(3)])
    ),
    "a persona without words": json.dumps(finished({"persona_id": "p" * 5000})),
}


@pytest.mark.parametrize("name", ODD_BODIES)
def test_no_body_is_an_error_of_ours_and_each_is_kept(
    taken: Callable[[str], Task], post: Post, ann: Any, client: Client, name: str
) -> None:
    task = taken("add-instrumental")

    assert post(task, ODD_BODIES[name]) == 200

    delivery = task.deliveries.get()
    assert "Could not be applied" not in delivery.note
    client.force_login(ann)
    assert client.get(f"/tasks/{task.pk}/").status_code == 200
    assert client.get("/songs/").status_code == 200


def test_the_address_wants_no_session_and_no_csrf_token(
    taken: Callable[[str], Task], outsider: Client
) -> None:
    task = taken("create-music-video")
    sent = json.dumps(body("callback-create-music-video"))

    answer = outsider.post(
        f"/callback/{task.callback_token}/", sent, "text/plain", headers={"Cookie": ""}
    )

    assert answer.status_code == 200
    assert "sessionid" not in answer.cookies


@pytest.mark.once
@pytest.mark.parametrize("token", ["x" * 43, "x", "a%00b", "é", "%2e%2e", "x" * 3000])
def test_an_address_that_nobody_was_given_is_not_found(
    db: None, outsider: Client, token: str
) -> None:
    assert outsider.post(f"/callback/{token}/", "{}", "application/json").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch", "options"])
def test_only_post_is_taken(taken: Callable[[str], Task], outsider: Client, method: str) -> None:
    task = taken("create-music-video")

    answer = getattr(outsider, method)(f"/callback/{task.callback_token}/")

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_of_a_body_that_is_too_large_only_the_beginning_is_kept(
    taken: Callable[[str], Task], post: Post, pack: Callable[[bytes], bytes]
) -> None:
    task = taken("create-music-video")

    assert post(task, pack(b" " * settings.STUDIO_MAX_CALLBACK + b"{}")) == 413

    assert len(task.deliveries.get().body) <= lifecycle.MAX_UNREADABLE


def test_the_largest_body_is_taken(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("create-music-video")
    sent = json.dumps(body("callback-create-music-video")).encode()

    assert post(task, sent.ljust(settings.STUDIO_MAX_CALLBACK)) == 200

    assert task.status == "finished"


def test_what_a_callback_brings_is_to_be_saved(taken: Callable[[str], Task], post: Post) -> None:
    task = taken("upload-and-separate-vocals")

    post(task, body("callback-upload-and-separate-vocals"))

    assert not task.saved_at
    assert task.assets.filter(state=Asset.State.WAITING, due_at__isnull=False).count() == 6
