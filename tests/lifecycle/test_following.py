"""From whatever state, by whatever is told: what becomes of a task, and whether Vidgo is asked."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.models import Task
from tests.callbacks import call_back
from tests.recorder import Recorder

CDN = "https://cdn.example.com"
STEMS = "upload-and-separate-vocals"
TOLD = ("not_started", "running", "finished", "failed")
# By what is told, in that order. "!": Vidgo is asked at once. ".": nobody is to be asked any more.
CALLED_BACK = {
    "not_started": "not_started running! finished! failed!",
    "running": "running running finished! failed!",
    "finished": "finished finished finished finished",
    "finished and left alone": "finished! finished! finished! finished!",
    "finished and confirmed": "finished. finished. finished. finished!",
    "failed": "failed failed finished! failed!",
    "failed and confirmed": "failed. failed. finished! failed.",
    "cancelled and left alone": "cancelled! cancelled! finished! cancelled!",
}
ASKED = {
    "not_started": "not_started running finished. failed.",
    "running": "running running finished. failed.",
    "finished": "not_started running finished. failed.",
    "finished and confirmed": "finished finished finished. finished",
    "failed": "not_started running finished. failed.",
    "failed and confirmed": "not_started running finished. failed.",
    "cancelled and left alone": "not_started running finished. cancelled",
}
Make = Callable[..., Task]
Work = Callable[[], None]


def cases(table: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (state, told, end)
        for state, ends in table.items()
        for told, end in zip(TOLD, ends.split(), strict=True)
    ]


@pytest.fixture
def in_state(make: Make) -> Callable[[str], Task]:
    """Return a call that makes a task in one of the states above, to be asked for in an hour."""

    def run(state: str) -> Task:
        status = state.split()[0]
        now = timezone.now()
        is_asked_for = " " not in state
        task = make(
            status,
            vidgo_id="t-1",
            accepted_at=now,
            confirmed_at=now if state.endswith("confirmed") else None,
            due_at=now + timedelta(hours=1) if is_asked_for else None,
            error="Before." if status == "failed" else "",
            error_code="before" if status == "failed" else "",
        )
        if status == "finished":
            drums = {"key": "0.drums", "kind": "stem", "label": "Drums", "url": f"{CDN}/drums"}
            task.assets.create(**drums, state="saved")
        return task

    return run


def data(told: str) -> dict[str, Any]:
    files = [{"drums": f"{CDN}/drums"}] if told == "finished" else []
    reason = {"error_message": "Now."} if told == "failed" else {}
    return {"task_id": "t-1", "status": told, "files": files, **reason}


def ask(api: Recorder, task: Task, work: Work, told: dict[str, Any]) -> None:
    api.told[str(task.vidgo_id)] = told
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now())
    work()
    task.refresh_from_db()


def asked_for(task: Task) -> str:
    if task.due_at is None:
        return "."
    return "!" if task.due_at <= timezone.now() else ""


@pytest.mark.parametrize(("state", "told", "end"), cases(CALLED_BACK))
def test_what_is_called_back_shows_unless_more_is_known(
    in_state: Callable[[str], Task], state: str, told: str, end: str
) -> None:
    task = in_state(state)
    was_confirmed, was_due = task.confirmed_at, task.due_at

    call_back(task, data(told))

    assert task.status + asked_for(task) == end
    assert end[-1] == "!" or task.due_at == was_due
    is_the_same = task.status == state.split()[0]
    assert task.confirmed_at == (was_confirmed if is_the_same else None)
    is_new = told == "failed" and not was_confirmed
    errors = {"failed": ("Now.", "vidgo") if is_new else ("Before.", "before")}
    assert (task.error, task.error_code) == errors.get(task.status, ("", ""))
    assert task.assets.count() == (task.status == "finished")


@pytest.mark.parametrize(("state", "told", "end"), cases(ASKED))
def test_what_is_answered_counts(
    api: Recorder,
    work: Work,
    in_state: Callable[[str], Task],
    state: str,
    told: str,
    end: str,
) -> None:
    task = in_state(state)

    ask(api, task, work, data(told))

    assert task.status + asked_for(task) == end
    assert bool(task.confirmed_at) is (end[-1] == "." or state == "finished and confirmed")
    error = ("Now.", "vidgo") if task.status == "failed" else ("", "")
    assert (task.error, task.error_code) == error
    assert task.once_key is None
    had_some = state.startswith("finished") and told != "failed"
    assert task.assets.count() == (task.status == "finished" or had_some)


@pytest.mark.parametrize(
    ("is_asked", "told", "text"),
    [
        (False, "not_started", "Vidgo has it in its queue"),
        (False, "running", "Vidgo is making it"),
        (False, "finished", "Vidgo finished"),
        (False, "failed", "Vidgo could not finish it: Now."),
        (True, "running", "Vidgo is making it (told when asked)"),
        (True, "finished", "Vidgo finished (told when asked)"),
        (True, "failed", "Vidgo could not finish it (told when asked): Now."),
    ],
)
def test_the_history_says_what_was_told_and_how(
    api: Recorder, work: Work, make: Make, is_asked: bool, told: str, text: str
) -> None:
    task = make("unconfirmed", sent_at=timezone.now(), attempts=1)
    if is_asked:
        Task.objects.update(vidgo_id="t-1", status="not_started")
        task.refresh_from_db()
        ask(api, task, work, data(told))
    else:
        call_back(task, data(told))

    assert task.events.latest("pk").text == text
    assert task.error == ("Now." if told == "failed" else "")


def test_what_comes_later_is_more_of_the_result(make: Make) -> None:
    task = make("running", vidgo_id="t-1")
    for name in ("drums", "bass", "bass"):
        call_back(task, {**data("running"), "files": [{name: f"{CDN}/{name}"}]})

    told = [event.text for event in task.events.all()]
    assert told == ["Made", *["More of the result came"] * 2]


@pytest.mark.parametrize(
    ("before", "told", "is_taken"),
    [
        ("not_started", "not_started", True),
        ("not_started", "running", True),
        ("running", "not_started", False),
        ("running", "running", True),
        ("running", "finished", True),
        ("running", "failed", False),
        ("running", "queued", True),
        ("finished", "running", False),
        ("finished", "finished", True),
        ("finished", "queued", False),
        ("finished", "failed", False),
        ("failed", "running", True),
    ],
)
def test_another_address_counts_where_the_stage_is_no_earlier(
    make: Make, before: str, told: str, is_taken: bool
) -> None:
    task = make(before, vidgo_id="t-1")
    drums = task.assets.create(key="0.drums", kind="stem", label="Drums", url=f"{CDN}/first")

    call_back(task, {**data(told), "files": [{"drums": f"{CDN}/second"}]})

    drums.refresh_from_db()
    assert drums.url == f"{CDN}/{'second' if is_taken else 'first'}"


def test_what_is_saved_only_an_answer_replaces(api: Recorder, work: Work, make: Make) -> None:
    song = {"task_id": "song-1", "audio_id": "audio-1"}
    task = make("running", vidgo_id="t-1", operation="generate-persona", input=song)
    for name in ("first", "second"):
        call_back(task, {**data("finished"), "files": [{"persona_id": name}]})
        assert (task.assets.get().value, bool(task.saved_at)) == ("first", True)

    ask(api, task, work, {"status": "finished", "files": [{"persona_id": "second"}]})

    assert task.assets.get().value == "second"
    assert task.saved_at


@pytest.mark.parametrize("is_free", [True, False])
@pytest.mark.parametrize("told", ["running", "finished"])
def test_what_is_made_once_is_held_again_unless_another_has_it(
    api: Recorder, work: Work, make: Make, told: str, is_free: bool
) -> None:
    song = {"task_id": "song-1", "audio_id": "audio-1"}
    key = "create-music-video:song-1:audio-1"
    video = {"operation": "create-music-video", "input": song, "vidgo_id": "t-1"}
    task = make("failed", **video)
    if not is_free:
        make("running", operation="create-music-video", once_key=key)

    ask(api, task, work, {"status": told, "files": [{"video": f"{CDN}/v.mp4"}]})

    assert (task.status, task.once_key) == (told, key if is_free else None)


def test_what_failed_lets_go_of_what_is_made_once(make: Make) -> None:
    task = make("running", vidgo_id="t-1", once_key="key")

    call_back(task, data("failed"))

    assert task.once_key is None
    assert task.finished_at


def test_what_was_taken_back_after_a_try_is_followed_once_it_is_named(
    make: Make, signed_in: Client
) -> None:
    task = make("pending", attempts=1)
    signed_in.post(f"/tasks/{task.pk}/cancel/")

    call_back(task, data("running"))

    told = "A callback told the task_id: Vidgo is asked for what became of it"
    assert (task.status, task.vidgo_id, task.due_at is None) == ("cancelled", "t-1", False)
    # Tries to send it are no questions about it.
    assert task.attempts == 0
    assert task.events.filter(text=told).count() == 1


def test_a_callback_without_a_name_leaves_it_to_a_person(make: Make) -> None:
    task = make("pending", attempts=1)

    call_back(task, {"status": "finished"})

    assert (task.status, task.error_code, task.due_at) == ("unconfirmed", "unknown", None)
    assert task.events.latest("pk").text == f"Unconfirmed: {task.error}"


@pytest.mark.parametrize(("told", "is_back"), [("running", True), ("failed", False)])
def test_what_comes_to_nothing_stays_in_the_trash(make: Make, told: str, is_back: bool) -> None:
    task = make("not_started", vidgo_id="t-1", deleted_at=timezone.now())

    call_back(task, data(told))

    assert (task.deleted_at is None) is is_back


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ({"task_id": "t-1", "status": "running"}, ""),
        ({"task_id": "t-1"}, "No status that is known: the task is asked for."),
        ({"task_id": "t-1", "files": [{"drums": f"{CDN}/drums"}]}, ""),
        ({"status": "running"}, "It names no task_id: it changes nothing, and Vidgo is asked."),
        ([], "It could not be read."),
    ],
)
def test_what_was_odd_about_a_callback_is_noted(make: Make, told: Any, note: str) -> None:
    task = make("running", vidgo_id="t-1", due_at=timezone.now() + timedelta(hours=1))

    call_back(task, told)

    kept = task.deliveries.get()
    assert (kept.note, json.loads(kept.body)) == (note, told)
    assert kept.applied_at
    is_plain = isinstance(told, dict) and told.get("status") and told.get("task_id")
    assert asked_for(task) == ("" if is_plain else "!")
