"""Look at every part of the studio and say what to do about what is not well."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.running import doctor


class Command(BaseCommand):
    """`manage.py doctor`: costs no credits; ends with an error where something is not well."""

    help = "Try key, address, worker, database, storage and disk, without spending credits."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each part, and under it what to do."""
        ill = 0
        for found in doctor.examine():
            ill += not found.is_good
            self.stdout.write(f"{'good' if found.is_good else 'ILL '}  {found.what}: {found.seen}")
            if found.to_do:
                self.stdout.write(f"      {found.to_do}")
        if ill:
            raise CommandError(f"{ill} not well.")
