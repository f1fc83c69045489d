"""Whether the product can do its work: database, migrations, worker, storage."""

import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from studio.lifecycle import account
from studio.models import Account, Beat, Delivery, Task, unguessable
from vidgo_site import VERSION

logger = logging.getLogger(__name__)

# How often a worker says that it is there, and after how long it is taken for gone.
BEAT = timedelta(seconds=10)
GONE = Beat.GONE
# Seconds for which storage, once found well or ill, is not tried again: anybody may ask.
STORAGE_KEEPS = 15
# Seconds that anybody waits for the trial. One that takes longer goes on by itself, alone.
STORAGE_PATIENCE = 2.0
# Bytes: with less, the disk counts as full.
DISK_NEEDS = 200 * 1024**2


def beat() -> None:
    """Note that a worker is alive, and that this one is. Each row is written once per BEAT."""
    account.get()
    now = timezone.now()
    Account.objects.filter(pk=1).exclude(worker_at__gte=now - BEAT).update(worker_at=now)
    own = {"machine": socket.gethostname()[:100], "process": os.getpid()}
    if not Beat.objects.filter(**own, at__gte=now - BEAT).exists():
        room = disk()
        seen = {"at": now, "disk_free": room.free, "disk_total": room.total}
        new = {**seen, "started_at": now, "version": VERSION}
        Beat.objects.update_or_create(**own, defaults=seen, create_defaults=new)


def rest() -> None:
    """Forget this worker, which ends by itself, and those of which nothing was heard for a day."""
    Beat.objects.filter(machine=socket.gethostname()[:100], process=os.getpid()).delete()
    forget_workers()


def forget_workers() -> None:
    """Forget the workers of which nothing was heard for a day."""
    Beat.objects.filter(at__lt=timezone.now() - timedelta(days=1)).delete()


def workers() -> "QuerySet[Beat]":
    """Return the workers that were heard of within a day."""
    return Beat.objects.order_by("machine", "process")


def is_worker_alive() -> bool:
    """Return whether a worker was heard of lately."""
    return Account.objects.filter(pk=1, worker_at__gte=timezone.now() - GONE).exists()


def is_database_there() -> bool:
    """Return whether the database answers; raises what it says if it does not."""
    connection.ensure_connection()
    return connection.is_usable()


def is_migrated() -> bool:
    """Return whether the database has every migration of this release."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def rescued(since: datetime) -> "QuerySet[Task]":
    """Return the tasks ready since then whose result came by asking only, without a callback."""
    told = Delivery.objects.filter(task=OuterRef("pk"), applied_at__gte=OuterRef("finished_at"))
    return (
        Task.objects.filter(
            status=Task.Status.FINISHED, finished_at__gte=since, sent_at__isnull=False
        )
        .annotate(told_by=Subquery(told.order_by("applied_at", "pk").values("origin")[:1]))
        .filter(told_by=Delivery.Origin.QUERY)
    )


class _Trial(threading.Thread):
    """One trial of the storage, in a thread: a storage that stalls must hold nobody's request."""

    lock = threading.Lock()
    latest: "_Trial | None" = None

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.began = time.monotonic()

    @classmethod
    def under_way(cls) -> "_Trial":
        """Return the trial that is not over yet; begin one where there is none."""
        with cls.lock:
            if cls.latest is None or not cls.latest.is_alive():
                cls.latest = cls()
                cls.latest.start()
            return cls.latest

    def run(self) -> None:
        """Store a file, and keep for a while whether that went well."""
        cache.set("storage", _try_storage(), STORAGE_KEEPS)


def is_storage_well() -> bool:
    """Return whether a file can be stored, by storing one; one that stalls is not well."""
    known = cache.get("storage")
    if known is None:
        trial = _Trial.under_way()
        trial.join(max(trial.began + STORAGE_PATIENCE - time.monotonic(), 0))
        known = cache.get("storage")
    return bool(known)


def checks() -> dict[str, bool]:
    """Return what `/readyz` answers. A database that is away fails what depends on it, too."""
    return {
        "database": holds(is_database_there),
        "migrations": holds(is_migrated),
        "worker": holds(is_worker_alive),
        "storage": holds(is_storage_well),
    }


def disk() -> shutil._ntuple_diskusage:  # the only name that this type has
    """Return the bytes of the disk with the data folder: in all, used, free."""
    return shutil.disk_usage(settings.STUDIO_DATA_DIR)


def _try_storage() -> bool:
    try:
        if disk().free < DISK_NEEDS:
            return False
        name = default_storage.save(f"health/{unguessable()[:8]}", ContentFile(b"well"))
        default_storage.delete(name)
    except Exception:
        logger.exception("storage is not well")
        return False
    return True


def holds(check: Callable[[], bool]) -> bool:
    """Return whether a check holds; one that fails is logged and does not."""
    try:
        return bool(check())
    except Exception:
        logger.exception("a part is not well")
        return False
