"""From SQLite and files on a disk to the PostgreSQL and the storage of the settings, once.

The files go first, and one that is there already is left; then all rows in one transaction. So what
was cut off is begun again, and until the move is whole the new database is empty.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import DateField, Model
from django.utils import timezone

from studio.media import analysis
from studio.models import Account, Preview, Task
from studio.running.dumps import UNSAVED, BackupError, Told, digest_of, file_names, put

OLD = "old"
# Rows that are in memory at once.
BATCH = 1000
# A worker is heard of more often than this.
SILENT = timedelta(minutes=1)
Tell = Callable[[str], None]


def move(folder: Path, tell: Tell) -> Told:
    """Move what lies in a data folder to where the settings say; `tell` is told how far it is.

    Return how much it was. Raises BackupError, and changes nothing in the folder.
    """
    if connection.vendor != "postgresql":
        raise BackupError("DATABASE_URL names no PostgreSQL to move to.")
    call_command("migrate", interactive=False, verbosity=0)
    with _opened(folder / "studio.sqlite3"):
        _check()
        told = _move_files(folder / "media", tell)
        tell("The rows")
        _move_rows()
    analysis.make_missing()
    return told


@contextmanager
def _opened(database: Path) -> Iterator[None]:
    if not database.is_file():
        raise BackupError(f"{database} is not there.")
    given = connections[DEFAULT_DB_ALIAS].settings_dict
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database), "OPTIONS": {}}
    connections[OLD] = DatabaseWrapper({**given, **engine}, OLD)
    try:
        yield
    finally:
        connections[OLD].close()
        del connections[OLD]


def _check() -> None:
    """Raise BackupError where the one is not of this release or still at work, or the other is."""
    old, new = (
        {name for app, name in MigrationRecorder(connections[one]).applied_migrations()}
        for one in (OLD, DEFAULT_DB_ALIAS)
    )
    if old != new:
        raise BackupError("It is of another release: start this one once with the old settings.")
    if Account.objects.using(OLD).filter(worker_at__gt=timezone.now() - SILENT).exists():
        raise BackupError("A worker was heard of within the last minute. Stop the studio first.")
    if Task.objects.exists():
        raise BackupError("There are tasks in the new database already.")


def _move_files(media: Path, tell: Tell) -> Told:
    with connections[OLD].cursor() as cursor:
        wanted = file_names(cursor)
    told = Told(0, 0)
    for number, name in enumerate(wanted, 1):
        path = media / name
        if not path.is_file():
            told.missing.append(name)
            continue
        _move_file(path, name)
        told.files += 1
        told.size += path.stat().st_size
        if number % 20 == 1:
            tell(f"File {number} of {len(wanted)}")
    return told


def _move_file(path: Path, name: str) -> None:
    """Copy one file, and read it back; what is there in its length came by an earlier try."""
    if default_storage.exists(name) and default_storage.size(name) == path.stat().st_size:
        return
    put(name, path.open("rb"))
    if digest_of(default_storage.open(name)) != digest_of(path.open("rb")):
        raise BackupError(f"{name} did not arrive as it was.")


def _move_rows() -> None:
    """Move every row but of sessions and of what is made again, all in one transaction."""
    moved = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model is not Preview
        if model._meta.db_table not in UNSAVED
    ]
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in moved)
    with transaction.atomic(using=OLD), transaction.atomic(), connection.cursor() as cursor:
        # What migrations make is in the old database, too.
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        for model in moved:
            _move_table(model)
        for statement in connection.ops.sequence_reset_sql(no_style(), moved):
            cursor.execute(statement)


def _move_table(model: type[Model]) -> None:
    rows = model._base_manager.using(OLD).order_by("pk").iterator(BATCH)
    with _times_kept(model):
        while batch := list(islice(rows, BATCH)):
            model._base_manager.using(DEFAULT_DB_ALIAS).bulk_create(batch)
    counts = {one: model._base_manager.using(one).count() for one in (OLD, DEFAULT_DB_ALIAS)}
    if len(set(counts.values())) != 1:
        raise BackupError(f"{model._meta.verbose_name_plural}: not all rows arrived ({counts}).")


@contextmanager
def _times_kept(model: type[Model]) -> Iterator[None]:
    """Have rows keep the times at which they were made and changed, which Django sets else."""
    set_by_django = {
        field: (field.auto_now, field.auto_now_add)
        for field in model._meta.local_fields
        if isinstance(field, DateField)
    }
    for field in set_by_django:
        field.auto_now = field.auto_now_add = False
    try:
        yield
    finally:
        for field, (on_each, on_first) in set_by_django.items():
            field.auto_now, field.auto_now_add = on_each, on_first
