"""The team's account with the API as last seen: its balance, and what keeps every task waiting."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from studio.models import Account, Event, Task
from studio.vidgo.client import Accepted, Answer, Away, Blocked, Unknown

# Seconds between two looks while the account is in trouble, and for a task that waits for it.
RETRY = 60.0
TROUBLE = {
    Account.Trouble.KEY.value: "Vidgo refuses the key: every task waits",
    Account.Trouble.CREDITS.value: "The credits are gone: every task waits",
}


def get() -> Account:
    """Give the one row, made when first asked for."""
    return Account.objects.get_or_create(pk=1)[0]


def look_soon() -> None:
    """Have the balance looked at: after a result, after an unconfirmed send."""
    get()
    Account.objects.filter(pk=1).update(check_at=timezone.now())


def block(trouble: str, message: str) -> None:
    """Note that the API refuses the account; every task waits from here on."""
    get()
    news = Account.objects.filter(pk=1).exclude(trouble=trouble)
    if news.update(trouble=trouble, trouble_since=timezone.now(), message=message):
        _tell(TROUBLE[trouble])
    # A look that is to come sooner stays: many tasks that are refused must not put it off.
    later = timezone.now() + timedelta(seconds=RETRY)
    put_off = Q(check_at__isnull=True) | Q(check_at__gt=later)
    Account.objects.filter(put_off, pk=1).update(check_at=later)


def take_check() -> bool:
    """Take the look that is due. Gives False if none is, or if another worker was first."""
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
        is_empty = state.balance is not None and state.balance <= 0
        stays = state.trouble == Account.Trouble.CREDITS and is_empty
        goes = bool(state.trouble) and not stays
        if goes:
            state.trouble, state.trouble_since, state.message = "", None, ""
            _tell("Vidgo takes the account again: the tasks that waited go on")
        if not stays and state.check_at and state.check_at > timezone.now():
            state.check_at = None
        state.save()
    # After the account is let go of: elsewhere a task is locked first, and then the account.
    if goes:
        _release()
    if isinstance(answer, Accepted):
        _add_evidence(state)


def as_evidence(state: Account) -> dict[str, Any]:
    """Give the balance before a send, for whoever must judge later whether it was paid for."""
    if state.balance is None or state.balance_at is None:
        return {}
    return {"before": str(state.balance), "before_at": state.balance_at.isoformat()}


def _tell(text: str) -> None:
    """Write a line of history that is no task's: it makes every open page look again."""
    Event.objects.create(text=text)


def _release() -> None:
    waiting = Task.objects.filter(
        status=Task.Status.PENDING, sent_at__isnull=True, error_code__in=TROUBLE
    )
    with transaction.atomic():
        # In the order of their keys, as wherever many tasks are taken (`lineage.touch`).
        held = waiting.select_for_update().order_by("pk").values_list("pk", flat=True)
        Task.objects.filter(pk__in=list(held)).update(
            due_at=timezone.now(), held_until=None, error="", error_code=""
        )


def _add_evidence(state: Account) -> None:
    """Write the balance to every unconfirmed task that has none from after its send."""
    unconfirmed = Task.objects.filter(status=Task.Status.UNCONFIRMED)
    for pk in unconfirmed.values_list("pk", flat=True):
        with transaction.atomic():
            task = unconfirmed.select_for_update().filter(pk=pk).first()
            if task is None or "after" in task.evidence or state.balance_at is None:
                continue
            after = {"after": str(state.balance), "after_at": state.balance_at.isoformat()}
            task.evidence = {**task.evidence, **after}
            task.save(update_fields=["evidence", "updated_at"])
            Event.objects.create(task=task, text=f"Credits afterwards: {state.balance}")
