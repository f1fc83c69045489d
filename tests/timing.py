"""Time that passes at once: all that is waited for comes nearer, and what was kept is forgotten."""

from datetime import timedelta

from django.conf import settings
from django.core.cache import caches
from django.db.models import F

from studio.models import Account, Asset, Task


def pass_time(seconds: float) -> None:
    """Let `seconds` pass for everything that is due, held or to be looked at."""
    ago = timedelta(seconds=seconds)
    for model in (Task, Asset):
        model._default_manager.update(due_at=F("due_at") - ago, held_until=F("held_until") - ago)
    Task.objects.update(accepted_at=F("accepted_at") - ago, created_at=F("created_at") - ago)
    Account.objects.update(check_at=F("check_at") - ago)


def forget() -> None:
    """Forget all that is kept of what was drawn or counted before."""
    for name in settings.CACHES:
        caches[name].clear()
