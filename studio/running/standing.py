"""How the backups stand: each is noted, and whoever asks is told how the last one went."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.template.defaultfilters import pluralize
from django.utils import timezone

from studio.models import Backup
from studio.running import places, vault
from studio.running.dumps import BackupError, Told
from studio.running.vault import Kept
from vidgo_site.logs import redact

NOTED = 100


@dataclass(frozen=True)
class Standing:
    """When the last good backup was begun, and what is not well, "" if all is.

    `failed`: there is no good one, or none that is fresh. `lost`: a file is missing or damaged.
    """

    last_good: datetime | None
    failed: str
    lost: str

    @property
    def trouble(self) -> str:
        """Return what is not well."""
        return self.failed or self.lost

    @property
    def hours(self) -> float | None:
        """Return how old the last good backup is."""
        if self.last_good is None:
            return None
        return (timezone.now() - self.last_good) / timedelta(hours=1)


def keep(address: str, moment: datetime | None = None, anew: bool = False) -> Kept:
    """Make a backup at a place and note how it went. Raises BackupError, noted too.

    A place that held backups and is empty is not begun `anew` by itself: it may not be mounted. Nor
    is one with backups of which this database knows nothing: it may be empty, and drive them out.
    """
    moment = moment or timezone.now()
    with noted(address, moment) as row:
        place = places.at(address)
        if not anew:
            _check_belongs(address, bool(vault.names(place)), row)
        kept = vault.save(place, moment)
        note(row, kept)
        row.name, row.copied, row.damaged = kept.name, kept.copied, len(kept.damaged)
    return kept


def _check_belongs(address: str, has_backups: bool, row: Backup) -> None:
    """Raise BackupError unless a place holds what this studio remembers of it."""
    if not has_backups and _good().filter(place=address).exists():
        raise BackupError(f"{address} holds no backup, though it did: is it mounted? (--anew)")
    # A restored database holds its own backup as one that has not ended.
    known = Backup.objects.filter(place=address, error="").exclude(pk=row.pk)
    if has_backups and not known.exists():
        raise BackupError(
            f"{address} holds backups of which this studio knows nothing: restore one of them, or "
            "take another place. (--anew)"
        )


def is_fresh(address: str) -> bool:
    """Return whether a good backup was begun at this place within the last day."""
    yesterday = timezone.now() - timedelta(days=1)
    return _good().filter(place=address, began_at__gt=yesterday).exists()


@contextmanager
def noted(address: str, moment: datetime) -> Iterator[Backup]:
    """Note that a backup is begun, and how it ended; what it raises comes as a BackupError."""
    row = Backup.objects.create(place=address[:500], began_at=moment)
    try:
        yield row
    except Exception as error:
        row.error = redact(str(error)) or type(error).__name__
        raise BackupError(row.error) from error
    finally:
        row.ended_at = timezone.now()
        row.save()
        old = Backup.objects.order_by("-pk")[NOTED:].values("pk")
        Backup.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()


def note(row: Backup, told: Told) -> None:
    """Note what a backup holds."""
    row.files, row.size, row.missing = told.files, told.size, len(told.missing)


def read() -> Standing:
    """Return how the backups stand."""
    good, last = _good().first(), Backup.objects.filter(ended_at__isnull=False).first()
    return Standing(good.began_at if good else None, _failed(good, last), _lost(good))


def _failed(good: Backup | None, last: Backup | None) -> str:
    if last and last.error:
        return f"The last backup failed: {last.error}"
    if not good:
        # A trial may do without.
        is_trial = settings.API_ON_LOOPBACK and not settings.BACKUP_TO
        return "" if is_trial else "No backup was ever made."
    limit = timedelta(hours=settings.BACKUP_MAX_AGE)
    if settings.BACKUP_TO and timezone.now() - good.began_at > limit:
        return f"The last good backup is older than {settings.BACKUP_MAX_AGE} hours."
    return ""


def _lost(good: Backup | None) -> str:
    if good and good.damaged:
        return f"{good.damaged} file{pluralize(good.damaged)} at {good.place} are damaged."
    if good and good.missing:
        return f"The storage has lost {good.missing} file{pluralize(good.missing)}."
    return ""


def _good() -> "QuerySet[Backup]":
    return Backup.objects.filter(ended_at__isnull=False, error="")
