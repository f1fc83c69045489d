"""What stands beside a task of which nobody knows whether Vidgo took it: the balance's evidence.

Credits leave only when a task finishes, so a balance that has not changed is no proof.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.lifecycle import account, evidence
from studio.models import Account, Task
from tests.product import until
from tests.recorder import Recorder
from tests.timing import pass_time
from vidgo_sandbox import SONGS, Sandbox

Work = Callable[[], None]
SUBMIT = "/api/generate/submit"
BALANCE = "/api/user/balance"
NOT_YET = "does not show that Vidgo has nothing of it"
GONE = "gone that no other task accounts for"
AGAINST = "Most likely Vidgo does not have it"
HINT = "a hint only"
# Twice what a task takes where nobody knows, and a little.
SETTLED = 2 * evidence.DEFAULT + 1


@pytest.fixture
def balance(api: Recorder, work: Work) -> Callable[[float], None]:
    """Return a call that has the worker read a balance."""

    def read(credits_amount: float) -> None:
        api.answer(BALANCE, {"code": 200, "data": {"credits_amount": credits_amount}})
        account.look_soon()
        work()

    return read


@pytest.fixture
def lost(
    api: Recorder, signed_in: Client, work: Work, balance: Callable[[float], None]
) -> Callable[[], Task]:
    """Return a call that sends a task whose answer is lost; the balance was 100, and still is."""

    def send() -> Task:
        balance(100)
        # HTTP 200 and no code: nobody knows.
        api.answer(SUBMIT, b"")
        api.answer(BALANCE, {"code": 200, "data": {"credits_amount": 100}})
        signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/a"})
        work()
        work()
        task = Task.objects.latest("pk")
        assert task.status == "unconfirmed"
        return task

    return send


def page(client: Client, task: Task) -> str:
    return client.get(f"/tasks/{task.pk}/").text


def other(**values: Any) -> Task:
    """Keep another task that was made meanwhile."""
    now = timezone.now()
    kind = {"operation": "generate-persona", "status": "finished"}
    usual = {**kind, "sent_at": now, "finished_at": now}
    return Task.objects.create(form_key=uuid.uuid4(), **{**usual, **values})


def again(client: Client, task: Task, **fields: str) -> str:
    return client.post(f"/tasks/{task.pk}/send-again/", fields, follow=True).text


def test_what_was_paid_for_after_all_is_seen_once_it_has_finished(
    sandbox: Sandbox, signed_in: Client, work: Work
) -> None:
    account.look_soon()
    work()
    sandbox.script += [("submit", "drop_after"), ("callback", "lost")]
    song = {"task_id": SONGS[0].task_id, "audio_id": SONGS[0].audio_ids[0]}
    sandbox.pace = 0.5
    signed_in.post("/new/create-music-video/", song)
    work()
    work()
    task = Task.objects.get()
    assert NOT_YET in page(signed_in, task), "1,000 before and after proves nothing"

    until(lambda: sandbox.balance() < 1000)
    pass_time(evidence.DEFAULT + 1)
    work()

    shown = page(signed_in, task)
    assert f"4 credits are {GONE}" in shown
    assert "1,000" in shown
    assert "996" in shown


def test_the_balance_is_looked_at_until_the_usual_time_has_passed_twice_and_seldom(
    api: Recorder, signed_in: Client, work: Work, lost: Callable[[], Task]
) -> None:
    task = lost()
    looks = [one for one in api.received if one.path == BALANCE]
    for _ in range(60):
        pass_time(30)
        work()

    later = [one for one in api.received if one.path == BALANCE]
    assert len(later) - len(looks) == 2
    assert AGAINST in page(signed_in, task)


def test_where_the_team_knows_how_long_it_takes_that_counts(
    api: Recorder, signed_in: Client, work: Work, lost: Callable[[], Task]
) -> None:
    now = timezone.now()
    for _ in range(3):
        begun = now - timedelta(seconds=1200)
        other(operation="upload-and-separate-vocals", sent_at=begun, finished_at=now)
    task = lost()
    assert "which usually takes about 20 min" in page(signed_in, task)
    pass_time(SETTLED)
    work()
    assert NOT_YET in page(signed_in, task)


def test_what_other_tasks_cost_is_taken_off(
    signed_in: Client, lost: Callable[[], Task], balance: Callable[[float], None]
) -> None:
    task = lost()
    pass_time(SETTLED)
    other(credits_amount=Decimal(8))
    balance(92)

    shown = page(signed_in, task)
    assert AGAINST in shown
    assert GONE not in shown
    assert "Other tasks in between" in shown


def test_what_is_gone_beyond_what_others_cost_is_told(
    signed_in: Client, lost: Callable[[], Task], balance: Callable[[float], None]
) -> None:
    task = lost()
    pass_time(SETTLED)
    other(credits_amount=Decimal(8))
    balance(84)

    shown = page(signed_in, task)
    assert f"8 credits are {GONE}" in shown
    assert HINT not in shown


@pytest.mark.parametrize(
    "values",
    [
        {"status": "running", "finished_at": None},
        {"status": "unconfirmed", "finished_at": None},
        {"credits_amount": None},
    ],
)
def test_other_tasks_whose_cost_nobody_knows_make_it_a_hint(
    signed_in: Client,
    lost: Callable[[], Task],
    balance: Callable[[float], None],
    values: dict[str, Any],
) -> None:
    task = lost()
    pass_time(SETTLED)
    other(**values)
    balance(100)

    assert HINT in page(signed_in, task)


def test_credits_that_came_in_meanwhile_leave_it_open(
    signed_in: Client, lost: Callable[[], Task], balance: Callable[[float], None]
) -> None:
    task = lost()
    pass_time(SETTLED)
    balance(500)

    assert "that shows nothing" in page(signed_in, task)


def test_before_then_it_is_sent_again_only_by_a_persons_word(
    signed_in: Client, lost: Callable[[], Task]
) -> None:
    task = lost()
    question = again(signed_in, task)
    assert "may be made and paid for twice" in question
    assert 'name="sure"' in question
    assert not Task.objects.filter(again_of=task).exists()

    again(signed_in, task, sure="1")

    assert Task.objects.filter(again_of=task).count() == 1


def test_once_the_balance_speaks_against_it_a_press_is_enough(
    signed_in: Client, work: Work, lost: Callable[[], Task]
) -> None:
    task = lost()
    assert 'name="sure"' in page(signed_in, task)
    pass_time(SETTLED)
    work()
    assert 'name="sure"' not in page(signed_in, task)

    again(signed_in, task)

    assert Task.objects.filter(again_of=task).count() == 1


@pytest.mark.parametrize("credits_amount", [92, 108])
def test_a_balance_that_does_not_speak_against_it_still_needs_a_word(
    signed_in: Client,
    lost: Callable[[], Task],
    balance: Callable[[float], None],
    credits_amount: float,
) -> None:
    task = lost()
    pass_time(SETTLED)
    balance(credits_amount)

    again(signed_in, task)

    assert not Task.objects.filter(again_of=task).exists()


def test_a_balance_that_cannot_be_had_shows_nothing(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer(SUBMIT, b"")
    api.answer(BALANCE, {"code": 404, "message": "Nothing here."}, 404)
    signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/a"})
    for _ in range(3):
        work()

    assert Account.objects.get().balance is None
    assert "so it shows nothing" in page(signed_in, Task.objects.get())
