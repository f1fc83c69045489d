"""Put a backup in place of what is there."""

from argparse import ArgumentParser
from pathlib import Path
from tarfile import TarError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat

from studio.running import backup, health, places, vault
from studio.running.dumps import BackupError, Told


class Command(BaseCommand):
    """`manage.py restore FILE`, or `manage.py restore NAME --from PLACE`."""

    help = "Replace database and files by a backup. Stop the web server and the worker first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where from."""
        parser.add_argument("backup", help="a file; of a place, a backup's name or `newest`")
        parser.add_argument(
            "--from",
            dest="place",
            nargs="?",
            const=settings.BACKUP_TO,
            help="a place that keeps backups, as of `backup --to` (STUDIO_BACKUP_TO)",
        )
        parser.add_argument("--anyway", action="store_true", help="even if files are damaged")
        parser.add_argument("--force", action="store_true", help="even if a worker seems to run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the backup, then put it in place."""
        if not options["force"] and _worker_runs():
            raise CommandError(
                "A worker was heard of within the last minute. Stop it, wait a minute, or --force."
            )
        try:
            if options["place"]:
                told = _from(options["place"], options["backup"], options["anyway"])
            else:
                told = backup.restore(Path(options["backup"]))
        except (BackupError, OSError, TarError, ValueError) as error:
            raise CommandError(str(error)) from None
        size = filesizeformat(told.size)
        self.stdout.write(f"Restored: the database and {told.files} files ({size})")
        for name in told.missing:
            self.stdout.write(f"Missing when the backup was made: {name}")


def _from(address: str, name: str, anyway: bool) -> Told:
    place = places.at(address)
    if name == "newest":
        name = max(vault.names(place), default="")
        if not name:
            raise BackupError(f"{address} holds no backup.")
    return vault.restore(place, name, anyway)


def _worker_runs() -> bool:
    try:
        return health.is_worker_alive()
    except DatabaseError:
        # An empty database has no tables yet.
        return False
