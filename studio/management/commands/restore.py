"""Put a backup in place of what is there."""

from argparse import ArgumentParser
from pathlib import Path
from tarfile import TarError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat

from studio import backup, health


class Command(BaseCommand):
    """`manage.py restore FILE`."""

    help = "Replace database and files by a backup. Stop the web server and the worker first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where from."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="even if a worker seems to run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file, then put it in place."""
        if not options["force"] and _worker_runs():
            raise CommandError(
                "A worker was heard of within the last minute. Stop it, wait a minute, or --force."
            )
        try:
            files, size = backup.restore(options["file"])
        except (backup.BackupError, OSError, TarError, ValueError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Restored: the database and {files} files ({filesizeformat(size)})")


def _worker_runs() -> bool:
    try:
        return health.is_worker_alive()
    except DatabaseError:
        # An empty database has no tables yet.
        return False
