"""Time that passes at once: all that is waited for comes nearer, and what was kept is forgotten."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from django.db.models import F

from studio.models import Account, Asset, Task


def pass_time(seconds: float) -> None:
    """Let `seconds` pass for everything that is due, held or to be looked at."""
    ago = timedelta(seconds=seconds)
    for model in (Task, Asset):
        model._default_manager.update(due_at=F("due_at") - ago, held_until=F("held_until") - ago)
    moments = ("sent_at", "accepted_at", "created_at")
    Task.objects.update(**{moment: F(moment) - ago for moment in moments})
    for task in Task.objects.exclude(evidence={}):
        for name in ("before_at", "after_at"):
            if name in task.evidence:
                moment = datetime.fromisoformat(task.evidence[name]) - ago
                task.evidence[name] = moment.isoformat()
        Task.objects.filter(pk=task.pk).update(evidence=task.evidence)
    Account.objects.update(check_at=F("check_at") - ago, balance_at=F("balance_at") - ago)


def forget() -> None:
    """Forget all that is kept of what was drawn or counted before."""
    for name in settings.CACHES:
        caches[name].clear()
