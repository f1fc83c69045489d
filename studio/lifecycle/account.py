"""The team's account with the API as last seen: its balance, and what keeps every task waiting."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from studio.lifecycle import evidence
from studio.models import Account, Event, Task
from studio.vidgo.client import Accepted, Answer, Away, Blocked, Unknown

# Seconds between two looks while the account is in trouble, and for a task that waits for it.
RETRY = 60.0
# Of the figures that Vidgo tells.
SMALLEST = Decimal("0.01")
TROUBLE = {
    Account.Trouble.KEY.value: "Vidgo refuses the key: every task waits",
    Account.Trouble.CREDITS.value: "Not enough credits: what costs more than is left waits",
}


def get() -> Account:
    """Return the one row, made when first asked for."""
    return Account.objects.get_or_create(pk=1)[0]


def look_soon() -> None:
    """Have the balance looked at: after a result, after an unconfirmed send."""
    get()
    Account.objects.filter(pk=1).update(check_at=timezone.now())


def block(trouble: str, message: str, needed: Decimal | None = None) -> None:
    """Note that the API refuses the account; from here on tasks wait.

    `needed` is what the refused task usually costs, None where nobody knows.
    """
    get()
    if needed is not None:
        Account.objects.filter(pk=1).update(needed=needed)
    news = Account.objects.filter(pk=1).exclude(trouble=trouble)
    if news.update(trouble=trouble, trouble_since=timezone.now(), message=message):
        _tell(TROUBLE[trouble])
    _look_by(timezone.now() + timedelta(seconds=RETRY))


def keeps_waiting(state: Account, cost: Decimal | None) -> bool:
    """Return whether a task that usually costs `cost` is not even tried.

    Where there is too little for one, there can be enough for a cheaper one.
    """
    if state.trouble != Account.Trouble.CREDITS or state.needed is None:
        return bool(state.trouble)
    if state.balance is None or state.balance <= 0:
        return True
    return cost is not None and cost > min(state.balance, state.needed - SMALLEST)


def take_check() -> bool:
    """Take the look that is due. Returns False if none is, or if another worker was first."""
    later = timezone.now() + timedelta(seconds=RETRY)
    due = Account.objects.filter(pk=1, check_at__lte=timezone.now())
    return bool(due.update(check_at=later))


def record_balance(answer: Answer) -> None:
    """Record what the balance query told: the figure, and whether tasks may go on."""
    if isinstance(answer, Blocked):
        block(answer.trouble, answer.message)
        return
    if isinstance(answer, Away | Unknown):
        # Nothing is known: things stay as they are until the next look.
        return
    with transaction.atomic():
        state = Account.objects.select_for_update().get(pk=1)
        if isinstance(answer, Accepted):
            state.balance, state.balance_at = answer.body.credits_amount, timezone.now()
        # Where no balance is to be had, a task is tried: a refusal costs nothing.
        is_poor = state.trouble == Account.Trouble.CREDITS and _is_too_little(state)
        stays = is_poor and _waits().exists()
        goes = bool(state.trouble) and not stays
        if goes:
            state.trouble, state.trouble_since, state.message = "", None, ""
            state.needed = None
            _tell("Vidgo takes the account again: the tasks that waited go on")
        if not stays and state.check_at and state.check_at > timezone.now():
            state.check_at = None
        state.save()
    # After the account is let go of: elsewhere a task is locked first, and then the account.
    if goes:
        _release()
    if isinstance(answer, Accepted):
        evidence.add(state)
        if moment := evidence.next_look():
            _look_by(moment)


def _look_by(moment: datetime) -> None:
    """Have the balance looked at by `moment`. A look that is to come sooner stays.

    Many tasks that are refused must not put it off.
    """
    put_off = Q(check_at__isnull=True) | Q(check_at__gt=moment)
    Account.objects.filter(put_off, pk=1).update(check_at=moment)


def _is_too_little(state: Account) -> bool:
    """Return whether the balance is known not to suffice for what was refused."""
    if state.balance is None:
        return False
    return state.balance <= 0 or (state.needed is not None and state.balance < state.needed)


def _waits() -> "QuerySet[Task]":
    """Return the tasks that wait for the account."""
    return Task.objects.filter(
        status=Task.Status.PENDING, sent_at__isnull=True, error_code__in=TROUBLE
    )


def _tell(text: str) -> None:
    """Write a line of history that is no task's: it makes every open page look again."""
    Event.objects.create(text=text)


def _release() -> None:
    with transaction.atomic():
        # In the order of their keys, as wherever many tasks are taken (`lineage.touch`).
        held = _waits().select_for_update().order_by("pk").values_list("pk", flat=True)
        Task.objects.filter(pk__in=list(held)).update(
            due_at=timezone.now(), held_until=None, error="", error_code=""
        )
