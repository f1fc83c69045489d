"""The administrators' page: every question answered, every action done there, told with a name."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from studio import lifecycle
from studio.lifecycle import account
from studio.models import Account, Asset, Beat, Delivery, Event, Task
from studio.running import health
from vidgo_site import VERSION

Status = Task.Status


@pytest.fixture
def chief(admin_client: Client) -> Client:
    """The administrator's browser."""
    return admin_client


def state(task: Task, status: str, **values: Any) -> Task:
    """Put a task where the test needs it."""
    Task.objects.filter(pk=task.pk).update(status=status, **values)
    task.refresh_from_db()
    return task


def text(page: str) -> str:
    return " ".join(page.split())


def did(chief: Client, table: str, action: str, pk: int, **more: str) -> None:
    """Do an action from the cockpit, which is come back to."""
    form = {"action": action, "_selected_action": str(pk), "cockpit": "1", **more}
    response = chief.post(f"/admin/studio/{table}/", form)
    assert response.status_code == 302
    assert response.headers["Location"] == "/admin/"


def told_by_admin(task: Task) -> list[str]:
    return [e.text for e in Event.objects.filter(task=task, actor__username="admin")]


def test_an_empty_house_is_no_error(chief: Client) -> None:
    page = text(chief.get("/admin/").text)
    assert "silent" in page
    assert "never heard of" in page


def test_every_question_has_its_answer(chief: Client, make_task: Any, ann: User) -> None:
    health.beat()
    Account.objects.update(balance=Decimal("123.5"), balance_at=timezone.now())
    now = timezone.now()
    state(make_task(), Status.PENDING, title="Waiting song")
    state(make_task(), Status.UNCONFIRMED, title="Lost song", error="The connection broke.")
    state(make_task(), Status.FAILED, title="Failed song", finished_at=now, error="No such track")
    old = state(make_task(), Status.FAILED, finished_at=now - timedelta(days=2))
    Task.objects.filter(pk=old.pk).update(title="Old failure")
    ready = state(make_task(), Status.FINISHED, sent_at=now, finished_at=now, title="Rescued song")
    Delivery.objects.create(task=ready, origin="query", body="{}", applied_at=now)
    called = state(make_task(), Status.FINISHED, sent_at=now, finished_at=now)
    Delivery.objects.create(task=called, origin="callback", body="{}", applied_at=now)
    Delivery.objects.create(task=called, origin="query", body="{}", applied_at=now)
    odd = Delivery.objects.create(task=called, origin="callback", body="x", note="Not JSON at all")
    Asset.objects.create(
        task=called, key="a", kind="video", label="Film", state="failed", error="Gone"
    )
    page = text(chief.get("/admin/").text)
    for answer in (
        *("alive", "good", "123.5", "Waiting song", "Sending</dt> <dd> 1"),
        *("Needs you</dt> <dd> 1",),
        *("Lost song", "Failed song", "No such track", "Callbacks that came</dt> <dd> 2"),
        *("Found by polling</dt> <dd> 1", "Could not be saved</dt> <dd> 1", "Film", "Gone"),
        *(f"/admin/studio/delivery/{odd.pk}/change/", "Not JSON at all", " %</meter>", "free"),
    ):
        assert answer in page, answer
    assert "Old failure" not in page


def test_a_refused_key_and_a_low_balance_are_seen(chief: Client) -> None:
    account.block("key", "Invalid API key")
    Account.objects.update(balance=Decimal("3"), warn_below=Decimal("10"))
    page = text(chief.get("/admin/").text)
    assert "refused" in page
    assert "Invalid API key" in page
    assert "warns below 10" in page


def test_what_is_not_sent_is_cancelled(chief: Client, make_task: Any) -> None:
    task = make_task()
    did(chief, "task", "cancel", task.pk)
    task.refresh_from_db()
    assert task.status == Status.CANCELLED
    assert told_by_admin(task) == ["Cancelled"]


def test_what_is_sent_cannot_be_cancelled_and_the_page_says_so(
    chief: Client, make_task: Any
) -> None:
    task = state(make_task(), Status.RUNNING, sent_at=timezone.now(), vidgo_id="t1")
    did(chief, "task", "cancel", task.pk)
    assert "cannot be taken back" in chief.get("/admin/").text
    assert told_by_admin(task) == []


def test_a_task_is_asked_for_now(chief: Client, make_task: Any) -> None:
    later = timezone.now() + timedelta(hours=1)
    task = state(make_task(), Status.RUNNING, sent_at=later, vidgo_id="t1", due_at=later)
    did(chief, "task", "ask_now", task.pk)
    task.refresh_from_db()
    assert task.due_at
    assert task.due_at < later
    assert told_by_admin(task) == ["Asked for by hand"]


def test_an_unconfirmed_task_takes_a_task_id(chief: Client, make_task: Any) -> None:
    task = state(make_task(), Status.UNCONFIRMED, sent_at=timezone.now())
    for wrong in ("", "  ", "x" * 201):
        did(chief, "task", "adopt", task.pk, task_id=wrong)
        assert "Give the task_id" in chief.get("/admin/").text
    did(chief, "task", "adopt", task.pk, task_id="found-in-the-console")
    task.refresh_from_db()
    assert task.vidgo_id == "found-in-the-console"
    assert len(told_by_admin(task)) == 1


