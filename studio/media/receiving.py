"""One result fetched into a part: gone on with or begun anew, unpacked, bounded, whole at the end.

RFC 9110: 8.4 (packed content), 14 (ranges).
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import IO

from django.conf import settings
from requests import Response

from studio.storage.files import check_room
from studio.vidgo.fetching import FetchError, PackingError, fetch, is_packed, pieces

# Answers that one file may come in, from a server that sends a piece at a time.
MAX_PIECES = 1000
# What is packed may become this many times as large, or at least so many bytes: silence packs well.
MAX_RATIO = 20
ALWAYS_UNPACKED = 64 * 1024**2
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_UNMET = re.compile(r"bytes \*/(\d{1,18})")


class LostLease(Exception):  # noqa: N818 - a signal, not an error
    """The row is somebody else's by now."""


def receive(url: str, part: Path, lost: Event) -> tuple[int, str]:
    """Fetch the rest of the file into `part`. Return its size and SHA-256.

    Raises FetchError; LostLease once `lost` is set; OSError where no room is left.
    """
    try:
        return _receive(url, part, lost, unpack=True)
    except PackingError:
        # It is not packed in the way it says. It is kept as it comes: it was paid for.
        return _receive(url, part, lost, unpack=False)
    finally:
        if not size_of(part):
            part.unlink(missing_ok=True)


def size_of(part: Path) -> int:
    """Return how many bytes of a part are there."""
    return part.stat().st_size if part.exists() else 0


def etag_of(part: Path) -> Path:
    """Return the file that keeps what names a part's content, for whoever goes on with it."""
    return part.with_suffix(".etag")


class _Target:
    """The part while it is written, with the digest of what is in it."""

    def __init__(self, part: Path, file: IO[bytes], lost: Event) -> None:
        self.part, self.file, self.lost = part, file, lost
        self.digest = hashlib.sha256()
        while known := file.read(1024 * 1024):
            self.digest.update(known)

    @property
    def size(self) -> int:
        return self.file.tell()

    def empty(self) -> None:
        self.file.truncate(0)
        self.file.seek(0)
        self.digest = hashlib.sha256()
        etag_of(self.part).unlink(missing_ok=True)

    def take(self, source: Iterator[bytes], most: Callable[[], int]) -> None:
        for piece in source:
            if self.lost.is_set():
                raise LostLease
            # How much is to come, not every server says.
            check_room(len(piece))
            self.file.write(piece)
            self.digest.update(piece)
            if self.size > most():
                raise FetchError("The file is larger than this studio takes.", gone=True)

    def keep_etag(self, etag: str) -> None:
        """Keep what names the file's content; a weak tag, or none, does not: it begins anew."""
        if etag and not etag.startswith("W/"):
            etag_of(self.part).write_text(etag)
        else:
            etag_of(self.part).unlink(missing_ok=True)


def _receive(url: str, part: Path, lost: Event, *, unpack: bool) -> tuple[int, str]:
    part.touch()
    with part.open("r+b") as file:
        target = _Target(part, file, lost)
        for _ in range(MAX_PIECES):
            had = target.size
            total = _request(url, target, unpack=unpack)
            # Some servers send the beginning alone, although all of it was asked for.
            if total is None or target.size in (total, had):
                break
        size = target.size
        file.flush()
        os.fsync(file.fileno())
    if total is not None and size != total:
        raise FetchError(f"Only {size} of {total} bytes came.")
    if size == 0:
        raise FetchError("Vidgo's storage sent an empty file.")
    return size, target.digest.hexdigest()


def _request(url: str, target: _Target, *, unpack: bool) -> int | None:
    """Add what one answer brings. Return how many bytes the whole has, None if nobody knows."""
    with fetch(url, _asking(target)) as response:
        begin, total = _place(response, target.size)
        if begin != target.size:
            # Another file by now, or a server that knows no ranges.
            target.empty()
            if begin:
                raise FetchError("The download could not be resumed and begins anew.")
        if response.status_code == 416:
            return total
        if (total or 0) > settings.STUDIO_MAX_RESULT:
            raise FetchError("The file is larger than this studio takes.", gone=True)
        check_room((total or 0) - begin)
        if unpack and not begin and is_packed(response):
            _unpack(response, target)
            return None
        target.keep_etag(response.headers.get("ETag", ""))
        target.take(pieces(response), lambda: settings.STUDIO_MAX_RESULT)
        return total


def _asking(target: _Target) -> dict[str, str]:
    if not target.size:
        return {}
    headers = {"Range": f"bytes={target.size}-"}
    if etag_of(target.part).exists():
        # The rest only of the very same file, the whole of any other.
        headers["If-Range"] = etag_of(target.part).read_text()
    return headers


def _place(response: Response, have: int) -> tuple[int, int | None]:
    """Return where an answer's bytes belong and how many the whole has (RFC 9110, 14.4)."""
    told = response.headers.get("Content-Range", "")
    length = response.headers.get("Content-Length", "")
    if response.status_code == 206 and (match := _CONTENT_RANGE.fullmatch(told)):
        begin, total = match.groups()
        return int(begin), int(total) if total.isdecimal() else None
    if response.status_code == 416:
        # Nothing is left where all of it is here; else what is here is of another file.
        unmet = _UNMET.fullmatch(told)
        is_whole = unmet is not None and have == int(unmet[1])
        return (have if is_whole else have + 1), have
    return 0, int(length) if length.isdecimal() else None


def _unpack(response: Response, target: _Target) -> None:
    """Add what a packed answer holds. It is not resumed: its ranges count packed bytes."""
    etag_of(target.part).unlink(missing_ok=True)
    length = response.headers.get("Content-Length", "")

    def most() -> int:
        bound = max(ALWAYS_UNPACKED, MAX_RATIO * response.raw.tell())
        return min(bound, settings.STUDIO_MAX_RESULT)

    try:
        target.take(pieces(response, unpack=True), most)
    except FetchError:
        target.empty()
        raise
    if length.isdecimal() and response.raw.tell() != int(length):
        raise FetchError(f"Only {response.raw.tell()} of {length} packed bytes came.")
