"""When the key is wrong or the credits are gone, tasks wait, and one notice says who must act."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio import leases, lifecycle
from studio.lifecycle import account
from studio.models import Account, Event, Task
from tests.recorder import Recorder
from tests.timing import pass_time

Work = Callable[[], None]
SUBMIT = "/api/generate/submit"
DETAIL = "/api/generate/detail/music"
BALANCE = "/api/user/balance"
TROUBLE = [
    (401, "Vidgo refuses the key."),
    (403, "Vidgo refuses the key."),
    (402, "Not enough credits for this."),
]


def ask_for(client: Client, count: int) -> list[Task]:
    for number in range(count):
        sound = {"audio_url": f"https://example.com/{number}.mp3"}
        assert client.post("/new/upload-and-separate-vocals/", sound).status_code == 302
    return list(Task.objects.order_by("pk"))


def statuses() -> set[str]:
    return set(Task.objects.values_list("status", flat=True))


def looks(api: Recorder) -> int:
    """Return how often the balance was asked for."""
    return sum(one.path == BALANCE for one in api.received)


@pytest.mark.parametrize(("code", "words"), TROUBLE)
@pytest.mark.parametrize("in_a_200", [False, True])
def test_tasks_wait_with_one_notice_and_go_on_when_it_is_mended(
    api: Recorder, signed_in: Client, work: Work, code: int, words: str, in_a_200: bool
) -> None:
    refusal = {"code": code, "error": {"message": "No.", "type": "x"}}
    status = 200 if in_a_200 else code
    api.answer(SUBMIT, refusal, status)
    api.answer(BALANCE, refusal, code)
    ask_for(signed_in, 5)

    work()
    work()

    assert statuses() == {"pending"}
    assert len(api.submits) == 1, "one is refused, and the rest are not tried"
    assert looks(api) == 0, "a moment later the balance would tell the same"
    page = signed_in.get("/").content.decode()
    assert page.count(words) == 1
    assert page.count('class="banner"') == 1
    assert "as soon as" in signed_in.get(Task.objects.all()[0].get_absolute_url()).content.decode()

    pass_time(61)
    work()
    assert statuses() == {"pending"}, "the balance is still refused"
    assert Event.objects.filter(text__startswith="Waiting: ").count() == 5, "each is told once"
    assert Event.objects.filter(task=None, text__endswith=" waits").count() == 1
    pass_time(61)
    work()
    released = Task.objects.values_list("status", "error", "error_code")
    assert set(released) == {("pending", "", "")}, "they are as they were at first"
    work()

    assert statuses() == {"not_started"}
    assert words not in signed_in.get("/").content.decode()
    assert len(api.submits) == 6


def test_an_open_page_notices_the_trouble_and_its_end(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    ask_for(signed_in, 1)
    api.answer(SUBMIT, {"code": 401, "message": "No."}, 401)
    told = Event.objects.filter(task=None, text__regex="waits$|the account again")
    before = signed_in.get("/")["ETag"]

    work()
    trouble = signed_in.get("/")["ETag"]
    in_trouble = told.count()
    pass_time(61)
    work()

    assert len({before, trouble, signed_in.get("/")["ETag"]}) == 3
    assert in_trouble == 1
    assert told.count() == 2


@pytest.mark.parametrize("left", [0, -3, "-0.5"])
def test_a_balance_of_nothing_keeps_tasks_waiting(
    api: Recorder, signed_in: Client, work: Work, left: Any
) -> None:
    api.answer(SUBMIT, {"code": 402, "message": "No credits."}, 402)
    api.answer(BALANCE, {"code": 200, "data": {"credits_amount": left}})
    ask_for(signed_in, 2)
    work()
    pass_time(61)
    for _ in range(2):
        work()
    pass_time(61)
    assert len(api.submits) == 1, "a balance of nothing does not let them go"
    for _ in range(2):
        work()

    assert len(api.submits) == 3, "the balance of 100 that came then does"


def test_a_balance_that_cannot_be_had_leaves_things_as_they_are(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer(SUBMIT, {"code": 401, "message": "No."}, 401)
    api.answer(BALANCE, {"code": 500}, 500)
    ask_for(signed_in, 3)
    work()
    pass_time(61)
    work()

    for _ in range(3):
        work()

    assert len(api.submits) == 1
    assert Account.objects.get().trouble == "key"
    assert looks(api) == 1, "it is asked for once in a minute"


def test_many_tasks_that_ask_do_not_put_off_the_look_that_ends_the_trouble(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    ask_for(signed_in, 4)
    work()
    assert statuses() == {"not_started"}
    waiting = Task.objects.create(
        operation="upload-and-separate-vocals",
        input={"audio_url": "https://example.com/x.mp3"},
        form_key="00000000-0000-0000-0000-000000000001",
        due_at=timezone.now(),
    )
    api.answer(SUBMIT, {"code": 401, "message": "No."}, 401)
    work()
    for _ in range(20):
        # Every few seconds one of them is refused, too.
        api.answer(DETAIL, {"code": 401, "message": "No."}, 401)
        pass_time(7)
        work()

    waiting.refresh_from_db()
    assert waiting.status == "not_started"


def test_one_task_that_may_not_be_asked_for_stops_nothing_else(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    ask_for(signed_in, 1)
    work()
    api.answer(DETAIL, {"code": 403, "message": "Not yours."}, 403)
    pass_time(10)
    work()

    ask_for(signed_in, 1)
    work()

    assert statuses() == {"not_started"}
    assert Account.objects.get().trouble == ""


def test_a_task_that_alone_is_refused_waits_three_times_and_then_fails(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    (task,) = ask_for(signed_in, 1)
    for _ in range(4):
        task.refresh_from_db()
        assert task.status == "pending"
        api.answer(SUBMIT, {"code": 403, "message": "Not in your plan."}, 403)
        work()
        # The balance is told: the key is good.
        pass_time(61)
        work()

    task.refresh_from_db()
    assert (task.status, task.error_code, task.error) == ("failed", "403", "Not in your plan.")
    told = [event.text for event in task.events.filter(text__contains="Not in your plan.")]
    assert told == ["Waiting: Not in your plan."] * 3 + ["Refused by Vidgo: Not in your plan."]
    assert len(api.submits) == 4


@pytest.fixture
def usual(make: Callable[..., Task]) -> Callable[[str, str | None], None]:
    """Return a call that has an operation cost so much."""

    def run(operation: str, amount: str | None) -> None:
        if amount is not None:
            make("finished", operation=operation, credits_amount=Decimal(amount))

    return run


@pytest.mark.parametrize(
    ("needed", "told", "goes"),
    [
        (None, {"code": 404, "message": "No such page."}, True),
        (None, {"code": 200, "data": {"credits_amount": 1}}, True),
        ("8", {"code": 404, "message": "No such page."}, True),
        ("8", {"code": 200, "data": {"credits_amount": 8}}, True),
        ("8", {"code": 200, "data": {"credits_amount": 7.99}}, False),
        ("8", {"code": 200, "data": {"credits_amount": 0}}, False),
    ],
)
def test_what_waits_for_credits_is_tried_again_once_there_may_be_enough(
    api: Recorder,
    signed_in: Client,
    work: Work,
    usual: Callable[..., None],
    needed: str | None,
    told: dict[str, Any],
    goes: bool,
) -> None:
    usual("upload-and-separate-vocals", needed)
    api.answer(SUBMIT, {"code": 402, "message": "No credits."}, 402)
    signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/0.mp3"})
    work()
    api.answer(BALANCE, told)
    pass_time(61)
    for _ in range(2):
        work()

    state = Account.objects.get()
    assert len(api.submits) == 1 + goes
    assert (state.trouble, state.trouble_since is None) == ("" if goes else "credits", goes)
    assert (state.message, state.needed is None) == ("" if goes else "No credits.", goes)


@pytest.mark.parametrize(
    ("balance", "cost", "goes"),
    [
        ("10", "7.99", True),
        ("10", "8", False),
        ("5", "5", True),
        ("5", "5.01", False),
        ("5", None, True),
        ("1", "1", True),
        ("0", None, False),
        (None, "1", False),
    ],
)
def test_where_eight_were_too_many_what_costs_less_than_is_left_goes(
    api: Recorder,
    signed_in: Client,
    work: Work,
    usual: Callable[..., None],
    balance: str | None,
    cost: str | None,
    goes: bool,
) -> None:
    usual("upload-and-separate-vocals", "8")
    usual("generate-persona", cost)
    account.get()
    Account.objects.update(balance=balance and Decimal(balance))
    api.answer(SUBMIT, {"code": 402, "message": "No credits."}, 402)
    ask_for(signed_in, 1)
    work()
    persona = {"task_id": "t", "audio_id": "a", "name": "Nadia", "description": "Warm"}
    signed_in.post("/new/generate-persona/", persona)
    work()

    assert len(api.submits) == 1 + goes
    # Seven more come in: too few for the one that was refused, enough for any cheaper.
    api.answer(BALANCE, {"code": 200, "data": {"credits_amount": 7.99}})
    pass_time(61)
    for _ in range(2):
        pass_time(61)
        api.answer(BALANCE, {"code": 200, "data": {"credits_amount": 7.99}})
        work()
    models = [sent.body["model"] for sent in api.submits[1:]]
    assert models == ([] if cost == "8" else ["generate-persona"])


def test_where_nobody_knows_what_was_too_dear_all_wait(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    account.get()
    Account.objects.update(balance=100)
    api.answer(SUBMIT, {"code": 402, "message": "No credits."}, 402)
    ask_for(signed_in, 3)
    for _ in range(2):
        work()

    assert (statuses(), len(api.submits)) == ({"pending"}, 1)


def test_once_all_is_well_the_balance_is_not_asked_for_any_more(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer(SUBMIT, {"code": 401, "message": "No."}, 401)
    ask_for(signed_in, 1)
    for _ in range(10):
        work()
        pass_time(61)

    assert (statuses(), looks(api)) == ({"running"}, 1)


def test_only_what_waits_for_the_account_goes_on_with_it(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    busy = {"Retry-After": "300"}
    api.answer(SUBMIT, {"code": 429, "message": "Busy."}, 429, busy)
    away = ask_for(signed_in, 1)[0]
    work()
    api.answer(SUBMIT, {"code": 401, "message": "No."}, 401)
    ask_for(signed_in, 1)
    work()
    pass_time(61)
    for _ in range(2):
        work()

    away.refresh_from_db()
    assert (away.status, away.error) == ("pending", "Busy.")
    assert len(api.submits) == 3


def test_a_sending_under_way_is_not_let_go_of_when_the_others_go_on(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer(SUBMIT, {"code": 402, "message": "No."}, 402)
    task = ask_for(signed_in, 1)[0]
    work()
    # As a cheaper one is, which is sent while the notice still stands.
    Account.objects.update(trouble="")
    Task.objects.update(due_at=timezone.now())
    begun = lifecycle.begin_send(task.pk, leases.take(Task, task.pk, 60))
    assert begun
    Account.objects.update(trouble="credits", check_at=timezone.now())
    work()

    assert Account.objects.get().trouble == ""
    task.refresh_from_db()
    assert (task.due_at, task.lease) == (None, begun.lease)
    # Its worker is gone.
    past = timezone.now() - timedelta(seconds=1)
    Task.objects.filter(held_until__isnull=False).update(held_until=past)
    assert lifecycle.expire_sends() == [task.pk]
