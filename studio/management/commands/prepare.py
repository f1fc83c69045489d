"""Make the data folder ready for a start: database, static files, the first account."""

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from studio import lifecycle


class Command(BaseCommand):
    """`manage.py prepare`: quick when there is nothing to do."""

    help = "Migrate, collect static files, and make the first account if there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the songs to bring in."""
        parser.add_argument("--import-songs", nargs="*", default=[], metavar="TASK_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each step that is needed."""
        try:
            executor = MigrationExecutor(connection)
        except Exception as error:
            raise ImproperlyConfigured(
                f"DATABASE_URL is wrong: the database does not answer ({type(error).__name__})."
            ) from None
        _see_that_redis_answers()
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
        if _static_is_stale():
            call_command("collectstatic", interactive=False, verbosity=0)
        self._make_first_account()
        first = get_user_model().objects.order_by("pk").first()
        for task_id in options["import_songs"]:
            lifecycle.bring_in(task_id, user=first)

    def _make_first_account(self) -> None:
        users = get_user_model().objects
        if users.exists():
            return
        name = os.environ.get("DJANGO_SUPERUSER_USERNAME") or "admin"
        password = os.environ.get("DJANGO_SUPERUSER_PASSWORD") or ""
        made = not password
        if made:
            password = secrets.token_urlsafe(12)
        email = os.environ.get("DJANGO_SUPERUSER_EMAIL", "")
        users.create_superuser(name, email, password)
        if made:
            self.stdout.write(f"Sign in as {name} with the password {password} (shown only now).")
        else:
            self.stdout.write(f"Sign in as {name} with the password you set.")


def _see_that_redis_answers() -> None:
    if not settings.REDIS_URL:
        return
    import redis

    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5).ping()
    except Exception as error:
        raise ImproperlyConfigured(
            f"REDIS_URL is wrong: Redis does not answer ({type(error).__name__})."
        ) from None


def _static_is_stale() -> bool:
    """Say whether a static file is newer than what was collected last."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not manifest.exists():
        return True
    collected = manifest.stat().st_mtime
    return any(
        os.path.getmtime(storage.path(path)) > collected
        for finder in get_finders()
        for path, storage in finder.list([])
    )
