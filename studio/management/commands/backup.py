"""Back everything up while the product goes on: into one file, or to a place that keeps many."""

import datetime as dt
import time
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections, connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from studio.running import alarms, backup, places, standing, vault
from studio.running.dumps import BackupError, Told

SHOWN = 50


class Command(BaseCommand):
    """`manage.py backup [FILE | --to PLACE]`."""

    help = (
        "Write database and files into one tar, or with --to (STUDIO_BACKUP_TO) what is new of "
        "them to a place that keeps backups; nothing has to be stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to, or what to do with what is there."""
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--to", metavar="PLACE", help="a folder or s3://bucket/prefix")
        parser.add_argument("--anew", action="store_true", help="though the place lost its backups")
        parser.add_argument(
            "--nightly", metavar="HH:MM", type=_clock, help="go on for ever, a backup each night"
        )
        parser.add_argument("--list", action="store_true", help="list what the place keeps")
        parser.add_argument("--check", action="store_true", help="read back all that it keeps")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say what was done; what is missing or damaged ends it with an error."""
        address = options["to"] or ("" if options["file"] else settings.BACKUP_TO)
        try:
            if not address:
                self._write(options["file"])
            elif options["nightly"]:
                self._go_on(address, options["nightly"])
            elif options["list"]:
                self._list(address)
            elif options["check"]:
                self._check(address)
            else:
                self._keep(address, options["anew"])
        except (BackupError, OSError, DatabaseError) as error:
            raise CommandError(str(error)) from None
        finally:
            # At once, and even where no other part of the studio runs.
            with suppress(DatabaseError):
                alarms.look()

    def _write(self, target: Path | None) -> None:
        moment = timezone.now()
        if target is None:
            folder = settings.STUDIO_DATA_DIR / "backups"
            folder.mkdir(exist_ok=True)
            target = folder / f"studio-{timezone.localtime(moment):%Y%m%d-%H%M%S}.tar"
        with standing.noted(str(target), moment) as row:
            told = backup.make(target)
            standing.note(row, told)
        self._say(f"{target}: the database and {told.files} files", told)

    def _keep(self, address: str, anew: bool) -> None:
        kept = standing.keep(address, anew=anew)
        copied = filesizeformat(kept.copied)
        if kept.damaged:
            self.stderr.write(_listed(f"Damaged or lost at {address}:", kept.damaged))
        told = f"{address}, {kept.name}: the database and {kept.files} files, {copied} of it new"
        self._say(told, kept)
        if kept.damaged:
            raise CommandError("Backups from before are not whole; this one is.")

    def _go_on(self, address: str, clock: dt.time) -> None:
        """Make a backup each night, and one at once where this place has none of the last day."""
        moment = _next(clock) if standing.is_fresh(address) else timezone.now()
        while True:
            time.sleep(max((moment - timezone.now()).total_seconds(), 0))
            close_old_connections()
            try:
                self._keep(address, anew=False)
            except (BackupError, CommandError, DatabaseError) as error:
                # It is noted, and told by an alarm; the next night is tried all the same.
                self.stderr.write(str(error))
            with suppress(DatabaseError):
                alarms.look()
            connection.close()
            moment = _next(clock)

    def _say(self, what: str, told: Told) -> None:
        self.stdout.write(f"{what} ({filesizeformat(told.size)})")
        if told.missing:
            raise CommandError(
                _listed("Everything else is saved. Missing in the storage:", told.missing)
            )

    def _list(self, address: str) -> None:
        place = places.at(address)
        for name in vault.names(place):
            made = vault.manifest(place, name)
            files, missing = len(made["files"]), len(made["missing"])
            lost = f", {missing} missing then" if missing else ""
            self.stdout.write(f"{name}  release {made['version']}, {files} files{lost}")

    def _check(self, address: str) -> None:
        damaged = vault.check(places.at(address))
        if damaged:
            raise CommandError(_listed(f"Damaged at {address}:", damaged))
        self.stdout.write(f"{address}: every byte is as it was written.")


def _clock(text: str) -> dt.time:
    return dt.time.fromisoformat(text)


def _next(clock: dt.time) -> dt.datetime:
    """Return when the studio's clock next shows that time."""
    now = timezone.localtime()
    moment = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return moment if moment > now else moment + dt.timedelta(days=1)


def _listed(title: str, names: list[str]) -> str:
    more = [f"… and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return "\n".join([title, *names[:SHOWN], *more])
