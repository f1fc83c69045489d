"""What stands beside a task of which nobody knows whether Vidgo took it: the balance's evidence.

Credits leave only when a task finishes, so a balance that has not changed is no proof.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio import jobs
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
NOTHING = "so it shows nothing"
# Twice what a task takes where nobody knows, and a little.
SETTLED = 2 * evidence.DEFAULT + 1
# Seconds ago, as the balance is read for the second time: before the first time, and still to come.
EARLIER, LATER = SETTLED + 60, -60


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


def ago(seconds: float | None) -> datetime | None:
    return None if seconds is None else timezone.now() - timedelta(seconds=seconds)


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


def test_the_next_look_is_at_the_first_moment_that_tells_of_any_unconfirmed_task(
    lost: Callable[[], Task], balance: Callable[[float], None]
) -> None:
    slow, quick = lost(), lost()
    Task.objects.filter(pk=slow.pk).update(evidence={**slow.evidence, "usual": 9000})
    # Called back for without a name, though surely not sent: it is judged as well.
    Task.objects.filter(pk=quick.pk).update(sent_at=None)
    other(status="running", sent_at=ago(evidence.DEFAULT - 30))
    for passed in (0, evidence.DEFAULT + 30):
        pass_time(passed)
        balance(100)

        left = 2 * evidence.DEFAULT - passed if passed else evidence.DEFAULT
        check_at = Account.objects.get().check_at
        assert check_at
        assert (check_at - timezone.now()).total_seconds() == pytest.approx(left, abs=20)


def test_where_nothing_is_unconfirmed_the_balance_is_kept_all_the_same(api: Recorder) -> None:
    account.look_soon()
    jobs.look_at_account.call()

    assert Account.objects.get().balance == 100


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
    ("status", "sent", "ended", "cost", "gone", "is_hint"),
    [
        ("finished", 9, 9, 8, 0, False),
        ("finished", 9, 9, None, 8, True),
        ("finished", 9, LATER, 8, 8, True),
        ("finished", EARLIER, 9, 8, 0, True),
        ("finished", EARLIER, EARLIER, 8, 8, False),
        ("finished", EARLIER, EARLIER, None, 8, False),
        ("failed", EARLIER, 9, 8, 8, False),
        ("failed", EARLIER, LATER, None, 8, False),
        ("pending", 9, None, None, 8, True),
        ("not_started", 9, None, None, 8, True),
        ("running", EARLIER, None, None, 8, True),
        ("unconfirmed", 9, None, None, 8, True),
        ("pending", None, None, None, 8, False),
        ("running", LATER, None, None, 8, False),
    ],
)
def test_only_what_others_surely_cost_in_between_is_taken_off(
    signed_in: Client,
    lost: Callable[[], Task],
    balance: Callable[[float], None],
    status: str,
    sent: float | None,
    ended: float | None,
    cost: int | None,
    gone: int,
    is_hint: bool,
) -> None:
    task = lost()
    pass_time(SETTLED)
    other(status=status, sent_at=ago(sent), finished_at=ago(ended), credits_amount=cost)
    balance(92)

    shown = page(signed_in, task)
    assert (AGAINST if gone == 0 else f"{gone} credits are {GONE}") in shown
    assert (HINT in shown) is is_hint


def test_each_unconfirmed_task_has_the_balance_of_its_own_time(
    lost: Callable[[], Task], balance: Callable[[float], None]
) -> None:
    slow, quick = lost(), lost()
    Task.objects.filter(pk=slow.pk).update(evidence={**slow.evidence, "usual": 9000})
    for left in (100, 90, 90, 80, 80):
        balance(left)
        pass_time(SETTLED / 2)

    told = [
        [event.text for event in task.events.filter(text__startswith="Credits afterwards")]
        for task in (slow, quick)
    ]
    assert told[0] == [f"Credits afterwards: {left}" for left in (100, 90, 80)]
    # What it is once the task is settled is told, though it is the same, and stays.
    assert told[1] == [f"Credits afterwards: {left}" for left in (100, 90, 90)]
    slow.refresh_from_db()
    quick.refresh_from_db()
    assert [float(task.evidence["after"]) for task in (slow, quick)] == [80, 90]


@pytest.mark.parametrize("kept", ["100", "None"])
def test_a_balance_without_a_figure_changes_nothing(
    api: Recorder, signed_in: Client, work: Work, lost: Callable[[], Task], kept: str
) -> None:
    task = lost()
    Task.objects.filter(pk=task.pk).update(evidence={**task.evidence, "after": kept})
    pass_time(SETTLED)
    api.answer(BALANCE, {"code": 200, "data": {}})
    work()

    task.refresh_from_db()
    assert task.evidence["after"] == kept
    assert (NOT_YET if kept == "100" else NOTHING) in page(signed_in, task)


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
    shown = page(signed_in, Task.objects.get())
    assert NOTHING in shown
    assert "Other tasks in between" not in shown
