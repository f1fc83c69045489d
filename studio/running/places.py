"""Where kept backups lie: a folder, or a prefix of an S3 bucket. Objects have a name and a size.

Whatever is put there appears whole or not at all.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol

from django.conf import settings

S3 = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<prefix>.*)")


class Place(Protocol):
    """A place that keeps objects."""

    def objects(self, below: str) -> dict[str, int]:
        """Return name and size of each object whose name begins with `below`."""

    def put(self, name: str, file: Path) -> None:
        """Take over a finished file, in place of what had its name; it lies in `aside()`."""

    def open(self, name: str) -> IO[bytes]:
        """Open an object; raises FileNotFoundError for one that is not there."""

    def delete(self, name: str) -> None:
        """Delete an object; none is no error."""

    def aside(self) -> Any:
        """Yield a folder for files that are not finished yet."""


def at(address: str) -> Place:
    """Return the place at `address`: a folder's path, or s3://bucket/prefix."""
    found = S3.fullmatch(address)
    if found:
        return Bucket(found["bucket"], found["prefix"].strip("/"))
    return Folder(Path(address))


class Folder:
    """A folder, best on another disk than the data folder's, or one that is mounted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def objects(self, below: str) -> dict[str, int]:
        """Return name and size of each file below `below/`."""
        found = {}
        for folder, _, names in os.walk(self.root / below):
            for path in (Path(folder) / name for name in names):
                found[path.relative_to(self.root).as_posix()] = path.stat().st_size
        return found

    def put(self, name: str, file: Path) -> None:
        """Rename a file into place once its bytes are on the disk."""
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(file)
        file.replace(target)
        _sync(target.parent)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.root / name).open("rb")

    def delete(self, name: str) -> None:
        """Delete a file."""
        (self.root / name).unlink(missing_ok=True)

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """Yield a folder on the same disk, which alone can be renamed from."""
        self.root.mkdir(parents=True, exist_ok=True)
        for left in self.root.glob(".new-*"):
            # By one that was killed: backups of one place come one after the other.
            shutil.rmtree(left)
        with TemporaryDirectory(prefix=".new-", dir=self.root) as folder:
            yield Path(folder)


class Bucket:
    """A prefix in a bucket, with credentials of its own where STUDIO_BACKUP_ACCESS_KEY_ID is."""

    def __init__(self, name: str, prefix: str) -> None:
        # Not above: with psycopg it is a third of what each process loads, and few have a bucket.
        from studio.storage.s3 import Storage

        given: dict[str, Any] = {"bucket_name": name, "location": prefix}
        if settings.BACKUP_S3_ENDPOINT:
            given |= {"endpoint_url": settings.BACKUP_S3_ENDPOINT, "addressing_style": "path"}
        if settings.BACKUP_S3_REGION:
            given["region_name"] = settings.BACKUP_S3_REGION
        if settings.BACKUP_ACCESS_KEY_ID:
            given |= {
                "access_key": settings.BACKUP_ACCESS_KEY_ID,
                "secret_key": settings.BACKUP_SECRET_ACCESS_KEY,
            }
        self.bucket = Storage(**given).bucket
        self.prefix = f"{prefix}/" if prefix else ""

    def objects(self, below: str) -> dict[str, int]:
        """Return name and size of each object whose name begins with `below/`."""
        found = self.bucket.objects.filter(Prefix=f"{self.prefix}{below}/")
        return {one.key.removeprefix(self.prefix): one.size for one in found}

    def put(self, name: str, file: Path) -> None:
        """Upload a file."""
        self.bucket.upload_file(str(file), self.prefix + name)

    def open(self, name: str) -> IO[bytes]:
        """Open an object, as it comes over the wire."""
        try:
            body: IO[bytes] = self.bucket.Object(self.prefix + name).get()["Body"]
        except self.bucket.meta.client.exceptions.NoSuchKey:
            raise FileNotFoundError(name) from None
        return body

    def delete(self, name: str) -> None:
        """Delete an object."""
        self.bucket.Object(self.prefix + name).delete()

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """Yield a folder of this machine's."""
        with TemporaryDirectory(prefix="backup-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            yield Path(folder)


def _sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
