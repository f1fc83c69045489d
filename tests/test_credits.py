"""What tasks cost: by operation, person and month, before a submit, and when little is left."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from studio import account, operations, roles
from studio.models import Account, Task


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def cost(make_task: Any) -> Any:
    """Give a call that keeps a finished task with what it cost."""

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
    Task.objects.filter(pk=task.pk).update(model=operations.IMPORT.model)
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
    assert "Nothing has cost anything yet" in signed_in.get("/credits/").text
    assert lines(signed_in) == []


def test_a_name_that_is_a_formula_is_none_in_a_spreadsheet(cost: Any, signed_in: Client) -> None:
    cost("create-music-video", User.objects.create_user("=cmd"), "1")
    cost("create-music-video", User.objects.create_user("@sum"), "1")
    assert {line["person"] for line in lines(signed_in)} == {"'=cmd", "'@sum"}


def test_the_usual_cost_stands_on_the_form_before_it_is_sent(
    cost: Any, ann: User, signed_in: Client
) -> None:
    assert "Usually costs" not in signed_in.get("/new/create-music-video/").text
    cache.clear()
    for amount in ("10", "12", "90"):
        cost("create-music-video", ann, amount)
    cost("generate-persona", ann, "2")
    assert "Usually costs 12 credits" in signed_in.get("/new/create-music-video/").text


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
