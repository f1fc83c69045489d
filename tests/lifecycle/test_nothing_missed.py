"""Nothing missed: whatever becomes of the callbacks, the end is as if all had gone well."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from studio.lifecycle import incoming
from studio.models import Delivery, Event, Task
from tests.product import until
from tests.recorder import Recorder
from tests.timing import pass_time
from vidgo_sandbox import SONGS, Sandbox
from vidgo_sandbox.faults import KINDS

Work = Callable[[], None]
SONG = {"task_id": SONGS[0].task_id, "audio_id": SONGS[0].audio_ids[0]}
INSTRUMENTAL = {"upload_url": "https://example.com/a.mp3"}
FORMS: dict[str, dict[str, str]] = {
    "create-music-video": SONG,
    "generate-persona": {**SONG, "name": "Voice", "description": "Warm"},
    "add-instrumental": {**INSTRUMENTAL, "title": "T", "tags": "a", "negative_tags": "b"},
}


@pytest.mark.parametrize("model", FORMS)
@pytest.mark.parametrize("fault", [*KINDS["callback"], "early"])
def test_the_end_is_the_same_whatever_becomes_of_the_callbacks(
    sandbox: Sandbox, signed_in: Client, work: Work, fault: str, model: str
) -> None:
    if fault == "early":
        sandbox.script += [("submit", "early")]
    else:
        sandbox.script += [("callback", fault)] * 3

    signed_in.post(f"/new/{model}/", FORMS[model])
    task = _finish(work)

    (there,) = sandbox.ledger()
    assert (task.status, task.vidgo_id) == ("finished", there["task_id"])
    final = {file["sha256"] for file in there["files"] if file["final"]}
    assert {asset.sha256 for asset in task.assets.all() if asset.file} == final
    assert all(asset.state == "saved" for asset in task.assets.all())
    assert task.saved_at
    assert len(sandbox.requests()) == 1
    if model == "generate-persona":
        assert task.assets.get().value
    if model == "add-instrumental":
        assert task.tracks.count() == 2


def _finish(work: Work) -> Task:
    """Work until all is done, and let time pass meanwhile."""
    task = Task.objects.get()

    def is_done() -> bool:
        work()
        pass_time(2)
        task.refresh_from_db()
        return task.status == "finished" and task.saved_at is not None

    until(is_done, f"the end of {task}")
    return task


@pytest.fixture
def taken(api: Recorder, signed_in: Client, work: Work) -> Task:
    """A task that the API has taken and is making."""
    signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/a.mp3"})
    work()
    return Task.objects.get(status="not_started")


def tell(task: Task, status: str, *files: Any, **more: Any) -> None:
    """Call back as the API does, without a session."""
    data = {"task_id": task.vidgo_id, "status": status, "files": list(files), **more}
    path = f"/callback/{task.callback_token}/"
    assert Client().post(path, data, "application/json").status_code == 200
    task.refresh_from_db()


DRUMS = {"vocal_removal": {"drums": "https://cdn.example.com/drums.mp3"}}


@pytest.mark.parametrize("late", ["failed", "running", "not_started", "queued", ""])
def test_a_finished_task_never_goes_back(taken: Task, late: str) -> None:
    tell(taken, "finished", DRUMS)

    tell(taken, late, error_message="It failed.")

    assert (taken.status, taken.error) == ("finished", "")
    assert taken.assets.count() == 1


def test_a_result_is_kept_even_if_a_failed_came_before_it(taken: Task) -> None:
    tell(taken, "failed", error_message="It failed.")
    assert taken.status == "failed"

    tell(taken, "finished", DRUMS)

    assert (taken.status, taken.error) == ("finished", "")
    assert taken.assets.count() == 1


def test_a_failed_that_only_a_callback_told_is_asked_for(
    taken: Task, api: Recorder, work: Work
) -> None:
    data = {"task_id": taken.vidgo_id, "status": "finished", "files": [DRUMS]}
    api.answer("/api/generate/detail/music", {"code": 503}, 503)
    api.answer("/api/generate/detail/music", {"code": 200, "data": data})
    tell(taken, "failed", error_message="It failed.")
    for _ in range(3):
        pass_time(3600)
        work()

    taken.refresh_from_db()
    assert taken.status == "finished"


def test_a_failed_that_the_query_takes_back_goes_on(taken: Task, work: Work) -> None:
    # The API in these tests says of every task that it is running.
    tell(taken, "failed", error_message="It failed.")
    pass_time(10)
    work()

    taken.refresh_from_db()
    assert (taken.status, taken.error) == ("running", "")


def test_a_callback_with_another_tasks_id_changes_nothing(taken: Task) -> None:
    path = f"/callback/{taken.callback_token}/"
    body = {"task_id": "task-unified-other", "status": "finished", "files": [DRUMS]}
    Client().post(path, body, "application/json")

    taken.refresh_from_db()
    assert taken.status == "not_started"
    assert not taken.assets.exists()
    delivery = Delivery.objects.get(task=taken, origin="callback")
    assert "no task here has" in delivery.note
    # It may be paid for all the same: whoever looks after the studio still sees it.
    assert delivery.applied_at is None
    told = "Vidgo called back for another task, task-unified-other: bring it in"
    assert taken.events.latest("pk").text == told


def test_an_id_that_is_another_rows_settles_nothing(
    taken: Task, api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer("/api/generate/submit", b"")
    signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/b.mp3"})
    work()
    lost = Task.objects.get(status="unconfirmed")
    body = {"task_id": taken.vidgo_id, "status": "finished", "files": [DRUMS]}
    Client().post(f"/callback/{lost.callback_token}/", body, "application/json")

    lost.refresh_from_db()
    assert (lost.status, lost.vidgo_id) == ("unconfirmed", None)
    assert Delivery.objects.get(task=lost).note == "For another task."


def test_a_callback_before_the_submits_own_answer_waits_for_it(
    sandbox: Sandbox, signed_in: Client, work: Work
) -> None:
    # The first callback is made, and answered, before the submit is.
    sandbox.script += [("submit", "early")]
    signed_in.post("/new/create-music-video/", SONG)
    work()

    task = Task.objects.get()
    assert task.status == "finished"
    called_back = task.deliveries.filter(origin="callback")
    assert [delivery.note for delivery in called_back] == [""]
    texts = [event.text for event in task.events.all()]
    assert texts.index("Vidgo accepted it") < texts.index("Vidgo finished")


def test_what_was_kept_and_not_applied_is_applied_by_the_sweep(
    taken: Task, work: Work, api: Recorder
) -> None:
    # As a web server leaves it that is killed between keeping and applying.
    body = {"task_id": taken.vidgo_id, "status": "finished", "files": [DRUMS]}
    api.told[str(taken.vidgo_id)] = body
    left = Delivery.objects.create(task=taken, origin="callback", body=json.dumps(body))
    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    work()

    taken.refresh_from_db()
    left.refresh_from_db()
    assert taken.status == "finished"
    assert left.applied_at


@pytest.mark.parametrize(
    ("status", "note", "age", "is_applied"),
    [
        ("running", "", 90, True),
        ("running", incoming.WAITS, 90, True),
        ("running", "", 30, False),
        ("running", incoming.UNCLAIMED, 90, False),
        ("running", "Could not be applied: KeyError", 90, False),
        ("unconfirmed", "", 90, True),
        ("pending", "", 90, True),
        ("being sent", "", 90, False),
        ("being sent", incoming.WAITS, 90, False),
    ],
)
def test_the_sweep_applies_what_nobody_else_is_about_to(
    api: Recorder,
    make: Callable[..., Task],
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    note: str,
    age: float,
    is_applied: bool,
) -> None:
    monkeypatch.setattr(incoming, "LEFT_BEHIND", 60)
    soon = timezone.now() + timedelta(hours=1)
    states: dict[str, dict[str, Any]] = {
        "running": {"status": "running", "vidgo_id": "t-1"},
        "unconfirmed": {"status": "unconfirmed", "sent_at": timezone.now()},
        "pending": {"status": "pending"},
        "being sent": {"status": "pending", "sent_at": timezone.now(), "held_until": soon},
    }
    left = make(**states[status]).deliveries.create(origin="callback", body='{"task_id": "t-1"}')
    received = timezone.now() - timedelta(seconds=age)
    Delivery.objects.update(note=note, received_at=received)

    work()

    left.refresh_from_db()
    assert bool(left.applied_at) is is_applied
    assert is_applied or left.note == note


def test_what_is_applied_the_sweep_leaves_alone(taken: Task, work: Work) -> None:
    tell(taken, "running")
    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    applied = Delivery.objects.get(origin="callback")
    work()

    assert Delivery.objects.get(pk=applied.pk).applied_at == applied.applied_at


@pytest.mark.parametrize(
    ("marks", "was_sent"),
    [({}, False), ({"attempts": 1}, True), ({"sent_at": 1}, True), ({"accepted_at": 1}, True)],
)
def test_any_sign_of_having_been_sent_lets_a_callback_name_the_task(
    make: Callable[..., Task], marks: dict[str, Any], was_sent: bool
) -> None:
    now = timezone.now()
    task = make("unconfirmed", **{name: now if "_at" in name else 1 for name in marks})

    path = f"/callback/{task.callback_token}/"
    Client().post(path, {"task_id": "t-1", "status": "running"}, "application/json")

    task.refresh_from_db()
    assert task.vidgo_id == ("t-1" if was_sent else None)
    assert task.deliveries.get().note == ("" if was_sent else "This task was never sent.")


def test_a_callback_waits_its_turn_behind_one_that_is_not_applied_yet(
    taken: Task, work: Work, api: Recorder
) -> None:
    # As it is while another process has kept the first, and is about to apply it.
    data = {"task_id": taken.vidgo_id, "status": "finished", "files": [DRUMS]}
    Delivery.objects.create(task=taken, origin="callback", body=json.dumps(data))
    newer = {"vocal_removal": {"drums": "https://cdn.example.com/newer.mp3"}}

    tell(taken, "finished", newer)
    api.told[str(taken.vidgo_id)] = {"status": "finished", "files": [newer]}

    assert taken.status == "not_started"
    assert taken.deliveries.filter(applied_at=None).count() == 2
    Delivery.objects.update(received_at=F("received_at") - timedelta(minutes=1))
    work()
    taken.refresh_from_db()
    assert taken.status == "finished"
    assert not taken.deliveries.filter(applied_at=None).exists()
    assert taken.assets.get().url.endswith("newer.mp3")


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_callback_during_which_the_database_goes_away_is_applied_later(
    taken: Task, work: Work, api: Recorder, kind: type[Exception]
) -> None:
    api.told[str(taken.vidgo_id)] = {"status": "finished", "files": [DRUMS]}

    def go_away(execute: Any, query: str, *args: Any) -> Any:
        if query.startswith("INSERT") and "studio_asset" in query:
            raise kind("The connection is closed.")
        return execute(query, *args)

    with connection.execute_wrapper(go_away):
        tell(taken, "finished", DRUMS)
    assert taken.status == "not_started"

    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    work()

    taken.refresh_from_db()
    assert taken.status == "finished"


def test_the_same_news_told_again_is_told_once(taken: Task) -> None:
    tell(taken, "finished", DRUMS)
    before = Event.objects.count()
    for _ in range(5):
        tell(taken, "finished", DRUMS)

    assert Event.objects.count() == before
    assert taken.assets.count() == 1


# ------------------------------------------------------------ bodies nobody thought of

words = st.sampled_from(
    ["finished", "failed", "running", "not_started", "FINISHED", "queued", "", "\x00", "task"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | words
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
names = st.sampled_from(
    [
        *("task_id", "status", "files", "data", "code", "error", "message", "error_message"),
        *("audio_id", "audio_url", "image_url", "video_url", "persona_id", "generate_cover"),
        *("vocal_removal", "bass ", "drums_url  ", "title", "tags", "duration", "prompt"),
        *("credits_amount", "progress", "created_time"),
    ]
)
urls = st.sampled_from(
    ["https://cdn.example.com/a.mp3", "http://127.0.0.1/x", "file:///etc/passwd", "https://", "//x"]
)
alike = st.recursive(
    scalars | urls,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names, inner, max_size=6)
        | st.dictionaries(names, inner, max_size=4).map(json.dumps)
    ),
    max_leaves=20,
)
bodies = (
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | documents.map(lambda body: json.dumps(body).encode())
    | alike.map(lambda body: json.dumps(body).encode())
    | st.dictionaries(names, alike, max_size=8).map(lambda body: json.dumps(body).encode())
    | st.fixed_dictionaries(
        {"status": words, "files": st.lists(st.dictionaries(names, alike, max_size=5), max_size=3)}
    ).map(lambda data: json.dumps({"code": 200, "data": data}).encode())
)
# `make chaos` tries 2,500 in each of the four, the suite fewer; always the same ones.
many = examples(
    max_examples=int(os.environ.get("TEST_EXAMPLES", "100")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# One for all: each client loads all middleware anew.
API = Client(raise_request_exception=False)


def _task(status: str, **values: Any) -> Task:
    number = Task.objects.count()
    return Task.objects.create(
        operation="add-instrumental",
        status=status,
        input=INSTRUMENTAL,
        form_key=f"00000000-0000-0000-0000-{number:012}",
        **values,
    )


def _post(task: Task, body: bytes) -> None:
    answer = API.post(f"/callback/{task.callback_token}/", body, "application/json")
    assert answer.status_code == 200, body
    assert "Could not be applied" not in task.deliveries.latest("pk").note, body
    task.refresh_from_db()


@pytest.mark.slow
@pytest.mark.django_db
@many
@given(body=bodies)
@example(body=b'{"status": "finished"}')
def test_no_body_starts_a_task_that_was_never_sent(body: bytes) -> None:
    task = _task("pending")

    _post(task, body)

    assert (task.status, task.vidgo_id) == ("pending", None)
    assert not task.assets.exists()


@pytest.mark.slow
@pytest.mark.django_db
@many
@given(body=bodies)
@example(body=b'{"status": "failed", "error_message": "x"}')
def test_no_body_takes_a_finished_task_back(body: bytes) -> None:
    task = _task("finished", vidgo_id=f"t-{Task.objects.count()}", saved_at=timezone.now())
    url = "https://cdn.example.com/kept.mp3"
    kept = task.assets.create(key="a.audio", kind="audio", label="A", url=url, state="saved")

    _post(task, body)

    kept.refresh_from_db()
    assert task.status == "finished"
    assert (kept.url, kept.state) == (url, "saved")


@pytest.mark.slow
@pytest.mark.django_db
@many
@given(data=st.dictionaries(names, alike, max_size=8), status=words)
def test_no_body_for_another_task_changes_a_task(data: dict[str, Any], status: str) -> None:
    task = _task("running", vidgo_id=f"t-{Task.objects.count()}", accepted_at=timezone.now())
    before = Task.objects.filter(pk=task.pk).values().get()

    _post(task, json.dumps({**data, "task_id": "another", "status": status, "data": None}).encode())

    assert Task.objects.filter(pk=task.pk).values().get() == before
    assert not task.assets.exists()


@pytest.mark.slow
@pytest.mark.django_db
@many
@given(body=bodies)
@example(body=b'{"task_id": "new", "status": "running"}')
def test_no_body_has_an_unconfirmed_task_sent_again(body: bytes) -> None:
    task = _task("unconfirmed", sent_at=timezone.now(), attempts=1)

    _post(task, body)

    assert task.status != "pending"
    assert task.sent_at
    # It is asked for by its id, or not at all.
    assert task.vidgo_id or task.due_at is None
