"""Whether the product can do its work: database, migrations, worker, storage."""

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from studio import account
from studio.models import Account, unguessable

logger = logging.getLogger(__name__)

# How often a worker says that it is there, and after how long it is taken for gone.
BEAT = timedelta(seconds=10)
GONE = timedelta(seconds=45)
# Seconds for which storage, once found well or ill, is not tried again: anybody may ask.
STORAGE_KEEPS = 15
# Bytes: with less, the disk counts as full.
DISK_NEEDS = 200 * 1024**2


def beat() -> None:
    """Say that a worker is there; written at most once in a while, however many there are."""
    account.get()
    old = timezone.now() - BEAT
    Account.objects.filter(pk=1).exclude(worker_at__gte=old).update(worker_at=timezone.now())


def is_worker_alive() -> bool:
    """Say whether a worker was heard of lately."""
    return Account.objects.filter(pk=1, worker_at__gte=timezone.now() - GONE).exists()


def is_database_there() -> bool:
    """Say whether the database answers; raises what it says if it does not."""
    connection.ensure_connection()
    return connection.is_usable()


def is_migrated() -> bool:
    """Say whether the database has every migration of this release."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def is_storage_well() -> bool:
    """Say whether a file can be stored, by storing one."""
    known = cache.get("storage")
    if known is None:
        known = _try_storage()
        cache.set("storage", known, STORAGE_KEEPS)
    return bool(known)


def checks() -> dict[str, bool]:
    """Give what `/readyz` answers. A database that is away fails what depends on it, too."""
    return {
        "database": _holds(is_database_there),
        "migrations": _holds(is_migrated),
        "worker": _holds(is_worker_alive),
        "storage": _holds(is_storage_well),
    }


def disk() -> shutil._ntuple_diskusage:
    """Give the bytes of the disk with the data folder: in all, used, free."""
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


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return bool(check())
    except Exception:
        logger.exception("a part is not well")
        return False
