"""Back everything up into one file, while the product goes on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from studio import backup


class Command(BaseCommand):
    """`manage.py backup [FILE]`."""

    help = "Write the database and every file into one tar; nothing has to be stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to."""
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and say what is in it."""
        target = options["file"]
        if target is None:
            folder = settings.STUDIO_DATA_DIR / "backups"
            folder.mkdir(exist_ok=True)
            target = folder / f"studio-{timezone.localtime():%Y%m%d-%H%M%S}.tar"
        try:
            files, size = backup.make(target)
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{target}: the database and {files} files ({filesizeformat(size)})")
