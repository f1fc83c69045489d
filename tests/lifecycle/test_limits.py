"""What one person may spend: a limit by month, and a word for many tasks within a minute."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from studio.lifecycle import trash
from studio.models import Allowance, Task, Upload

STEMS = "upload-and-separate-vocals"
PATH = f"/new/{STEMS}/"
SOUND = {"audio_url": "https://example.com/a.mp3"}
REFUSED = "Your limit is"


@pytest.fixture
def spend(ann: User) -> Callable[..., Task]:
    """Return a call that keeps a task of Ann's in whatever state."""

    def keep(amount: str | None = "8", /, **values: Any) -> Task:
        usual = {
            "operation": STEMS,
            "status": "finished",
            "created_by": ann,
            "form_key": uuid.uuid4(),
        }
        cost = None if amount is None else Decimal(amount)
        task = Task.objects.create(**{**usual, "credits_amount": cost, **values})
        cache.clear()
        return task

    return keep


@pytest.fixture
def limit(ann: User, admin_client: Client) -> Callable[[str], None]:
    """Return a call by which an administrator sets Ann's limit."""

    def put(amount: str) -> None:
        form = {"username": "ann", "role": "member", "is_active": "on", "monthly_limit": amount}
        moment = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
        answer = admin_client.post(f"/admin/auth/user/{ann.pk}/change/", {**form, **moment})
        assert answer.status_code == 302, answer.text

    return put


def upload(number: int) -> Upload:
    return Upload.objects.create(
        name=f"{number}.mp3",
        title=f"Song {number}",
        content_type="audio/mpeg",
        size=1,
        sha256=uuid.uuid4().hex,
        duration=60,
    )


def test_the_administrator_sets_it_sees_it_and_takes_it_away(
    ann: User, limit: Callable[[str], None], admin_client: Client
) -> None:
    limit("40.5")
    assert Allowance.objects.get(user=ann).monthly_limit == Decimal("40.5")
    assert 'value="40.50"' in admin_client.get(f"/admin/auth/user/{ann.pk}/change/").text
    limit("")
    assert Allowance.objects.get(user=ann).monthly_limit is None
    ann.refresh_from_db()
    assert ann.groups.exists()


