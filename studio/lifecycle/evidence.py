"""What the account's balance tells of an unconfirmed task, and what it cannot tell.

Credits leave the balance only when a task finishes, and a failed task costs nothing
(vidgo-api.md, "Balance"). So an unchanged balance shows something only once the task would have
been finished, and even then it is no proof.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from studio.lifecycle import usual
from studio.models import Account, Event, Task

# Seconds an operation takes where the team has not made enough of it to know: most take less.
DEFAULT = 300.0
Status = Task.Status


@dataclass(frozen=True)
class Reading:
    """The balance around an unconfirmed send, and what it comes to."""

    before: Decimal | None
    before_at: datetime | None
    after: Decimal | None
    after_at: datetime | None
    # Credits that other tasks are known to have cost in between, and whether some may be unknown.
    others: Decimal
    is_unclear: bool
    settles_at: datetime
    usual: float

    @property
    def missing(self) -> Decimal | None:
        """Return the credits that no other task accounts for, None where it cannot be known."""
        if self.before is None or self.after is None:
            return None
        return self.before - self.after - self.others

    @property
    def is_settled(self) -> bool:
        """Return whether the balance was read after the task would surely have been finished."""
        return self.after_at is not None and self.after_at >= self.settles_at

    @property
    def is_against(self) -> bool:
        """Return whether the balance speaks, as far as it can, against a task at Vidgo."""
        return self.is_settled and self.missing == 0 and not self.is_unclear


def begin(state: Account, operation: str) -> dict[str, Any]:
    """Return what is kept before a send for whoever must judge later whether it was paid for."""
    kept: dict[str, Any] = {"usual": usual.seconds(operation) or DEFAULT}
    if state.balance is not None and state.balance_at is not None:
        kept |= {"before": str(state.balance), "before_at": state.balance_at.isoformat()}
    return kept


def add(state: Account) -> None:
    """Write the balance to every unconfirmed task that is not settled yet."""
    if state.balance is None or state.balance_at is None:
        return
    unconfirmed = Task.objects.filter(status=Status.UNCONFIRMED)
    for pk in unconfirmed.values_list("pk", flat=True):
        with transaction.atomic():
            task = unconfirmed.select_for_update().filter(pk=pk).first()
            if task is None or _is_settled(task):
                continue
            is_news = task.evidence.get("after") != str(state.balance)
            after = {"after": str(state.balance), "after_at": state.balance_at.isoformat()}
            task.evidence = {**task.evidence, **after}
            task.save(update_fields=["evidence", "updated_at"])
            if is_news or _is_settled(task):
                told = f"Credits afterwards: {usual.figure(state.balance)}"
                Event.objects.create(task=task, text=told)


def next_look() -> datetime | None:
    """Return when the balance will tell something new of an unconfirmed task, None if never.

    Twice: when the task would usually be finished, and after twice that time.
    """
    now, moments = timezone.now(), []
    for task in Task.objects.filter(status=Status.UNCONFIRMED):
        end = _settles_at(task)
        middle = end - timedelta(seconds=_usual(task))
        moments += [moment for moment in (middle, end) if moment > now]
    return min(moments, default=None)


def read(task: Task) -> Reading:
    """Return what the balance tells of an unconfirmed `task`, by what is known now."""
    before_at, after_at = _moment(task, "before_at"), _moment(task, "after_at")
    others, is_unclear = Decimal(0), False
    if before_at and after_at:
        others, is_unclear = _others(task, before_at, after_at)
    return Reading(
        _amount(task, "before"),
        before_at,
        _amount(task, "after"),
        after_at,
        others,
        is_unclear,
        _settles_at(task),
        _usual(task),
    )


def _others(task: Task, since: datetime, until: datetime) -> tuple[Decimal, bool]:
    """Return what other tasks cost between two readings, and whether more of it may be theirs.

    When Vidgo took the credits of one that was under way at either reading, nobody tells.
    """
    others = _sent(task, until)
    ended = others.filter(status=Status.FINISHED, finished_at__gt=since, finished_at__lte=until)
    known = sum((other.credits_amount or Decimal(0) for other in ended), Decimal(0))
    at_the_edge = Q(finished_at__gt=until) | Q(sent_at__lte=since) | Q(credits_amount=None)
    unclear = Q(status__in=usual.ON_THE_WAY) | (
        at_the_edge & Q(status=Status.FINISHED, finished_at__gt=since)
    )
    return known, others.filter(unclear).exists()


def _sent(task: Task, until: datetime) -> "QuerySet[Task]":
    return Task.objects.filter(sent_at__lte=until).exclude(pk=task.pk)


def _is_settled(task: Task) -> bool:
    after_at = _moment(task, "after_at")
    return after_at is not None and after_at >= _settles_at(task)


def _settles_at(task: Task) -> datetime:
    return (task.sent_at or task.created_at) + timedelta(seconds=2 * _usual(task))


def _usual(task: Task) -> float:
    return float(task.evidence.get("usual") or DEFAULT)


def _amount(task: Task, name: str) -> Decimal | None:
    known = task.evidence.get(name)
    # "None" was once kept of an answer without a figure.
    return None if known in (None, "None") else Decimal(known)


def _moment(task: Task, name: str) -> datetime | None:
    return datetime.fromisoformat(task.evidence[name]) if task.evidence.get(name) else None
