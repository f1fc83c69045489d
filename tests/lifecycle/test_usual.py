"""What is learnt from the team's own tasks: their usual cost, their usual time, what is coming."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from studio.lifecycle import usual
from studio.models import Task
from tests.timing import forget

STEMS, VIDEO = "upload-and-separate-vocals", "create-music-video"
Keep = Callable[..., Task]


@pytest.fixture
def keep(db: None) -> Keep:
    """Return a call that keeps a task of so many credits, which took so many seconds."""

    def make(credits: Any, seconds: float = 60, /, **values: Any) -> Task:
        end = timezone.now()
        given = {
            "operation": STEMS,
            "status": "finished",
            "form_key": uuid.uuid4(),
            "sent_at": end - timedelta(seconds=seconds),
            "finished_at": end,
            **values,
        }
        forget()
        return Task.objects.create(credits_amount=credits, **given)

    return make


def test_a_cost_is_the_median_of_the_newest_twenty_that_were_made(keep: Keep) -> None:
    assert usual.cost(STEMS) is None
    for _ in range(5):
        keep(100)
    for _ in range(10):
        keep(0)
    for _ in range(10):
        keep(9)
    assert usual.cost(STEMS) == Decimal("4.5")
    # What is something else, what came to nothing, what nobody was told the price of.
    for _ in range(20):
        keep(50, operation=VIDEO)
        keep(50, status="failed")
        keep(None)
    assert usual.cost(STEMS) == Decimal("4.5")


def test_a_time_is_told_from_the_third_on(keep: Keep) -> None:
    for seconds in (30, 50):
        keep(8, seconds)
        assert usual.seconds(STEMS) is None
    keep(8, 500, operation=VIDEO)
    keep(8, 500, status="failed")
    keep(8, sent_at=None)
    keep(8, finished_at=None)
    assert usual.seconds(STEMS) is None

    keep(8, 40)

    assert usual.seconds(STEMS) == pytest.approx(40, abs=0.01)
    assert usual.seconds(VIDEO) is None


def test_what_is_on_its_way_costs_what_its_kind_usually_does(keep: Keep) -> None:
    assert usual.on_the_way() == Decimal(0)
    assert isinstance(usual.on_the_way(), Decimal)
    keep(8)
    for status in ("pending", "unconfirmed", "not_started", "running", "failed", "cancelled"):
        keep(None, status=status)
    # Nobody knows what one of these costs.
    keep(None, operation=VIDEO, status="running")

    assert usual.on_the_way() == Decimal(32)


def test_no_time_has_passed_where_two_clocks_differ(keep: Keep) -> None:
    assert usual.elapsed_seconds(keep(8, -5)) == 0
    assert usual.elapsed_seconds(keep(8, 0.5)) == pytest.approx(0.5, abs=0.01)
    waiting = keep(8, sent_at=None, finished_at=None)
    Task.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    waiting.refresh_from_db()
    assert usual.elapsed_seconds(waiting) == pytest.approx(120, abs=10)


@pytest.mark.parametrize(
    ("amount", "read"), [("8", "8"), ("12.50", "12.5"), ("1000", "1,000"), ("0.25", "0.25")]
)
def test_credits_are_read_without_what_says_nothing(amount: str, read: str) -> None:
    assert usual.figure(Decimal(amount)) == read
