"""List what is not well, or see that alarms arrive."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from studio.models import Alarm
from studio.running import alarms, telling


class Command(BaseCommand):
    """`manage.py alarms [--try]`."""

    help = "Look for what is not well, tell of it and list it; --try sends a trial each way."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("--try", action="store_true", help="send a trial, whatever is well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each alarm, or for each way."""
        if options["try"]:
            self._try()
            return
        alarms.look()
        for alarm in Alarm.objects.filter(is_on=True).order_by("since"):
            self.stdout.write(f"{alarm.kind}, since {alarm.since:%Y-%m-%d %H:%M} UTC: {alarm.text}")

    def _try(self) -> None:
        ways = telling.ways()
        if not ways:
            raise CommandError(
                "Alarms reach nobody: set STUDIO_ALARM_WEBHOOK, or STUDIO_EMAIL_URL and an "
                "administrator's e-mail address."
            )
        trial = Alarm(kind="trial", is_on=True, text="This is a trial.", since=timezone.now())
        for way, tell in ways.items():
            try:
                tell(trial)
            except Exception as error:
                raise CommandError(f"{way}: {error}") from None
            self.stdout.write(f"{way}: sent")
