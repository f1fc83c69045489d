"""Make the data folder ready for a start: database, static files, the first account."""

import os
import secrets
from argparse import ArgumentParser
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from studio import lifecycle
from studio.models import Task
from studio.storage import private
from vidgo_site.storage import Static


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
        if cast(Static, staticfiles_storage).is_stale():
            call_command("collectstatic", interactive=False, verbosity=0)
        private.tighten()
        self._make_first_account()
        first = get_user_model().objects.order_by("pk").first()
        songs = options["import_songs"]
        # What somebody has deleted stays in the trash.
        deleted = Task.objects.filter(vidgo_id__in=songs, deleted_at__isnull=False)
        known = set(deleted.values_list("vidgo_id", flat=True))
        for task_id in songs:
            if task_id not in known:
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
        _check_account(name, email, password)
        users.create_superuser(name, email, password)
        if made:
            self.stdout.write(f"Sign in as {name} with the password {password} (shown only now).")
        else:
            self.stdout.write(f"Sign in as {name} with the password you set.")


def _check_account(name: str, email: str, password: str) -> None:
    """Raise ImproperlyConfigured, with one sentence, for what no page would take."""
    user = get_user_model()(username=name, email=email)
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        field, (trouble, *_) = next(iter(error.message_dict.items()))
        raise ImproperlyConfigured(
            f"DJANGO_SUPERUSER_{field.upper()} is wrong: {trouble}"
        ) from None
    try:
        validate_password(password, user)
    except ValidationError as error:
        trouble = error.messages[0]
        raise ImproperlyConfigured(f"DJANGO_SUPERUSER_PASSWORD is wrong: {trouble}") from None


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
