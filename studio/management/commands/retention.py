"""List what the studio's rules will remove, or remove what is past its time."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import date, filesizeformat

from studio.running import retention


class Command(BaseCommand):
    """`manage.py retention`: the worker does the removing by itself; this is to look."""

    help = "List what goes within the next days; with --remove, remove what is past its time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("--days", type=int, default=retention.NOTICE.days)
        parser.add_argument("--remove", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each rule, and for each thing that goes."""
        start = retention.removes_from()
        if start:
            self.stdout.write(f"Nothing goes before {date(start, 'j F Y, H:i')}.")
        if options["remove"]:
            for each in retention.remove():
                self.stdout.write(f"Removed: {each.what}, {each.count}")
            return
        for each in retention.going(timedelta(days=options["days"])):
            size = f", {filesizeformat(each.size)}" if each.size else ""
            self.stdout.write(f"{each.what}: {each.count}{size}")
            for row in each.rows:
                self.stdout.write(f"  {row.pk}: {row}")
