"""What tasks cost: by operation, person and month, before a submit, and when little is left."""

import csv
import io
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from studio import operations
from studio.lifecycle import account
from studio.models import Account, Task, Upload
from studio.team import roles
from tests.recorder import Recorder
from tests.timing import pass_time


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def cost(make_task: Any) -> Any:
    """Return a call that keeps a finished task with what it cost."""

    def keep(model: str, user: Any, amount: str | None, month: int = 11) -> Task:
        task: Task = make_task(model, user)
        task.status = Task.Status.FINISHED
        task.credits_amount = Decimal(amount) if amount is not None else None
        task.save()
        Task.objects.filter(pk=task.pk).update(created_at=datetime(2026, month, 10, tzinfo=UTC))
        return task

    return keep


def lines(client: Client) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get("/credits.csv").text)))


def test_costs_are_summed_by_month_operation_and_person(
    cost: Any, ann: User, signed_in: Client
) -> None:
    bob = User.objects.create_user("bob")
    cost("create-music-video", ann, "12.5")
    cost("create-music-video", ann, "12.5")
    cost("generate-persona", ann, "2")
    cost("create-music-video", bob, "10", month=10)
    cost("create-music-video", bob, None)
    assert [tuple(line.values()) for line in lines(signed_in)] == [
        ("2026-11", "create-music-video", "ann", "2", "25.00"),
        ("2026-11", "generate-persona", "ann", "1", "2.00"),
        ("2026-10", "create-music-video", "bob", "1", "10.00"),
    ]


def test_what_was_brought_in_cost_nothing_here(cost: Any, ann: User, signed_in: Client) -> None:
    task = cost("create-music-video", ann, "9")
    Task.objects.filter(pk=task.pk).update(operation=operations.IMPORT.name)
    assert lines(signed_in) == []


def test_the_page_shows_the_sums_and_a_chart_without_style_or_script(
    cost: Any, ann: User, signed_in: Client
) -> None:
    cost("create-music-video", ann, "12.5")
    cost("generate-persona", ann, "2", month=10)
    page = signed_in.get("/credits/").text
    assert "14.5" in page or ("12.5" in page and "2" in page)
    assert "November 2026" in page
    chart = page[page.index("<svg viewBox") : page.index("</figure>")]
    assert chart.count("<rect") == 2
    assert "November 2026, " in chart
    assert "style=" not in chart
    assert "<script" not in chart


def test_nothing_spent_is_no_error(signed_in: Client) -> None:
    assert "Nothing spent yet" in signed_in.get("/credits/").text
    assert lines(signed_in) == []


def test_a_name_that_is_a_formula_is_none_in_a_spreadsheet(cost: Any, signed_in: Client) -> None:
    cost("create-music-video", User.objects.create_user("=cmd"), "1")
    cost("create-music-video", User.objects.create_user("@sum"), "1")
    assert {line["person"] for line in lines(signed_in)} == {"'=cmd", "'@sum"}


def button(page: str) -> str:
    """Return the words on the form's button."""
    return page.partition('class="primary big"')[2].partition(">")[2].partition("</button>")[0]


def upload(number: int) -> int:
    return Upload.objects.create(
        name=f"{number}.mp3",
        title=f"Song {number}",
        content_type="audio/mpeg",
        size=1,
        sha256=uuid.uuid4().hex,
        duration=60,
    ).pk


def test_the_usual_cost_stands_on_the_button_with_what_is_left_afterwards(
    cost: Any, ann: User, signed_in: Client
) -> None:
    unknown = signed_in.get("/new/create-music-video/").text
    assert button(unknown) == "Make a music video"
    assert "known once the first one is ready" in unknown
    cache.clear()
    for amount in ("10", "12", "90"):
        cost("create-music-video", ann, amount)
    cost("generate-persona", ann, "1")
    account.get()
    Account.objects.update(balance=Decimal("1000"))
    page = signed_in.get("/new/create-music-video/").text
    assert button(page) == "Make a music video · about 12 credits"
    assert "988 left afterwards" in page
    assert button(signed_in.get("/new/generate-persona/").text).endswith("about 1 credit")


def test_the_price_is_that_of_all_files_chosen(cost: Any, ann: User, signed_in: Client) -> None:
    cost("upload-and-separate-vocals", ann, "8")
    account.get()
    Account.objects.update(balance=Decimal("50"))
    files = [upload(number) for number in range(5)]
    address = "/new/upload-and-separate-vocals/?" + "&".join(f"upload={pk}" for pk in files)
    page = signed_in.get(address).text
    assert button(page) == "Split 5 songs · about 40 credits"
    assert "10 left afterwards" in page
    one = signed_in.get(f"/new/upload-and-separate-vocals/?upload={files[0]}").text
    assert button(one) == "Split a song into stems · about 8 credits"
    none = signed_in.get("/new/upload-and-separate-vocals/").text
    assert button(none) == "Split a song into stems · about 8 credits each"
    by_hand = {"audio_url": "ftp://example.com", "upload": files}
    assert "about 8 credits" in button(signed_in.post(address, by_hand).text)


