"""Move the studio from SQLite and a disk to where the settings say."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat

from studio.running.dumps import BackupError
from studio.running.moving import move


class Command(BaseCommand):
    """`manage.py move FOLDER`."""

    help = (
        "Move database and files of a data folder to the PostgreSQL and the storage that the "
        "settings name. Stop the studio first. What was cut off is begun again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where from."""
        parser.add_argument("folder", type=Path, help="the data folder with studio.sqlite3")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how far it is; the folder stays as it is."""
        try:
            told = move(options["folder"], self._tell)
        except (BackupError, OSError, DatabaseError) as error:
            raise CommandError(str(error)) from None
        for name in told.missing:
            self.stdout.write(f"Missing: {name}")
        self.stdout.write(
            f"Moved: the database and {told.files} files ({filesizeformat(told.size)})"
        )

    def _tell(self, how_far: str) -> None:
        self.stdout.write(how_far)
        self.stdout.flush()
