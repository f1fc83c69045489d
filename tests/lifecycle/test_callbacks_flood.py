"""However much is called back: a task's rows, results and questions are bounded."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.db.models.functions import Length
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from studio.lifecycle import incoming, results
from studio.models import Delivery, Event, Task
from studio.vidgo.payloads import MAX_RESULTS
from tests.recorder import Recorder
from tests.timing import pass_time

CDN = "https://cdn.example.com"
# One for all: each client loads all middleware anew.
API = Client()
Work = Callable[[], None]


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "MAX_KEPT", 8)


@pytest.fixture
def task(api: Recorder, make_task: Callable[..., Task], work: Work) -> Task:
    """A separation that Vidgo has taken."""
    task = make_task("upload-and-separate-vocals", audio_url="https://example.com/a.mp3")
    work()
    task.refresh_from_db()
    return task


def post(task: Task, body: Any) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/callback/{task.callback_token}/"
    assert API.post(path, raw, "application/json").status_code == 200
    task.refresh_from_db()


def text_kept(task: Task) -> int:
    return int(task.deliveries.aggregate(text=Sum(Length("body")))["text"])


FLOODS: dict[str, Callable[[Task, int], Any]] = {
    "that cannot be read": lambda task, number: b"junk %d" % number,
    "of other tasks": lambda task, number: {"task_id": f"x-{number}", "status": "finished"},
    "that contradict each other": lambda task, number: {
        "task_id": task.vidgo_id,
        "status": ("failed", "finished", "running")[number % 3],
        "error_message": f"No. {number}",
        "files": [{f"f{number}": f"{CDN}/{number}"}],
    },
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_bounded_and_the_true_result_gets_in(
    api: Recorder, task: Task, work: Work, kind: str
) -> None:
    for number in range(incoming.MAX_KEPT * 2):
        post(task, FLOODS[kind](task, number))
    events = Event.objects.count()
    for number in range(incoming.MAX_KEPT):
        post(task, FLOODS[kind](task, 1000 + number))

    assert task.deliveries.count() == incoming.MAX_KEPT
    assert task.dropped == incoming.MAX_KEPT * 2
    assert Event.objects.count() == events
    true = {"task_id": task.vidgo_id, "status": "finished", "files": [{"drums": f"{CDN}/true"}]}
    api.told[str(task.vidgo_id)] = true
    post(task, true)
    pass_time(120)
    work()
    task.refresh_from_db()
    assert (task.status, [asset.url for asset in task.assets.all()]) == ("finished", [true_url()])


def true_url() -> str:
    return f"{CDN}/true"


def test_after_a_flood_vidgo_is_asked_once_in_a_while_only(
    api: Recorder, task: Task, work: Work
) -> None:
    api.told[str(task.vidgo_id)] = {"status": "finished", "files": [{"drums": f"{CDN}/true"}]}
    for number in range(incoming.MAX_KEPT + 1):
        post(task, b"junk %d" % number)
    work()
    asked = len(api.queries)

    for number in range(5):
        post(task, b"more junk %d" % number)
        work()

    assert len(api.queries) == asked
    pass_time(incoming.FLOOD_PAUSE)
    work()
    assert len(api.queries) == asked + 1


@pytest.mark.parametrize(("before", "after"), [(30, 30), (600, incoming.FLOOD_PAUSE), (None, 60)])
def test_a_flood_puts_no_question_off(task: Task, before: float | None, after: float) -> None:
    for number in range(incoming.MAX_KEPT + 1):
        post(task, b"junk %d" % number)
    planned = None if before is None else timezone.now() + timedelta(seconds=before)
    Task.objects.update(due_at=planned)

    post(task, b"more junk")

    assert task.due_at
    assert (task.due_at - timezone.now()).total_seconds() == pytest.approx(after, abs=9)
    assert task.deliveries.latest("pk").note == incoming.FLOOD


def test_an_unconfirmed_task_is_settled_in_the_midst_of_a_flood(
    api: Recorder, make_task: Callable[..., Task], work: Work
) -> None:
    api.answer("/api/generate/submit", b"")
    task = make_task()
    work()
    for number in range(incoming.MAX_KEPT + 5):
        post(task, b"junk %d" % number)

    post(task, {"task_id": "paid-1", "status": "finished", "files": [{"video": f"{CDN}/v.mp4"}]})

    assert (task.status, task.vidgo_id) == ("finished", "paid-1")


def test_the_bytes_that_are_kept_of_a_task_are_bounded(task: Task) -> None:
    for number in range(7):
        sent = {"task_id": task.vidgo_id, "status": "running", "n": number, "x": "x" * 900_000}
        post(task, sent)

    assert text_kept(task) <= incoming.MAX_TEXT
    assert json.loads(task.deliveries.latest("pk").body)["n"] == 6


def test_the_newest_is_kept_however_long_and_of_the_others_what_fits(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MAX_TEXT", 30)
    for _ in range(5):
        post(task, b"x" * 10)
    assert [text_kept(task), task.deliveries.count(), task.dropped] == [30, 3, 2]

    post(task, b"y" * 31)

    assert [text_kept(task), task.deliveries.count(), task.dropped] == [31, 1, 5]


@pytest.mark.parametrize("waiting", [1, 7])
def test_what_waits_for_a_person_stays_while_what_is_applied_goes(task: Task, waiting: int) -> None:
    for number in range(waiting):
        post(task, {"task_id": f"paid-{number}", "status": "finished"})
    for number in range(incoming.MAX_KEPT * 2):
        post(task, b"junk %d" % number)

    kept = [one.body for one in task.deliveries.all()]
    assert ["paid-" in body for body in kept] == [True] * waiting + [False] * (len(kept) - waiting)
    newest = range(incoming.MAX_KEPT + waiting, incoming.MAX_KEPT * 2)
    assert kept[waiting:] == [f"junk {number}" for number in newest]


def test_a_flood_takes_nothing_from_another_task(
    api: Recorder, task: Task, make_task: Callable[..., Task], work: Work
) -> None:
    other = make_task()
    work()
    for number in range(incoming.MAX_KEPT):
        post(other, b"junk %d" % number)
        post(task, b"junk %d" % number)
    post(task, b"too much")

    assert (other.deliveries.count(), task.dropped) == (incoming.MAX_KEPT, 1)
    assert Task.objects.get(pk=other.pk).dropped == 0
    told = [one.text for one in task.events.all()]
    assert told.count("More came for this task than is kept: the oldest of it goes") == 1


def test_what_cannot_be_read_is_kept_in_short(task: Task) -> None:
    post(task, b"x" * 900_000)

    assert text_kept(task) == incoming.MAX_UNREADABLE


def test_what_is_not_applied_yet_is_applied_before_it_goes(task: Task) -> None:
    told = {"task_id": task.vidgo_id, "status": "finished", "files": [{"drums": f"{CDN}/true"}]}
    Delivery.objects.create(task=task, origin="callback", body=json.dumps(told))

    for number in range(incoming.MAX_KEPT + 5):
        post(task, b"junk %d" % number)

    assert task.status == "finished"


BOMBS: dict[str, list[Any]] = {
    "40,000 URLs": [
        {f"f{n}": f"h://{n}".replace("h", "http") for n in range(k, k + 200)}
        for k in range(0, 40_000, 200)
    ],
    "keys that are one key": [
        {"audio_id": "a", **{"f" + " " * n: f"http://{k}/{n}" for n in range(50)}}
        for k in range(99)
    ],
    "a key of half a megabyte": [{"k" * 500_000: [f"http://{n}" for n in range(9_000)]}],
    "a thousand songs": [{"audio_id": str(n), "audio_url": f"http://{n}"} for n in range(1000)],
}


@pytest.mark.parametrize("model", ["upload-and-separate-vocals", "add-instrumental"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_one_body_yields_so_many_results_and_no_more(
    api: Recorder,
    make_task: Callable[..., Task],
    work: Work,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    bomb: str,
    model: str,
) -> None:
    task = make_task(model, upload_url="https://example.com/a.mp3", title="T")
    work()
    task.refresh_from_db()
    body = {"task_id": task.vidgo_id, "status": "finished", "files": BOMBS[bomb]}

    with django_assert_max_num_queries(40 + 4 * MAX_RESULTS):
        post(task, body)

    assert task.status == "finished"
    assert 0 < task.assets.count() <= MAX_RESULTS
    assert "more results" in task.deliveries.latest("pk").note


def test_many_bodies_yield_so_many_results_for_one_task_and_no_more(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MAX_ASSETS", 250)
    for body in range(3):
        files = [{f"f{body}-{n}": f"{CDN}/{body}/{n}" for n in range(MAX_RESULTS)}]
        post(task, {"task_id": task.vidgo_id, "status": "running", "files": files})

    assert task.assets.count() == 250