def test_what_is_on_its_way_is_not_left_any_more(
    cost: Any, make_task: Any, ann: User, signed_in: Client
) -> None:
    cost("create-music-video", ann, "4")
    make_task("create-music-video", ann)
    account.get()
    for balance, words in (("10", "2 left afterwards"), ("5", "1 left, about 4 needed")):
        Account.objects.update(balance=Decimal(balance))
        assert words in signed_in.get("/new/create-music-video/").text


def test_with_too_few_credits_for_one_a_cheaper_one_goes(
    cost: Any, ann: User, signed_in: Client, api: Recorder, work: Any
) -> None:
    cost("upload-and-separate-vocals", ann, "8")
    cost("generate-persona", ann, "1")
    account.get()
    Account.objects.update(balance=Decimal("1"))
    api.answer("/api/generate/submit", {"code": 402, "message": "No."}, 402)
    signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/a"})
    work()
    page = signed_in.get("/").text
    assert "Not enough credits for this: 1 left, about 8 needed." in page
    assert "The credits are gone" not in page

    persona = {"task_id": "t", "audio_id": "a", "name": "Nadia", "description": "Warm"}
    signed_in.post("/new/generate-persona/", persona)
    for _ in range(2):
        api.answer("/api/user/balance", {"code": 200, "data": {"credits_amount": 1}})
        pass_time(61)
        work()

    assert [sent.body["model"] for sent in api.submits] == [
        "upload-and-separate-vocals",
        "generate-persona",
    ], "what is known to cost more than is left is not tried all the time"
    api.answer("/api/user/balance", {"code": 200, "data": {"credits_amount": 8}})
    for _ in range(2):
        pass_time(61)
        work()
    assert "Not enough credits" not in signed_in.get("/").text
    assert len(api.submits) == 3


def test_a_notice_ends_when_nothing_waits_for_it_any_more(
    cost: Any, ann: User, signed_in: Client, api: Recorder, work: Any
) -> None:
    cost("upload-and-separate-vocals", ann, "8")
    account.get()
    Account.objects.update(balance=Decimal("1"))
    api.answer("/api/generate/submit", {"code": 402, "message": "No."}, 402)
    signed_in.post("/new/upload-and-separate-vocals/", {"audio_url": "https://example.com/a"})
    work()
    signed_in.post(f"/tasks/{Task.objects.latest('pk').pk}/cancel/")
    api.answer("/api/user/balance", {"code": 200, "data": {"credits_amount": 1}})
    pass_time(61)
    work()
    assert "Not enough credits" not in signed_in.get("/").text


@pytest.mark.parametrize(
    ("code", "task_id", "charged", "is_told"),
    [
        ("vidgo", "t-1", None, True),
        ("content_moderation", "t-1", Decimal(0), True),
        ("422", None, None, True),
        ("404", None, None, True),
        ("404", "t-1", None, False),
        ("given_up", None, None, False),
        ("lost", "t-1", None, False),
        ("vidgo", "t-1", Decimal(4), False),
    ],
)
def test_a_failed_task_says_that_nothing_was_charged_where_that_is_known(
    make: Any, signed_in: Client, code: str, task_id: str | None, charged: Any, is_told: bool
) -> None:
    told = {"confirmed_at": timezone.now()} if code in ("vidgo", "content_moderation") else {}
    task = make("failed", error="It failed.", error_code=code, vidgo_id=task_id, **told)
    Task.objects.filter(pk=task.pk).update(credits_amount=charged)
    assert ("Nothing was charged." in signed_in.get(f"/tasks/{task.pk}/").text) is is_told


def test_below_the_administrator_s_mark_everybody_is_warned(
    signed_in: Client, admin_client: Client
) -> None:
    account.get()
    Account.objects.update(balance=Decimal("40"))
    assert "topping up" not in signed_in.get("/").text
    form = {"warn_below": "50", "keep_results": "", "keep_uploads": "", "keep_deliveries": ""}
    assert admin_client.post("/admin/studio/account/1/change/", form).status_code == 302
    assert "topping up" in signed_in.get("/").text
    Account.objects.update(balance=Decimal("60"))
    assert "topping up" not in signed_in.get("/").text


def test_saving_the_rules_leaves_what_the_worker_wrote_meanwhile(admin_client: Client) -> None:
    account.get()
    Account.objects.update(balance=Decimal("40"), trouble="key")
    admin_client.get("/admin/studio/account/1/change/")
    Account.objects.update(balance=Decimal("39"))
    admin_client.post("/admin/studio/account/1/change/", {"warn_below": "5"})
    state = account.get()
    assert (state.balance, state.trouble, state.warn_below) == (39, "key", 5)


def test_viewers_see_the_costs_too(db: None) -> None:
    client = Client()
    vera = User.objects.create_user("vera")
    roles.give(vera, roles.Role.VIEWER)
    client.force_login(vera)
    assert client.get("/credits/").status_code == 200