def test_what_was_made_and_paid_for_elsewhere_does_not_count(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    spend("8")
    for _ in range(3):
        spend(None, evidence={"imported": True})
    limit("16")

    assert signed_in.post(PATH, SOUND).status_code == 302


def test_beyond_the_limit_the_form_says_so_and_loses_nothing(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    spend("8")
    spend(None, status="running")
    limit("20")

    page = signed_in.post(PATH, {**SOUND, "title": "My own title"}).text

    told = "20 credits a month: 16 are used or on their way, and this would cost about 8."
    assert told in page
    assert "My own title" in page
    assert SOUND["audio_url"] in page
    assert Task.objects.count() == 2
    assert "16 of 20 credits" in signed_in.get(PATH).text
    limit("24")
    assert signed_in.post(PATH, SOUND).status_code == 302


@pytest.mark.parametrize("status", ["pending", "unconfirmed", "not_started", "running"])
def test_what_is_on_its_way_counts(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None], status: str
) -> None:
    spend("8")
    spend(None, status=status)
    limit("23")
    assert REFUSED in signed_in.post(PATH, SOUND).text


def _when(task: Task, moment: datetime) -> None:
    Task.objects.filter(pk=task.pk).update(created_at=moment)


def test_what_failed_what_was_last_month_and_what_others_spent_does_not_count(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    spend("8", created_by=None)
    spend(None, status="failed")
    spend(None, status="cancelled")
    # Nobody was told what it cost, and nobody knows its usual price.
    spend(None, operation="generate-persona")
    begin = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for old in (spend("8"), spend("8")):
        _when(old, begin - timedelta(microseconds=1))
    spend("500", operation="import-song")
    others = spend("500", created_by=User.objects.create(username="bob"))
    for deleted in (old, others):
        signed_in.post("/tasks/delete/", {"task": deleted.pk, "sure": "yes"})
        trash.purge(deleted.pk)
    limit("8")
    assert signed_in.post(PATH, SOUND).status_code == 302


def test_a_month_begins_with_its_first_moment(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    begin = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    _when(spend("8"), begin)
    limit("15")
    assert REFUSED in signed_in.post(PATH, SOUND).text


def test_a_task_that_is_deleted_was_paid_for_all_the_same(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    task = spend("8")
    limit("15")
    costs = signed_in.get("/credits.csv").text
    signed_in.post("/tasks/delete/", {"task": task.pk, "sure": "yes"})
    assert costs == signed_in.get("/credits.csv").text
    trash.purge(task.pk)
    assert not Task.objects.exists()

    spend("8", created_by=None)

    assert REFUSED in signed_in.post(PATH, SOUND).text
    assert costs.splitlines()[1] in signed_in.get("/credits.csv").text


def test_several_files_count_together_and_none_of_them_goes(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    spend("8", created_by=None)
    limit("39")
    files = [upload(number).pk for number in range(5)]
    form = {"upload": files, "form_key": str(uuid.uuid4())}

    page = signed_in.post(PATH, form).text

    assert "0 are used or on their way, and this would cost about 40." in page
    assert page.count("checked") >= 5
    assert Task.objects.count() == 1
    limit("40")
    assert signed_in.post(PATH, form).status_code == 302
    assert signed_in.post(PATH, form).status_code == 302, "the same once more is nothing new"
    assert Task.objects.count() == 6


def test_trying_again_sending_again_and_many_at_once_are_held_to_it(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    spend("8", created_by=None)
    failed = [spend(None, status="failed", input=SOUND) for _ in range(2)]
    lost = spend(None, status="unconfirmed", input=SOUND, sent_at=timezone.now())
    limit("15")

    one = signed_in.post(f"/tasks/{failed[0].pk}/again/", follow=True).text
    many = signed_in.post("/tasks/again/", {"task": [task.pk for task in failed]}, follow=True).text
    again = signed_in.post(f"/tasks/{lost.pk}/send-again/", {"sure": "1"}, follow=True).text

    assert all(REFUSED in page for page in (one, many))
    assert not Task.objects.filter(again_of__in=failed).exists()
    # It takes the place of the one given up.
    assert REFUSED not in again
    limit("23")
    signed_in.post("/tasks/again/", {"task": [task.pk for task in failed]})
    assert Task.objects.filter(again_of__in=failed).count() == 0, "both or none"
    limit("24")
    signed_in.post("/tasks/again/", {"task": [task.pk for task in failed]})
    assert Task.objects.filter(again_of__in=failed).count() == 2


def test_what_nobody_knows_the_price_of_goes_one_at_a_time(
    signed_in: Client, spend: Callable[..., Task], limit: Callable[[str], None]
) -> None:
    limit("10")
    assert signed_in.post(PATH, SOUND).status_code == 302
    assert "one at a time" in signed_in.post(PATH, SOUND).text
    Task.objects.update(status="finished", credits_amount=8)
    cache.clear()
    assert REFUSED in signed_in.post(PATH, SOUND).text


@pytest.fixture
def hands(live_server: LiveServer, signed_in: Client, settings: Settings) -> Callable[..., Any]:
    """Return a call that posts as Ann from many hands at the same moment, and gives the answers."""
    settings.VIDGO_API_URL = "http://127.0.0.1:9"
    page = signed_in.get(PATH).text
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    cookies = {name: morsel.value for name, morsel in signed_in.cookies.items()}

    def post(count: int, **fields: str) -> list[int]:
        barrier = threading.Barrier(count)

        def one(_: int) -> int:
            form = {**SOUND, "form_key": str(uuid.uuid4()), "csrfmiddlewaretoken": token, **fields}
            barrier.wait()
            return requests.post(
                live_server.url + PATH,
                form,
                cookies=cookies,
                headers={"Referer": live_server.url},
                allow_redirects=False,
                timeout=60,
            ).status_code

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(one, range(count)))

    return post


@pytest.mark.parametrize("is_known", [True, False])
def test_twenty_at_the_same_moment_cannot_pass_the_limit(
    hands: Callable[..., list[int]], spend: Callable[..., Task], ann: User, is_known: bool
) -> None:
    if is_known:
        spend("8", created_by=None)
    Allowance.objects.create(user=ann, monthly_limit=30)

    answers = hands(20)

    expected = 3 if is_known else 1
    assert sorted(answers) == [200] * (20 - expected) + [302] * expected
    assert Task.objects.filter(created_by=ann).count() == expected


def test_many_in_a_minute_need_a_persons_word(
    hands: Callable[..., list[int]], signed_in: Client, settings: Settings
) -> None:
    settings.STUDIO_BURST = 5

    answers = hands(12)

    assert sorted(answers) == [200] * 7 + [302] * 5
    page = signed_in.post(PATH, {**SOUND, "title": "My own title"}).text
    assert "You have sent 5 in the last minute" in page
    assert 'name="sure"' in page
    assert "My own title" in page
    assert signed_in.post(PATH, {**SOUND, "sure": "1"}).status_code == 302
    assert 'name="sure"' in signed_in.post(PATH, SOUND).text, "each time anew"
    Task.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    assert signed_in.post(PATH, SOUND).status_code == 302


def test_each_file_counts_and_so_does_each_that_is_tried_again(
    signed_in: Client, spend: Callable[..., Task], settings: Settings
) -> None:
    settings.STUDIO_BURST = 3
    files = [upload(number).pk for number in range(4)]
    assert 'name="sure"' in signed_in.post(PATH, {"upload": files}).text
    assert not Task.objects.exists()
    failed = [spend(None, status="failed", input=SOUND) for _ in range(4)]
    Task.objects.update(created_at=timezone.now() - timedelta(hours=1))

    keys = {"task": [task.pk for task in failed]}
    question = signed_in.post("/tasks/again/", keys).text

    assert "Yes, send it" in question
    assert all(f'name="task" value="{task.pk}"' in question for task in failed)
    assert Task.objects.count() == 4
    signed_in.post("/tasks/again/", {**keys, "sure": "1"})
    assert Task.objects.count() == 8
