"""Everything that would be missed, in one file: the database as of one moment, and its files.

A tar of `manifest.json`, the database's own dump and `media/…`. The dump is taken first, so that
each file it speaks of is there; what comes in meanwhile is in the next backup.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import FileField
from django.utils import timezone

TRIES = 3
DUMP = "database"


class BackupError(Exception):
    """A backup that could not be made or restored; the text says why."""


class _FileGoneError(Exception):
    """A file was replaced between the dump and its copying."""


def make(target: Path) -> tuple[int, int]:
    """Write a backup to `target`. Gives the number of files and of bytes in it.

    Raises BackupError; what was at `target` stays as it was.
    """
    for _ in range(TRIES):
        partial = target.with_name(f".{target.name}.part")
        try:
            with os.fdopen(
                os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb"
            ) as f:
                told = _write(f)
                f.flush()
                os.fsync(f.fileno())
            partial.replace(target)
            return told
        except _FileGoneError as error:
            gone = str(error)
        finally:
            partial.unlink(missing_ok=True)
    raise BackupError(f"{gone} is missing in the storage.")


def restore(source: Path) -> tuple[int, int]:
    """Put back what `source` holds in place of what is there. Gives files and bytes.

    Raises BackupError before anything is changed if `source` is not whole or of another engine.
    """
    with tarfile.open(source) as archive:
        manifest = _manifest(archive)
        if manifest["engine"] != connection.vendor:
            raise BackupError(f"This is a backup of {manifest['engine']}, not {connection.vendor}.")
        _check(archive, manifest)
    with tarfile.open(source) as archive, tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / DUMP
        with dump.open("wb") as target:
            shutil.copyfileobj(_member(archive, DUMP), target)
        # The files first: a row never speaks of a file that is not there yet.
        for name in manifest["files"]:
            _put(name, _member(archive, f"media/{name}"))
        _RESTORE[connection.vendor](dump)
    # A backup of an earlier release is brought up to this one.
    call_command("migrate", interactive=False, verbosity=0)
    sizes = [entry["size"] for entry in manifest["files"].values()]
    return len(sizes), sum(sizes)


def _write(target: IO[bytes]) -> tuple[int, int]:
    with (
        tempfile.TemporaryDirectory() as folder,
        _snapshot(Path(folder) / DUMP) as names,
        tarfile.open(fileobj=target, mode="w") as archive,
    ):
        archive.add(Path(folder) / DUMP, DUMP)
        digest = _digest((Path(folder) / DUMP).open("rb"))
        files = {name: _add(archive, name) for name in names}
        manifest = {
            "made": timezone.now().isoformat(),
            "engine": connection.vendor,
            "database": digest,
            "files": files,
        }
        body = json.dumps(manifest).encode()
        # Last, so that a backup that was cut off has none.
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(body)
        archive.addfile(entry, io.BytesIO(body))
    return len(files), sum(entry["size"] for entry in files.values())


def _add(archive: tarfile.TarFile, name: str) -> dict[str, Any]:
    try:
        source, size = default_storage.open(name, "rb"), default_storage.size(name)
    except FileNotFoundError:
        raise _FileGoneError(name) from None
    entry = tarfile.TarInfo(f"media/{name}")
    entry.size = size
    digest = hashlib.sha256()
    with source:
        archive.addfile(entry, _Hashing(source, digest))
    return {"size": size, "sha256": digest.hexdigest()}


class _Hashing:
    """A file whose bytes are hashed while somebody reads them."""

    def __init__(self, source: Any, digest: Any) -> None:
        self.source, self.digest = source, digest

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        piece: bytes = self.source.read(size)
        self.digest.update(piece)
        return piece


def _check(archive: tarfile.TarFile, manifest: dict[str, Any]) -> None:
    expected = {DUMP: manifest["database"]}
    expected |= {f"media/{name}": entry["sha256"] for name, entry in manifest["files"].items()}
    for name, digest in expected.items():
        if _digest(_member(archive, name)) != digest:
            raise BackupError(f"{name} is not what was backed up: the file is damaged.")


def _manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.load(_member(archive, "manifest.json"))
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        found = archive.extractfile(name)
    except (KeyError, tarfile.TarError):
        found = None
    if found is None:
        raise BackupError(f"{name} is missing: this is no whole backup.")
    return found


def _digest(source: IO[bytes]) -> str:
    with source:
        return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]


def _put(name: str, source: IO[bytes]) -> None:
    with source:
        default_storage.delete(name)
        kept = default_storage.save(name, File(source, name=name))
    if kept != name:
        raise BackupError(f"{name} could not be put in its place.")


def _columns() -> list[tuple[str, str]]:
    """Give table and column of each file that our rows speak of."""
    return [
        (model._meta.db_table, str(field.column))
        for model in apps.get_app_config("studio").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FileField)
    ]


def _names(cursor: Any) -> list[str]:
    found: set[str] = set()
    for table, column in _columns():
        # Names of our own models, in a place that takes no parameters.
        cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" != \'\'')  # noqa: S608
        found |= {row[0] for row in cursor.fetchall()}
    return sorted(found)


@contextmanager
def _snapshot(dump: Path) -> Iterator[list[str]]:
    """Dump the database to `dump`, and give the names of the files that the dump speaks of."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(dump)) as copy:
            connection.connection.backup(copy)
            yield _names(copy.cursor())
        return
    with transaction.atomic(), connection.cursor() as cursor:
        # The dump and our own look see the same moment, and nobody waits for either.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        _run("pg_dump", "--format=custom", f"--snapshot={cursor.fetchone()[0]}", f"--file={dump}")
        yield _names(cursor)


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
    given = connection.settings_dict
    environment = os.environ | {
        "PGHOST": str(given["HOST"] or ""),
        "PGPORT": str(given["PORT"] or ""),
        "PGUSER": str(given["USER"] or ""),
        "PGPASSWORD": str(given["PASSWORD"] or ""),
        "PGDATABASE": str(given["NAME"]),
    }
    try:
        subprocess.run([program, *arguments], env=environment, check=True, capture_output=True)  # noqa: S603
    except FileNotFoundError:
        raise BackupError(f"{program} is missing: install PostgreSQL's client programs.") from None
    except subprocess.CalledProcessError as error:
        raise BackupError(error.stderr.decode(errors="replace").strip()) from None
