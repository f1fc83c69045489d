"""What an API that errs, stammers or contradicts itself must not cost the team."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from studio import jobs, lifecycle
from studio.leases import hold, take
from studio.models import Account, Delivery, Task
from studio.vidgo.client import Away
from tests.callbacks import call_back
from tests.recorder import Recorder
from tests.timing import pass_time

SUBMIT = "/api/generate/submit"
Work = Callable[[], None]
MakeTask = Callable[..., Task]


def make_due(task: Task) -> None:
    Task.objects.filter(pk=task.pk, due_at__isnull=False).update(
        due_at=timezone.now(), held_until=None
    )


@pytest.mark.parametrize(
    "body",
    [
        {"status": "text_generated"},
        {"code": 200, "data": {"status": "first_complete"}},
        {"files": [{"audio_id": "a", "audio_url": "https://cdn.example.com/a.mp3"}]},
    ],
)
def test_a_callback_without_an_id_proves_that_the_task_was_taken(
    api: Recorder, work: Work, make_task: MakeTask, body: dict[str, Any]
) -> None:
    api.answer(SUBMIT, {"code": 504, "message": "gateway"}, 504)
    task = make_task()
    work()

    call_back(task, body)
    make_due(task)
    work()

    task.refresh_from_db()
    assert task.status == "unconfirmed"
    assert len(api.submits) == 1


def test_a_callback_left_unread_by_a_crash_keeps_the_task_from_being_sent(
    api: Recorder, make_task: MakeTask
) -> None:
    task = make_task()
    sending = lifecycle.begin_send(task.pk, _lease(task))
    assert sending
    early = json.dumps({"task_id": "paid-1", "status": "running"})
    Delivery.objects.create(task=task, origin="callback", body=early, note=lifecycle.WAITS)
    Task.objects.filter(pk=task.pk).update(
        status="pending", sent_at=None, due_at=timezone.now(), held_until=None
    )

    assert lifecycle.begin_send(task.pk, _lease(task)) is None

    lifecycle.apply_waiting(task.pk)
    task.refresh_from_db()
    assert (task.status, task.vidgo_id) == ("running", "paid-1")


def test_an_away_answer_and_its_waiting_callback_end_as_taken(
    api: Recorder, make_task: MakeTask
) -> None:
    task = make_task()
    sending = lifecycle.begin_send(task.pk, _lease(task))
    assert sending
    call_back(task, {"task_id": "paid-1", "status": "running"})

    lifecycle.record_answer(task.pk, sending.lease, Away("gateway"))

    task.refresh_from_db()
    assert (task.status, task.vidgo_id) == ("running", "paid-1")


def test_a_late_no_does_not_have_a_task_sent_again_that_a_person_gave_up(
    api: Recorder, make_task: MakeTask
) -> None:
    task = make_task()
    sending = lifecycle.begin_send(task.pk, _lease(task))
    assert sending
    Task.objects.filter(pk=task.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    lifecycle.expire_sends()
    lifecycle.give_up(task.pk, None)

    lifecycle.record_answer(task.pk, sending.lease, Away("gateway"))

    task.refresh_from_db()
    assert (task.status, task.error_code) == ("failed", "given_up")


def test_an_answer_to_a_question_that_another_worker_asks_by_now_changes_nothing(
    api: Recorder, work: Work, make_task: MakeTask
) -> None:
    task = make_task()
    work()
    make_due(task)
    late = take(Task, task.pk, 60)
    Task.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert take(Task, task.pk, 60)
    before = Task.objects.filter(pk=task.pk).values().get()

    lifecycle.record_query(task.pk, late, Away("gateway"))

    assert Task.objects.filter(pk=task.pk).values().get() == before


def test_of_two_workers_only_one_takes_a_row(api: Recorder, make_task: MakeTask) -> None:
    task = make_task()

    assert hold(Task, task.pk)
    assert not hold(Task, task.pk), "it lies in the queue already"
    assert take(Task, task.pk, 60)
    assert not take(Task, task.pk, 60)


def test_a_queue_that_nobody_works_on_does_not_grow_without_end(
    api: Recorder, work: Work, make_task: MakeTask
) -> None:
    task = make_task()
    for _ in range(jobs.FULL + 20):
        jobs.sweep()
        pass_time(60)

    assert DBTaskResult.objects.count() <= jobs.FULL
    work()
    task.refresh_from_db()
    assert (task.status, len(api.submits)) == ("not_started", 1)


def test_an_answer_is_recorded_although_the_database_is_away_for_a_moment(
    api: Recorder, work: Work, make_task: MakeTask
) -> None:
    task = make_task()
    went_away: list[str] = []

    def go_away(execute: Any, query: str, *args: Any) -> Any:
        if api.submits and not went_away and query.startswith("UPDATE"):
            went_away.append(query)
            raise OperationalError("The connection is closed.")
        return execute(query, *args)

    with connection.execute_wrapper(go_away):
        work()

    task.refresh_from_db()
    assert went_away
    assert (task.status, len(api.submits)) == ("not_started", 1)


def test_one_address_that_is_none_costs_no_other_result(
    api: Recorder, work: Work, make_task: MakeTask
) -> None:
    task = make_task()
    work()
    task.refresh_from_db()

    files = [{"video_url": "https://cdn.example.com/v.mp4", "thumb": "http://[oops/x.png"}]
    call_back(task, {"task_id": task.vidgo_id, "status": "finished", "files": files})

    assert task.status == "finished"
    assert {asset.url for asset in task.assets.all()} >= {"https://cdn.example.com/v.mp4"}


def test_another_signature_does_not_fetch_again_what_is_saved(
    api: Recorder, work: Work, make_task: MakeTask
) -> None:
    task = make_task()
    work()
    task.refresh_from_db()

    def finished(signature: str) -> dict[str, Any]:
        stems = {n: f"https://cdn.example.com/{n}?s={signature}" for n in ("bass", "drums")}
        files = [{"vocal_removal": stems}]
        return {"task_id": task.vidgo_id, "status": "finished", "files": files}

    call_back(task, finished("1"))
    bass, drums = task.assets.order_by("key")
    bass.state, bass.due_at = "saved", None
    bass.file.name = "results/bass"
    bass.save()
    drums.attempts = 3
    drums.save()

    call_back(task, finished("2"))

    bass.refresh_from_db()
    drums.refresh_from_db()
    assert (bass.state, bass.due_at) == ("saved", None)
    assert drums.url.endswith("s=2")
    # Tried anew with the fresh address, but it does not begin to be counted anew.
    assert drums.attempts == 3


def test_one_task_that_is_refused_does_not_keep_the_others_waiting(
    api: Recorder, work: Work, make_task: MakeTask
) -> None:
    task = make_task()
    for _ in range(lifecycle.MAX_BLOCKED + 1):
        api.answer(SUBMIT, {"code": 403, "message": "Not in your plan."}, 403)
        work()
        # The balance answers: the key is good.
        Account.objects.update(check_at=timezone.now())
        work()
        make_due(task)

    task.refresh_from_db()
    assert (task.status, task.error) == ("failed", "Not in your plan.")


def test_what_the_api_repeats_of_our_secrets_is_not_shown(
    api: Recorder,
    work: Work,
    make_task: MakeTask,
    settings: LazySettings,
    signed_in: Client,
) -> None:
    settings.VIDGO_API_KEY = "sk-verysecretkey123456"
    task = make_task()
    address = f"https://your-domain.com/callback/{task.callback_token}/"
    message = f"callback_url {address} is not reachable with {settings.VIDGO_API_KEY}"
    api.answer(SUBMIT, {"code": 422, "message": message}, 422)
    work()

    page = signed_in.get(task.get_absolute_url()).content.decode()

    assert "is not reachable" in page
    assert task.callback_token not in page
    assert settings.VIDGO_API_KEY not in page


@pytest.mark.parametrize("number", ["9" * 19, "9" * 25])
def test_a_number_too_large_for_the_database_is_not_found(signed_in: Client, number: str) -> None:
    for path in ("media/{}/peaks.json", "media/uploads/{}/peaks.json", "tasks/{}/", "songs/{}/"):
        assert signed_in.get("/" + path.format(number)).status_code == 404
    sent = signed_in.post("/new/add-instrumental/", {"upload": number, "title": "T"})
    assert sent.status_code == 200
    assert "T" in sent.content.decode()


def test_a_day_before_all_days_is_no_error(signed_in: Client, settings: LazySettings) -> None:
    settings.TIME_ZONE = "Europe/Vienna"

    assert signed_in.get("/tasks/?since=0001-01-01").status_code == 200


def test_a_form_gone_back_to_and_changed_is_another_wish(signed_in: Client) -> None:
    form = {"form_key": "6a0d1c3e-1f64-4c27-9d0b-3c1be6a40101", "task_id": "s-1", "audio_id": "a"}
    first = signed_in.post("/new/create-music-video/", form)
    same = signed_in.post("/new/create-music-video/", form)
    changed = signed_in.post("/new/create-music-video/", {**form, "audio_id": "b"})
    twice = signed_in.post("/new/create-music-video/", {**form, "audio_id": "b"})

    assert first.headers["Location"] == same.headers["Location"]
    assert changed.headers["Location"] == twice.headers["Location"]
    assert Task.objects.count() == 2


def _lease(task: Task) -> str:
    Task.objects.filter(pk=task.pk).update(held_until=None)
    return take(Task, task.pk, 60)
