"""When the key is wrong or the credits are gone, tasks wait, and one notice says who must act."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

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
    page = signed_in.get("/").content.decode()
    assert page.count(words) == 1
    assert page.count('class="banner"') == 1
    assert "as soon as" in signed_in.get(Task.objects.all()[0].get_absolute_url()).content.decode()

    pass_time(61)
    work()
    assert statuses() == {"pending"}, "the balance is still refused"
    assert Event.objects.filter(text__startswith="Waiting: ").count() == 5, "each is told once"
    pass_time(61)
    work()
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


def test_a_balance_of_nothing_keeps_tasks_waiting(
    api: Recorder, signed_in: Client, work: Work
) -> None:
    api.answer(SUBMIT, {"code": 402, "message": "No credits."}, 402)
    api.answer(BALANCE, {"code": 200, "data": {"credits_amount": 0}})
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

    assert len(api.submits) == 1
    assert Account.objects.get().trouble == "key"


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
