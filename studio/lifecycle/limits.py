"""What one person may spend: a limit by month, and a word for many tasks at once."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User as Person
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from studio import operations
from studio.lifecycle import usual
from studio.lifecycle.changes import NeedsWordError, NotPossibleError, Status, User, actor
from studio.lifecycle.usual import ON_THE_WAY, figure
from studio.models import Allowance, Spent, Task

MINUTE = timedelta(minutes=1)
UNKNOWN = (
    "What this costs is not known yet, so with a monthly limit it goes one at a time:"
    " wait for the one before it. Nothing has been sent."
)


def hold(user: User) -> None:
    """Make other requests that create tasks for `user` wait until this transaction ends.

    Taken before any task's row, in every transaction that takes both.
    """
    # Not quite FOR UPDATE, which would stop every row that only names this person.
    rows = Person.objects.select_for_update(no_key=True).filter(pk=getattr(user, "pk", None) or 0)
    list(rows.values_list("pk"))


def check(user: User, wishes: Sequence[tuple[str, uuid.UUID]], sure: bool) -> None:
    """Raise unless `user` may have these tasks made: operations, each with its form's key.

    Raises NotPossibleError beyond the monthly limit, and NeedsWordError for more tasks within a
    minute than a person sends by hand, unless somebody is `sure`. What is kept already under its
    key is nothing new. To be called in the transaction that keeps the tasks: of many at the same
    moment each counts those before it.
    """
    person = actor(user)
    if person is None:
        return
    hold(person)
    keys = [key for _, key in wishes]
    known = set(Task.objects.filter(form_key__in=keys).values_list("form_key", flat=True))
    models = [model for model, key in wishes if key not in known and model in operations.OPERATIONS]
    if models:
        _check_limit(person, models)
        _check_burst(person, len(models), sure)


def used(person: Any) -> tuple[Decimal, bool]:
    """Return the credits of this month's tasks of `person`, and whether more are on their way.

    What is on its way counts by its usual cost; the second tells that nobody knows some of it.
    """
    begin = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    tasks = Task.objects.filter(
        created_by=person, created_at__gte=begin, operation__in=operations.OPERATIONS
    ).order_by()
    deleted = Spent.objects.filter(created_by=person, created_at__gte=begin)
    total = _sum(tasks) + _sum(deleted)
    is_unknown = False
    untold = tasks.filter(credits_amount=None, status__in=(*ON_THE_WAY, Status.FINISHED))
    # What was made elsewhere was paid for there.
    untold = untold.exclude(evidence__has_key="imported")
    counted = untold.values_list("operation", "status").annotate(number=Count("pk"))
    for model, status, number in counted:
        cost = usual.cost(model)
        total += number * (cost or 0)
        is_unknown = is_unknown or (cost is None and status != Status.FINISHED)
    return total, is_unknown


def limit_of(person: Any) -> Decimal | None:
    """Return the credits that `person` may spend in a month, None without a limit."""
    limits = Allowance.objects.filter(user=person).values_list("monthly_limit", flat=True)
    return limits.first()


def _check_limit(person: Any, models: list[str]) -> None:
    limit = limit_of(person)
    if limit is None:
        return
    total, is_unknown = used(person)
    known = [cost for cost in map(usual.cost, models) if cost is not None]
    cost = sum(known, Decimal(0))
    if total + cost > limit or total >= limit:
        this = f"about {figure(cost)}" if known else "something, too"
        raise NotPossibleError(
            f"Your limit is {figure(limit)} credits a month: {figure(total)} are used or on their"
            f" way, and this would cost {this}. Nothing has been sent. An administrator can raise"
            " the limit."
        )
    if is_unknown or (len(known) < len(models) and len(models) > 1):
        raise NotPossibleError(UNKNOWN)


def _check_burst(person: Any, count: int, sure: bool) -> None:
    lately = Task.objects.filter(
        created_by=person,
        created_at__gt=timezone.now() - MINUTE,
        operation__in=operations.OPERATIONS,
    ).count()
    if not sure and lately + count > settings.STUDIO_BURST:
        more = "one more" if count == 1 else f"{count} more"
        before = f"You have sent {lately} in the last minute, and this is {more}."
        first = f"These are {count} at once."
        raise NeedsWordError(f"{before if lately else first} Each costs credits.")


def _sum(rows: "QuerySet[Any]") -> Decimal:
    return rows.aggregate(total=Sum("credits_amount"))["total"] or Decimal(0)
