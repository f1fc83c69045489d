"""Whether this machine's worker is alive: for whatever starts it again if it is not."""

import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.running import health


class Command(BaseCommand):
    """`manage.py alive`, in the worker's own container."""

    help = "End with an error unless a worker of this machine was heard of lately."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Look for a fresh beat."""
        own = health.workers().filter(machine=socket.gethostname()[:100])
        if not any(beat.is_alive for beat in own):
            raise CommandError("No worker of this machine was heard of lately.")
