"""Holding a row for one job: a conditional UPDATE that must change exactly one row.

The engine alone forgets a job whose worker was killed. So the row itself says until when it is
held: in the engine's queue while `lease` is empty, by a job while it is not. The lease is drawn
anew each time a job takes the row, and fences off whoever comes too late. How long it lasts goes
by the database's clock, since those of two machines differ.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from studio.models import Asset, Preview, Task, unguessable

logger = logging.getLogger(__name__)

# The database is away, full or deadlocked, or the connection to it is lost: tried again later.
DATABASE_AWAY = (OperationalError, InterfaceError)
Row = type[Task] | type[Asset] | type[Preview]


def moment(seconds: float) -> CombinedExpression:
    """Return what stands for so many seconds from now in a query."""
    return Now() + timedelta(seconds=seconds)


def is_free() -> Q:
    """Return the condition that nobody holds a row, or that whoever did is lost."""
    return Q(held_until__isnull=True) | Q(held_until__lt=Now())


def free(row_class: Row) -> "QuerySet[Model]":
    """Return the rows of `row_class` that are due and that nobody holds."""
    return row_class.objects.filter(is_free(), due_at__lte=timezone.now())


def hold(row_class: Row, pk: int) -> bool:
    """Hold a due row for the engine's queue. Returns False if another was first."""
    until = moment(settings.STUDIO_QUEUE_PATIENCE)
    return bool(free(row_class).filter(pk=pk).update(lease="", held_until=until))


def take(row_class: Row, pk: int, seconds: float) -> str:
    """Take a due row over from the queue for `seconds`. Returns the lease, "" if it is not free.

    Any job of the row may take it, however long it has lain in the queue, so that a queue which
    is slower than its patience still gets on. A second one finds the row taken, or done.
    """
    lease = unguessable()
    untaken = row_class.objects.filter(Q(lease="") | is_free(), pk=pk, due_at__lte=timezone.now())
    return lease if untaken.update(lease=lease, held_until=moment(seconds)) else ""


def extend(row_class: Row, pk: int, lease: str, seconds: float) -> bool:
    """Keep a held row for `seconds` more. Returns False if it is no longer ours: stop then."""
    held = row_class.objects.filter(pk=pk, lease=lease, held_until__isnull=False)
    return bool(held.update(held_until=moment(seconds)))


@contextmanager
def keeping(row_class: Row, pk: int, lease: str, seconds: float) -> Iterator[threading.Event]:
    """Extend a lease of `seconds` again and again, however long the work is silent.

    Returns an event that is set once the row is no longer ours.
    """
    done, lost = threading.Event(), threading.Event()

    def keep() -> None:
        while not done.wait(seconds / 6):
            try:
                if not extend(row_class, pk, lease, seconds):
                    lost.set()
                    return
            except DATABASE_AWAY:
                logger.exception("a lease could not be extended and is tried again")
            finally:
                connection.close()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield lost
    finally:
        done.set()
        keeper.join()


def backoff(attempts: int, first: float = 5.0, longest: float = 600.0) -> float:
    """Return the seconds to wait after `attempts` tries: doubling from `first` up to `longest`."""
    return min(first * 2 ** min(max(attempts - 1, 0), 16), longest)