def test_an_unconfirmed_task_is_sent_again(chief: Client, make_task: Any) -> None:
    task = state(make_task(), Status.UNCONFIRMED, sent_at=timezone.now())
    did(chief, "task", "send_again", task.pk)
    assert "paid for twice" in chief.get("/admin/").text
    assert not Task.objects.filter(again_of=task).exists()
    did(chief, "task", "send_again", task.pk, sure="1")
    again = Task.objects.get(again_of=task)
    assert again.created_by
    assert again.created_by.username == "admin"
    assert told_by_admin(task) == [f"Sent again, as task {again.pk}"]


def test_what_failed_is_tried_again(chief: Client, make_task: Any) -> None:
    task = state(make_task(), Status.FAILED, finished_at=timezone.now(), once_key=None)
    did(chief, "task", "try_again", task.pk)
    again = Task.objects.exclude(pk=task.pk).get()
    assert again.created_by
    assert again.created_by.username == "admin"
    assert again.input == task.input


def test_an_unconfirmed_task_is_given_up(chief: Client, make_task: Any) -> None:
    task = state(make_task(), Status.UNCONFIRMED, sent_at=timezone.now())
    did(chief, "task", "give_up", task.pk)
    task.refresh_from_db()
    assert task.status == Status.FAILED
    assert told_by_admin(task) == ["Dropped"]


@pytest.mark.parametrize("table", ["asset", "task"])
def test_a_file_is_saved_again(chief: Client, make_task: Any, table: str) -> None:
    task = state(make_task(), Status.FINISHED, vidgo_id="t1")
    asset = Asset.objects.create(task=task, key="a", kind="video", label="Film", state="failed")
    did(chief, table, "save_again", asset.pk if table == "asset" else task.pk)
    asset.refresh_from_db()
    assert asset.state == Asset.State.WAITING
    assert told_by_admin(task) == ["To be saved again: Film"]


def test_a_delivery_is_replayed(chief: Client, make_task: Any) -> None:
    task = state(make_task(), Status.RUNNING, sent_at=timezone.now(), vidgo_id="t1", attempts=1)
    body = '{"task_id": "t1", "status": "failed", "error_message": "Too quiet"}'
    delivery = Delivery.objects.create(task=task, origin="callback", body=body, note="odd")
    did(chief, "delivery", "replay", delivery.pk)
    delivery.refresh_from_db()
    assert delivery.applied_at
    assert told_by_admin(task) == [f"Delivery {delivery.pk} applied once more"]


def test_the_balance_is_looked_at(chief: Client) -> None:
    account.get()
    did(chief, "account", "look", 1)
    assert account.get().check_at


def test_the_same_from_a_change_list_stays_there(chief: Client, make_task: Any) -> None:
    tasks = [make_task() for _ in range(3)]
    form = {"action": "cancel", "_selected_action": [str(task.pk) for task in tasks]}
    assert chief.post("/admin/studio/task/", form, follow=True).redirect_chain
    assert Task.objects.filter(status=Status.CANCELLED).count() == 3
    assert all(told_by_admin(task) == ["Cancelled"] for task in tasks)


def test_nothing_is_deleted_or_written_by_hand(chief: Client, make_task: Any) -> None:
    task = make_task()
    page = chief.get("/admin/studio/task/").text
    assert "delete_selected" not in page
    assert chief.post(f"/admin/studio/task/{task.pk}/delete/", {"post": "yes"}).status_code == 403
    form = {"status": "finished", "title": "Mine"}
    assert chief.post(f"/admin/studio/task/{task.pk}/change/", form).status_code == 403
    task.refresh_from_db()
    assert task.status == Status.PENDING
    assert task.status == lifecycle.Status.PENDING


def test_the_cockpit_costs_few_queries_however_much_there_is(
    chief: Client, make_task: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        task = state(make_task(), Status.UNCONFIRMED)
        Asset.objects.create(task=task, key="a", kind="video", label="Film", state="failed")
        Delivery.objects.create(task=task, origin="callback", body="{}")
    with django_assert_max_num_queries(35):
        chief.get("/admin/")


def test_each_worker_is_shown_and_one_that_is_silent_is_not_alive(
    chief: Client, settings: Any
) -> None:
    with pytest.raises(CommandError, match="No worker of this machine"):
        call_command("alive")
    health.beat()
    call_command("alive")
    old = timezone.now() - timedelta(hours=1)
    Beat.objects.create(
        machine="studio-2",
        process=7,
        version="0.0.9",
        started_at=old,
        at=old,
        disk_free=1,
        disk_total=2,
    )
    page = text(chief.get("/admin/").text)
    assert f"release {VERSION}: alive" in page
    assert "studio-2 7, release 0.0.9: silent for 1" in page
    assert f"(this page: {VERSION})" in page
    Beat.objects.update(at=old)
    with pytest.raises(CommandError):
        call_command("alive")
