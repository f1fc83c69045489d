"""The database as of one moment, out into a file and back; what every kind of backup begins with.

Left out are what opens the studio (sessions), what people typed at its door, and what can be made
again (previews).
"""

import hashlib
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import FileField
from django.utils import timezone

from studio import lifecycle
from studio.media import analysis
from studio.models import Preview
from studio.running import retention
from vidgo_site import VERSION

# Tables whose rows are in no backup: a session opens the studio to whoever reads it, and a password
# is easily typed where a name belongs. Nobody misses them.
UNSAVED = (
    *("django_session", "axes_accessattemptexpiration", "axes_accessattempt"),
    "axes_accessfailurelog",
)
# How often a backup begins anew because files went between the dump and their copying.
TRIES = 3


class BackupError(Exception):
    """A backup that could not be made or restored; the text says why."""


@dataclass
class Told:
    """What a backup holds: how many files, their bytes, and the names of those that are missing."""

    files: int
    size: int
    missing: list[str] = field(default_factory=list)


def told(manifest: dict[str, Any]) -> Told:
    """Return what a manifest tells."""
    sizes = [entry["size"] for entry in manifest["files"].values()]
    return Told(len(sizes), sum(sizes), manifest.get("missing", []))


def manifest_of(database: str, files: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of a backup: a dump's digest, and its files, empty for a missing one."""
    return {
        "made": timezone.now().isoformat(),
        "version": VERSION,
        "migrations": sorted(
            f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()
        ),
        "engine": connection.vendor,
        "database": database,
        "files": {name: entry for name, entry in files.items() if entry},
        "missing": [name for name, entry in files.items() if not entry],
    }


def check_fits(manifest: dict[str, Any]) -> None:
    """Raise BackupError if this release, with its database, cannot take a backup."""
    if manifest["engine"] != connection.vendor:
        raise BackupError(f"This is a backup of {manifest['engine']}, not {connection.vendor}.")
    known = MigrationLoader(None).disk_migrations
    # Of apps alone that this installation has: with another engine there can be others.
    ours = {app for app, _ in known}
    names = {f"{app}.{name}" for app, name in known}
    names |= {f"{app}.{name}" for one in known.values() for app, name in one.replaces}
    for name in manifest.get("migrations", []):
        if name not in names and name.partition(".")[0] in ours:
            raise BackupError(
                f"This backup is of release {manifest['version']}, newer than this one "
                f"({VERSION}), which does not know {name}. Install that release, then restore."
            )


def put_back(dump: Path, files: dict[str, Any], source: Callable[[str], IO[bytes]]) -> None:
    """Put a database and its files in place of what is there; `source` opens a file by its name."""
    # The files first: a row never speaks of a file that is not there yet.
    for name in files:
        put(name, source(name))
    _RESTORE[connection.vendor](dump)
    # A backup of an earlier release is brought up to this one.
    call_command("migrate", interactive=False, verbosity=0)
    # Those of earlier releases hold sessions; a restore revives nobody.
    Session.objects.all().delete()
    # What the backup does not know: Vidgo has gone on, and so has the time of what is to go.
    lifecycle.doubt_sends()
    retention.begin_anew()
    analysis.make_missing()


def digest_of(source: IO[bytes]) -> str:
    """Return the SHA-256 of an open file, which is closed then."""
    with source:
        return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]


def put(name: str, source: IO[bytes]) -> None:
    """Store an open file, which is closed then, under exactly this name in place of what is there.

    Raises BackupError.
    """
    with source:
        default_storage.delete(name)
        kept = default_storage.save(name, File(source, name=name))
    if kept != name:
        raise BackupError(f"{name} could not be put in its place.")


def _columns() -> list[tuple[str, str]]:
    """Return table and column of each file that our rows speak of and that cannot be made again."""
    return [
        (model._meta.db_table, str(field.column))
        for model in apps.get_app_config("studio").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FileField) and model is not Preview
    ]


def spoken_of() -> set[str]:
    """Return the names of the files that the database speaks of now."""
    with connection.cursor() as cursor:
        return set(file_names(cursor))


def file_names(cursor: Any) -> list[str]:
    """Return the names of the files that the database of `cursor` speaks of."""
    found: set[str] = set()
    for table, column in _columns():
        # Names of our own models, in a place that takes no parameters.
        cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" != \'\'')  # noqa: S608
        found |= {row[0] for row in cursor.fetchall()}
    return sorted(found)


@contextmanager
def snapshot(dump: Path) -> Iterator[list[str]]:
    """Dump the database to `dump`, and give the names of the files that the dump speaks of."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(dump)) as copy:
            connection.connection.backup(copy)
            _leave_out(copy)
            yield file_names(copy.cursor())
        return
    with transaction.atomic(), connection.cursor() as cursor:
        # The dump and our own look see the same moment, and nobody waits for either.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        without = [f"--exclude-table-data=*.{table}" for table in UNSAVED]
        snapshot = f"--snapshot={cursor.fetchone()[0]}"
        _run("pg_dump", "--format=custom", snapshot, f"--file={dump}", *without)
        yield file_names(cursor)


def _leave_out(copy: sqlite3.Connection) -> None:
    """Take out of a copy of the database what no backup holds, its traces on the pages included."""
    copy.execute("PRAGMA journal_mode=DELETE")
    with copy:
        for table in UNSAVED:
            # Names of our own choice, in a place that takes no parameters.
            copy.execute(f"DELETE FROM {table}")  # noqa: S608
    copy.execute("VACUUM")


def _restore_sqlite(dump: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(dump)) as copy:
        copy.backup(connection.connection)
    connection.close()


def _restore_postgres(dump: Path) -> None:
    connection.close()
    name = connection.settings_dict["NAME"]
    _run(
        *("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges"),
        *("--single-transaction", f"--dbname={name}", str(dump)),
    )


_RESTORE = {"sqlite": _restore_sqlite, "postgresql": _restore_postgres}


def _run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's, connected as we are: everybody reads a command line."""
    # Not above: with boto3 it is a third of what each process loads, and SQLite has no use for it.
    from psycopg import pq

    given = connection.settings_dict
    names = {"dbname": "NAME", "host": "HOST", "port": "PORT", "user": "USER"}
    values = {**given["OPTIONS"], **{key: given[name] for key, name in names.items()}}
    values["password"] = given["PASSWORD"]
    # Each option of its library by the variable that the library reads it from.
    environment = os.environ | {
        option.envvar.decode(): str(value)
        for option in pq.Conninfo.get_defaults()
        if option.envvar and (value := values.get(option.keyword.decode()))
    }
    try:
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True)  # noqa: S603
    except FileNotFoundError:
        raise BackupError(f"{program} is missing: install PostgreSQL's client programs.") from None
    except subprocess.CalledProcessError as error:
        raise BackupError(error.stderr.decode(errors="replace").strip()) from None
