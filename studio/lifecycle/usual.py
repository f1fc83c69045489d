"""What tasks usually cost and how long they take, learnt from the team's own finished ones."""

from collections.abc import Callable
from decimal import Decimal
from statistics import median
from typing import Any

from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone

from studio.models import Task

# So many of the newest count. A figure is kept for so many seconds: it moves slowly, and every
# open page asks for it.
SAMPLE, KEEP = 20, 60
# What Vidgo has, or may get, and has not charged for yet.
ON_THE_WAY = (
    Task.Status.PENDING,
    Task.Status.UNCONFIRMED,
    Task.Status.NOT_STARTED,
    Task.Status.RUNNING,
)


def cost(operation: str) -> Decimal | None:
    """Return the median credits of the last tasks of `operation`, None before there is one."""
    return _median(f"cost:{operation}", lambda: _costs(operation), 1)


def seconds(operation: str) -> float | None:
    """Return the median seconds from sending to ready of the last tasks, None below three."""
    return _median(f"seconds:{operation}", lambda: _seconds(operation), 3, KEEP)


def on_the_way() -> Decimal:
    """Return the credits that the whole team's tasks on their way will usually take."""
    counted = Task.objects.filter(status__in=ON_THE_WAY).order_by().values_list("operation")
    costs = (
        number * (cost(operation) or Decimal(0))
        for operation, number in counted.annotate(Count("pk"))
    )
    return sum(costs, Decimal(0))


def elapsed_seconds(task: Task) -> float:
    """Return the seconds a task has taken, or took."""
    begin = task.sent_at or task.created_at
    end = task.finished_at or timezone.now()
    return max((end - begin).total_seconds(), 0.0)


def figure(amount: Decimal) -> str:
    """Return credits as they are read: `8`, `12.5`, `1,000`."""
    whole = f"{amount:,.2f}"
    return whole.rstrip("0").rstrip(".")


def _median(key: str, measured: Callable[[], list[Any]], least: int, keep_unknown: int = 0) -> Any:
    """Return the median of what is measured, None where there are fewer than `least`.

    That nothing is known yet is kept for `keep_unknown` seconds.
    """
    known = cache.get(key)
    if known is None:
        found = measured()
        known = (median(found),) if len(found) >= least else ()
        cache.set(key, known, KEEP if known else keep_unknown)
    return known[0] if known else None


def _costs(operation: str) -> list[Decimal]:
    finished = Task.objects.filter(operation=operation, status=Task.Status.FINISHED)
    amounts = finished.exclude(credits_amount=None).values_list("credits_amount", flat=True)
    return [amount or Decimal(0) for amount in amounts[:SAMPLE]]


def _seconds(operation: str) -> list[float]:
    finished = Task.objects.filter(operation=operation, status=Task.Status.FINISHED)
    times = finished.exclude(sent_at=None).exclude(finished_at=None)
    moments = times.values_list("sent_at", "finished_at")[:SAMPLE]
    return [(end - begin).total_seconds() for begin, end in moments if begin and end]
