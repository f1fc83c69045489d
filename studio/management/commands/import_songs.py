"""Bring in songs by their task ids from a command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from studio import jobs, lifecycle


class Command(BaseCommand):
    """`manage.py import_songs TASK_ID …`: the same as the page does."""

    help = "Bring in songs made elsewhere with the same account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ids."""
        parser.add_argument("task_id", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep each as a task to be asked for."""
        for task_id in options["task_id"]:
            task, _ = lifecycle.bring_in(task_id, user=None)
            jobs.kick(task.pk)
