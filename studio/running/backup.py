"""Everything that would be missed, in one file: the plain way to keep it and to carry it.

A tar of the database's own dump, `media/…` and `manifest.json`. The dump is taken first, so that
each file it speaks of is there; what comes in meanwhile is in the next backup.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import default_storage

from studio.running.dumps import (
    TRIES,
    BackupError,
    Told,
    check_fits,
    digest_of,
    manifest_of,
    put_back,
    snapshot,
    spoken_of,
    told,
)
from studio.storage.files import check_room

DUMP = "database"


def make(target: Path) -> Told:
    """Write a backup to `target`. Return what is in it; a missing file costs nothing but itself.

    Raises BackupError; what was at `target` stays as it was.
    """
    partial = target.with_name(f".{target.name}.part")
    for last in (*[False] * (TRIES - 1), True):
        try:
            with os.fdopen(
                os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb"
            ) as f:
                found = _write(f, target.parent)
                f.flush()
                os.fsync(f.fileno())
            if last or not found.missing or set(found.missing) <= spoken_of():
                partial.replace(target)
                break
            # Replaced or deleted between the dump and its copying: the next dump knows.
        finally:
            partial.unlink(missing_ok=True)
    return found


def restore(source: Path) -> Told:
    """Put back what `source` holds in place of what is there. Return what that was.

    Raises BackupError before anything is changed if `source` is not whole, of another engine or
    of a newer release.
    """
    with tarfile.open(source) as archive:
        manifest = _manifest(archive)
        check_fits(manifest)
        _check(archive, manifest)
    with tarfile.open(source) as archive, tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / DUMP
        with dump.open("wb") as target:
            shutil.copyfileobj(_member(archive, DUMP), target)
        put_back(dump, manifest["files"], lambda name: _member(archive, f"media/{name}"))
    return told(manifest)


def _write(target: IO[bytes], folder: Path) -> Told:
    with (
        tempfile.TemporaryDirectory() as aside,
        snapshot(Path(aside) / DUMP) as names,
        tarfile.open(fileobj=target, mode="w") as archive,
    ):
        dump = Path(aside) / DUMP
        check_room(dump.stat().st_size, folder)
        archive.add(dump, DUMP)
        digest = digest_of(dump.open("rb"))
        manifest = manifest_of(digest, {name: _add(archive, name, folder) for name in names})
        body = json.dumps(manifest).encode()
        # Last, so that a backup that was cut off has none.
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(body)
        archive.addfile(entry, io.BytesIO(body))
    return told(manifest)


def _add(archive: tarfile.TarFile, name: str, folder: Path) -> dict[str, Any]:
    """Add a stored file. Return its size and digest, nothing for one that cannot be opened."""
    try:
        source, size = default_storage.open(name, "rb"), default_storage.size(name)
    except (FileNotFoundError, PermissionError):
        return {}
    check_room(size, folder)
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
        if digest_of(_member(archive, name)) != digest:
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
