"""Files on their way into storage: one folder, and one way in."""

import errno
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.db.models.fields.files import FieldFile

CHUNK = 256 * 1024
# Bytes that whatever writes a file leaves free: the database is often on the same disk.
RESERVE = 16 * 1024**2
# Seconds without another byte after which a file is not arriving, or being made, any more.
FORGOTTEN = 6 * 3600


class Part(File):
    """A finished file in `incoming()`; storage on a disk takes it over by renaming it."""

    def temporary_file_path(self) -> str:
        """Return its path, as Django's own uploaded files do."""
        return str(self.name)


def incoming() -> Path:
    """Return the folder for files that are not whole yet, on the disk where the storage is."""
    folder = Path(settings.STUDIO_DATA_DIR) / "incoming"
    folder.mkdir(exist_ok=True)
    return folder


def forgotten(pattern: str) -> Iterator[Path]:
    """Yield the files that are not whole yet, and not written to for FORGOTTEN seconds."""
    for path in incoming().glob(pattern):
        with suppress(FileNotFoundError):
            if path.is_file() and time.time() - path.stat().st_mtime > FORGOTTEN:
                yield path


def check_room(size: int = 0, folder: Path | None = None) -> None:
    """Raise OSError if `size` more bytes in a folder would leave too little for the database."""
    if shutil.disk_usage(folder or incoming()).free < size + RESERVE:
        raise OSError(errno.ENOSPC, "no room is left on the disk")


def is_full(error: Exception) -> bool:
    """Return whether an error says that the disk, or somebody's share of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def pieces(file: FieldFile, begin: int, length: int) -> Iterator[bytes]:
    """Yield `length` bytes of a stored file from `begin` on, piece by piece; opened when needed."""
    if not isinstance(file.storage, FileSystemStorage):
        yield from file.storage.pieces(file.name, begin, length)  # type: ignore[attr-defined]
        return
    with file.open("rb") as source:
        source.seek(begin)
        while length > 0 and (piece := source.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece


@contextmanager
def on_disk(file: FieldFile) -> Iterator[Path]:
    """Yield the path of a stored file; where storage is no disk, a copy while it is needed."""
    if isinstance(file.storage, FileSystemStorage):
        yield Path(file.path)
        return
    copy = incoming() / f"copy-{secrets.token_hex(8)}"
    try:
        check_room(file.size)
        with file.open("rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def delete_after_commit(files: Iterable[FieldFile]) -> None:
    """Delete stored files once the present transaction is committed; empty fields are no files."""
    stored = [(file.storage, str(file.name)) for file in files if file]

    def delete() -> None:
        for storage, name in stored:
            storage.delete(name)

    transaction.on_commit(delete)
