"""A callback is a hint: shown at once, asked for at once, and the query has the last word."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from studio import jobs, lifecycle
from studio.leases import take
from studio.lifecycle.polling import MAX_UNKNOWN
from studio.models import Asset, Task
from studio.vidgo import client as vidgo
from tests.callbacks import call_back
from tests.fileserver import FileServer
from tests.recorder import Recorder
from tests.timing import pass_time

QUERY = "/api/generate/detail/music"
TRUE, FORGED = b"the true sound", b"the forged sound"
Work = Callable[[], None]


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.STUDIO_DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = tmp_path / "data" / "media"
    settings.STUDIO_DATA_DIR.mkdir()


@pytest.fixture
def storage() -> Iterator[FileServer]:
    with FileServer() as running:
        running.put("/true.bin", TRUE)
        running.put("/forged.bin", FORGED)
        yield running


@pytest.fixture
def task(api: Recorder, make_task: Callable[..., Task], work: Work) -> Task:
    """A separation that Vidgo has taken."""
    task = make_task("upload-and-separate-vocals", audio_url="https://example.com/a.mp3")
    work()
    task.refresh_from_db()
    assert task.vidgo_id
    return task


def report(task: Task, status: str, *, task_id: Any = "", **files: str) -> None:
    """Call back, without having anything done about it."""
    task_id = task.vidgo_id if task_id == "" else task_id
    call_back(task, {"status": status, "files": [files] if files else [], "task_id": task_id})


def say(api: Recorder, task: Task, status: str, **files: str) -> None:
    """Have the query say so from now on."""
    api.told[str(task.vidgo_id)] = {"status": status, "files": [files] if files else []}


def go_on(task: Task, work: Work) -> Task:
    work()
    task.refresh_from_db()
    return task


def contents(task: Task) -> dict[str, bytes]:
    return {asset.key: asset.file.read() for asset in task.assets.all()}


def stored() -> list[bytes]:
    folder = Path(django_settings.MEDIA_ROOT, "results")
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_what_a_callback_tells_is_shown_at_once_and_asked_for_at_once(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    report(task, "finished", drums=storage.url + "/true.bin")
    assert (task.status, task.assets.count()) == ("finished", 1)

    say(api, task, "finished", drums=storage.url + "/true.bin")
    go_on(task, work)

    assert len(api.queries) == 1
    assert (task.status, contents(task)) == ("finished", {"0.drums": TRUE})


@pytest.mark.parametrize("field", ["drums", "bass"])
def test_a_forged_end_gives_way_to_the_true_one_byte_for_byte(
    api: Recorder, task: Task, work: Work, storage: FileServer, field: str
) -> None:
    api.answer(QUERY, {"code": 503}, 503)
    report(task, "finished", **{field: storage.url + "/forged.bin"})
    go_on(task, work)
    assert task.saved_at, "where nobody can be asked, what was told stands"
    assert stored() == [FORGED]

    say(api, task, "finished", drums=storage.url + "/true.bin")
    pass_time(60)
    go_on(task, work)

    assert (task.status, contents(task)) == ("finished", {"0.drums": TRUE})
    assert task.saved_at
    assert stored() == [TRUE]
    removed = "Vidgo was asked: what else a callback told is not so, and is removed"
    assert task.events.filter(text=removed).count() == (field == "bass")


def test_a_forged_song_goes_with_its_name(
    api: Recorder, make_task: Callable[..., Task], work: Work, storage: FileServer
) -> None:
    task = make_task("add-instrumental", upload_url="https://example.com/a.mp3", title="T")
    go_on(task, work)
    report(task, "finished", audio_id="forged", title="Forged", audio_url=storage.url + "/f")
    assert task.tracks.get().title == "Forged"

    say(api, task, "finished", audio_id="a", title="True", audio_url=storage.url + "/true.bin")
    go_on(task, work)

    assert [(track.audio_id, track.title) for track in task.tracks.all()] == [("a", "True")]


def test_a_forged_end_of_a_task_that_still_runs_is_taken_back(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    report(task, "finished", bass=storage.url + "/forged.bin")
    say(api, task, "running")
    assert go_on(task, work).status == "running"

    say(api, task, "finished", drums=storage.url + "/true.bin")
    pass_time(60)
    go_on(task, work)

    assert (task.status, contents(task)) == ("finished", {"0.drums": TRUE})


def test_a_forged_failure_gives_way_to_the_result(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    report(task, "failed")
    assert task.status == "failed"
    say(api, task, "finished", drums=storage.url + "/true.bin")

    go_on(task, work)

    assert (task.status, task.error, contents(task)) == ("finished", "", {"0.drums": TRUE})


def test_a_forged_end_of_a_task_that_has_failed_leaves_nothing(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    report(task, "finished", bass=storage.url + "/forged.bin")
    say(api, task, "failed")

    go_on(task, work)
    work()

    assert (task.status, task.assets.count()) == ("failed", 0)
    assert stored() == []


def test_a_query_that_knows_nothing_takes_nothing_away_and_is_not_asked_for_ever(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    for _ in range(40):
        api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)
    report(task, "finished", drums=storage.url + "/true.bin")
    for _ in range(20):
        go_on(task, work)
        pass_time(700)

    assert (task.status, contents(task)) == ("finished", {"0.drums": TRUE})
    assert 2 <= len(api.queries) <= 12
    assert task.due_at is None


def test_a_query_that_says_the_same_disturbs_nobody_and_ends_the_asking(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    report(task, "finished", drums=storage.url + "/true.bin?Expires=1&Signature=a")
    api.answer(QUERY, {"code": 503}, 503)
    go_on(task, work)
    asset, events = task.assets.get(), task.events.count()

    say(api, task, "finished", drums=storage.url + "/true.bin?Expires=2&Signature=b")
    for _ in range(5):
        pass_time(700)
        go_on(task, work)

    assert len(api.queries) == 2
    assert task.due_at is None
    assert (task.assets.get().file.name, task.events.count()) == (asset.file.name, events)
    assert len(storage.asked) == 1


def test_an_address_that_differs_in_more_than_its_signature_is_another_file(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    storage.put("/get?id=1", FORGED)
    storage.put("/get?id=2", TRUE)
    api.answer(QUERY, {"code": 503}, 503)
    report(task, "finished", drums=storage.url + "/get?id=1")
    assert contents(go_on(task, work)) == {"0.drums": FORGED}

    say(api, task, "finished", drums=storage.url + "/get?id=2")
    pass_time(60)

    assert contents(go_on(task, work)) == {"0.drums": TRUE}


@pytest.mark.parametrize("told", [None, 0, [], {}, " ", True, "missing"])
@pytest.mark.parametrize("status", ["finished", "failed", "running"])
def test_a_body_that_names_no_task_changes_nothing_and_has_it_asked_for(
    api: Recorder, task: Task, work: Work, told: Any, status: str
) -> None:
    data = {"status": status, "task_id": told, "files": [{"drums": "https://cdn.example.com/f"}]}
    if told == "missing":
        del data["task_id"]
    path = f"/callback/{task.callback_token}/"
    assert Client().post(path, {"data": data}, "application/json").status_code == 200

    task.refresh_from_db()
    assert (task.status, task.assets.count()) == ("not_started", 0)
    work()
    assert len(api.queries) == 1


@pytest.mark.parametrize("status", ["finished", "failed", "running"])
def test_what_the_query_has_confirmed_no_callback_changes(
    api: Recorder, task: Task, work: Work, storage: FileServer, status: str
) -> None:
    say(api, task, "finished", drums=storage.url + "/true.bin")
    report(task, "finished", drums=storage.url + "/true.bin")
    go_on(task, work)

    report(task, status, drums=storage.url + "/forged.bin", bass=storage.url + "/forged.bin")
    assert task.assets.count() == 1
    go_on(task, work)

    assert (task.status, contents(task)) == ("finished", {"0.drums": TRUE})
    assert stored() == [TRUE]


@pytest.mark.parametrize(
    ("status", "file", "is_asked"),
    [
        ("not_started", "true", False),
        ("running", "true", False),
        ("running", "forged", False),
        ("finished", "true", False),
        ("finished", "forged", True),
        ("failed", "true", True),
        ("queued", "true", True),
    ],
)
def test_only_what_is_news_of_a_confirmed_end_is_asked_for(
    api: Recorder,
    task: Task,
    work: Work,
    storage: FileServer,
    status: str,
    file: str,
    is_asked: bool,
) -> None:
    say(api, task, "finished", drums=storage.url + "/true.bin")
    report(task, "finished", drums=storage.url + "/true.bin")
    go_on(task, work)
    assert (task.due_at, task.confirmed_at is None) == (None, False)

    report(task, status, drums=f"{storage.url}/{file}.bin")

    assert bool(task.due_at) is is_asked
    last = task.deliveries.latest("pk")
    assert (last.note, last.applied_at is None) == ("", False)
    go_on(task, work)
    assert len(api.queries) == 1 + is_asked
    assert (task.status, contents(task)) == ("finished", {"0.drums": TRUE})


def test_what_is_there_already_stays_when_the_query_says_that_it_goes_on(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    report(task, "running", drums=storage.url + "/true.bin")
    assert go_on(task, work).status == "running"
    pass_time(60)
    go_on(task, work)

    assert len(api.queries) == 2
    assert contents(task) == {"0.drums": TRUE}


def test_an_id_that_vidgo_gave_itself_is_kept_whatever_is_called_back(
    api: Recorder, task: Task, work: Work
) -> None:
    own = task.vidgo_id
    report(task, "finished", task_id="forged", bass="https://cdn.example.com/forged")
    for _ in range(MAX_UNKNOWN + 2):
        api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)
        Task.objects.update(due_at=task.accepted_at)
        go_on(task, work)

    assert len(api.queries) == MAX_UNKNOWN + 2
    assert (task.status, task.vidgo_id) == ("not_started", own)


def test_an_id_that_the_query_has_confirmed_is_kept(
    api: Recorder, make_task: Callable[..., Task], work: Work, storage: FileServer
) -> None:
    api.answer("/api/generate/submit", b"")
    task = go_on(make_task("upload-and-separate-vocals", audio_url="https://a.example/a"), work)
    api.told["paid"] = {"status": "finished", "files": [{"drums": storage.url + "/true.bin"}]}
    report(task, "finished", task_id="paid", drums=storage.url + "/true.bin")
    assert go_on(task, work).confirmed_at
    report(task, "finished", task_id="forged", drums=storage.url + "/forged.bin")
    for _ in range(MAX_UNKNOWN + 2):
        api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)
        Task.objects.update(due_at=task.accepted_at)
        go_on(task, work)

    assert (task.status, task.vidgo_id) == ("finished", "paid")


def test_a_failure_that_the_query_has_confirmed_keeps_its_reason(
    api: Recorder, task: Task, work: Work
) -> None:
    api.told[str(task.vidgo_id)] = {"status": "failed", "files": [], "error_message": "No voice."}
    report(task, "failed")
    assert task.error != "No voice."
    assert go_on(task, work).error == "No voice."

    report(task, "failed")

    assert (task.status, task.error) == ("failed", "No voice.")


def test_what_is_saved_stays_although_the_query_has_forgotten_it_later(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    say(api, task, "finished", drums=storage.url + "/true.bin")
    report(task, "finished", drums=storage.url + "/true.bin")
    go_on(task, work)

    for status in ("finished", "failed", "running"):
        say(api, task, status)
        report(task, "failed")
        go_on(task, work)

    assert (task.status, contents(task)) == ("finished", {"0.drums": TRUE})


def test_an_answer_that_is_older_than_the_callback_takes_nothing_back(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    Task.objects.filter(pk=task.pk).update(due_at=task.accepted_at, held_until=None)
    lease = take(Task, task.pk, 60)
    answer = vidgo.query(str(task.vidgo_id))
    report(task, "finished", drums=storage.url + "/true.bin")

    lifecycle.record_query(task.pk, lease, answer)

    task.refresh_from_db()
    assert task.status == "finished"
    say(api, task, "finished", drums=storage.url + "/true.bin")
    assert contents(go_on(task, work)) == {"0.drums": TRUE}
    assert task.due_at is None


def test_a_forged_id_gives_way_to_the_one_that_vidgo_knows(
    api: Recorder, make_task: Callable[..., Task], work: Work, storage: FileServer
) -> None:
    api.answer("/api/generate/submit", b"")
    task = make_task("upload-and-separate-vocals", audio_url="https://example.com/a.mp3")
    assert go_on(task, work).status == "unconfirmed"
    report(task, "finished", task_id="forged", bass=storage.url + "/forged.bin")
    report(task, "finished", task_id="paid", drums=storage.url + "/true.bin")
    true = {"status": "finished", "files": [{"drums": storage.url + "/true.bin"}]}
    api.told["paid"] = true
    for _ in range(7):
        api.answer(QUERY, {"code": 404, "msg": "No such task."}, 404)

    for _ in range(12):
        go_on(task, work)
        pass_time(700)

    assert (task.status, task.vidgo_id, contents(task)) == ("finished", "paid", {"0.drums": TRUE})
    assert stored() == [TRUE]
    assert [got.query["task_id"] for got in api.queries].count(["forged"]) == MAX_UNKNOWN


def test_what_cannot_be_read_has_the_task_asked_for(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    say(api, task, "finished", drums=storage.url + "/true.bin")
    Client().post(f"/callback/{task.callback_token}/", b"\x00\xffno words", "text/plain")

    assert contents(go_on(task, work)) == {"0.drums": TRUE}


@pytest.mark.parametrize(
    "sent",
    [b"<task>paid-7</task>", b'{"status": "finished", "job": "paid-7"}', b"[1, 2, 'paid-7']"],
)
def test_what_cannot_be_read_shows_on_the_page_of_an_unconfirmed_task(
    api: Recorder, make_task: Callable[..., Task], work: Work, signed_in: Client, sent: bytes
) -> None:
    api.answer("/api/generate/submit", b"")
    task = make_task()
    assert go_on(task, work).status == "unconfirmed"

    address = f"/callback/{task.callback_token}/"
    Client().post(address, sent + address.encode(), "application/json")

    task.refresh_from_db()
    assert task.status == "unconfirmed"
    page = signed_in.get(task.get_absolute_url()).content.decode()
    assert "paid-7" in page
    assert task.callback_token not in page


def test_a_callback_that_cannot_be_read_keeps_a_task_from_being_sent_again(
    api: Recorder, make_task: Callable[..., Task], work: Work
) -> None:
    api.answer("/api/generate/submit", {"code": 503}, 503)
    task = make_task()
    go_on(task, work)

    Client().post(f"/callback/{task.callback_token}/", b"<done/>", "text/xml")
    pass_time(3600)

    assert go_on(task, work).status == "unconfirmed"
    assert len(api.submits) == 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {"code": 0, "data": {"task_id": "paid-1"}}),
        (201, {"code": 0, "task_id": "paid-1"}),
        (201, {"data": {"task_id": "paid-1"}}),
        (202, {"task_id": "paid-1"}),
        (200, {"code": 201, "data": {"task_id": "paid-1"}}),
        (200, json.dumps({"code": 200, "data": {"task_id": "paid-1"}})),
        (200, json.dumps({"code": 200, "data": {"task_id": "paid-1"}}).encode("utf-16")),
    ],
)
def test_an_id_that_the_submits_answer_names_is_kept(
    api: Recorder, make_task: Callable[..., Task], work: Work, status: int, answer: Any
) -> None:
    api.answer("/api/generate/submit", answer, status)

    task = go_on(make_task(), work)

    assert (task.status, task.vidgo_id) == ("not_started", "paid-1")


def test_only_files_that_the_query_names_count_towards_saved(
    api: Recorder, task: Task, work: Work, storage: FileServer
) -> None:
    report(task, "finished", drums=storage.url + "/true.bin", bass=storage.url + "/missing.bin")
    say(api, task, "finished", drums=storage.url + "/true.bin")

    go_on(task, work)
    go_on(task, work)

    assert not Asset.objects.exclude(state=Asset.State.SAVED).exists()
    assert task.saved_at


@pytest.mark.parametrize("known", [True, False], ids=["at another address", "besides"])
def test_a_task_is_saved_only_once_what_came_last_is(
    api: Recorder, task: Task, work: Work, storage: FileServer, known: bool
) -> None:
    report(task, "finished", drums=storage.url + "/forged.bin")
    for asset in task.assets.all():
        jobs.save.call(asset.pk)
    task.refresh_from_db()
    assert task.saved_at
    files = {"drums" if known else "bass": storage.url + "/missing.bin"}
    say(api, task, "finished", **files)

    go_on(task, work)

    assert task.confirmed_at
    assert task.saved_at is None
