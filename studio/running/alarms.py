"""What administrators are told of wherever they are: once when it begins, once when it is over.

Every worker and every process of the web server looks once a minute, since each may be the one that
is left. The rows decide who tells, so that nobody hears of one thing twice.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from studio import leases
from studio.lifecycle import account, usual
from studio.models import Account, Alarm, Task
from studio.running import health, standing, telling

logger = logging.getLogger(__name__)

# Seconds between two looks, and before the first: a start has enough to do.
EVERY, FIRST = 60.0, 5.0
# A worker that is restarted is silent for a moment.
SILENT = timedelta(minutes=3)
# How long one process has for telling, and others wait before they try in its place.
RETRY = timedelta(minutes=5)
# Bytes, or a part of the disk, whichever is less: a large disk is not full at 5 %.
DISK_LOW, DISK_PART = 5 * 1024**3, 0.1
# Results of the last day that came by asking only: so many, and more than half of all.
RESCUED = 5


def look() -> None:
    """Note what is not well and what is well again, and tell those who want to know."""
    for kind, trouble in TROUBLES.items():
        text = trouble()
        if text is not None:
            _note(kind, text)
    tell()


def tell() -> None:
    """Tell of each alarm whose last state some way has not told yet."""
    for alarm in Alarm.objects.all():
        open_ways = [way for way in telling.ways() if alarm.told.get(way, False) != alarm.is_on]
        if open_ways and _hold(alarm):
            done = [_tell(alarm, way) for way in open_ways]
            if all(done):
                Alarm.objects.filter(pk=alarm.pk).update(held_until=None)


def begin() -> None:
    """Have a thread of this process look again and again: a worker that is gone tells nobody."""
    threading.Thread(target=_watch, daemon=True, name="alarms").start()


def _watch() -> None:
    time.sleep(FIRST)
    while True:
        try:
            look()
        except Exception:
            # A database that is away is told by whoever watches from outside.
            logger.exception("looking for alarms failed and is tried again")
        finally:
            connection.close()
        time.sleep(EVERY)


def _note(kind: str, text: str) -> None:
    known, now = Alarm.objects.filter(kind=kind), timezone.now()
    if text:
        Alarm.objects.get_or_create(kind=kind)
        known.filter(is_on=False).update(is_on=True, since=now, text=text)
    else:
        known.filter(is_on=True).update(is_on=False, since=now)


def _hold(alarm: Alarm) -> bool:
    # As it was read: another process may have told of it meanwhile.
    free = Alarm.objects.filter(leases.is_free(), pk=alarm.pk, is_on=alarm.is_on, told=alarm.told)
    return bool(free.update(held_until=Now() + RETRY))


def _tell(alarm: Alarm, way: str) -> bool:
    """Tell of an alarm one way, and note it. Returns False if that failed: it is tried again."""
    try:
        telling.ways()[way](alarm)
    except Exception:
        logger.exception("alarm %s could not be told by %s", alarm.kind, way)
        return False
    with transaction.atomic():
        row = Alarm.objects.select_for_update().get(pk=alarm.pk)
        row.told[way] = alarm.is_on
        row.save(update_fields=["told"])
    return True


def _worker() -> str:
    at = account.get().worker_at
    if at is None or timezone.now() - at < SILENT:
        return ""
    return f"No worker was heard of since {at:%Y-%m-%d %H:%M} UTC: nothing is sent or saved."


def _key() -> str:
    state = account.get()
    return f"{state.message}: every task waits." if state.trouble == Account.Trouble.KEY else ""


def _credits() -> str:
    state = account.get()
    left = "unknown" if state.balance is None else usual.figure(state.balance)
    if state.trouble == Account.Trouble.CREDITS:
        return f"Not enough credits: tasks wait. Credits left: {left}."
    return f"Few credits are left: {left}." if state.is_low else ""


def _backup() -> str:
    return standing.read().failed


def _files() -> str:
    return standing.read().lost


def _disk() -> str | None:
    """Return which machine's disk is low; None while no worker tells."""
    alive = [beat for beat in health.workers() if beat.is_alive]
    for beat in alive:
        if beat.disk_free < min(DISK_LOW, DISK_PART * beat.disk_total):
            return f"{filesizeformat(beat.disk_free)} are free on the disk of {beat.machine}."
    return "" if alive else None


def _rescued() -> str:
    if not settings.STUDIO_PUBLIC_URL:
        # Asking is the only way there is.
        return ""
    day = timezone.now() - timedelta(days=1)
    count = health.rescued(day).count()
    if count < RESCUED:
        return ""
    ready = Task.objects.filter(status=Task.Status.FINISHED, finished_at__gte=day).count()
    if 2 * count <= ready:
        return ""
    return (
        f"{count} of the last day's {ready} results came by asking only: Vidgo's callbacks do not "
        "arrive. Run: vidgo-studio doctor"
    )


TROUBLES: dict[str, Callable[[], str | None]] = {
    "worker": _worker,
    "key": _key,
    "credits": _credits,
    "backup": _backup,
    "files": _files,
    "disk": _disk,
    "callbacks": _rescued,
}
