"""Copying results into our own storage: resumed or begun anew, checked, never half there."""

import errno
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import IO, Any

import filetype
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from studio import lifecycle, previews, work
from studio.fetching import FetchError, fetch, pieces
from studio.files import Part, incoming
from studio.models import Asset

logger = logging.getLogger(__name__)

# Tries for a URL that is gone, and for everything else (a day, at most every half hour).
MAX_GONE = 6
MAX_TRIES = 60
# Bytes that a download leaves free: the database is often on the same disk.
RESERVE = 16 * 1024**2
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
FAMILIES = {"audio": Asset.Kind.AUDIO, "video": Asset.Kind.VIDEO, "image": Asset.Kind.IMAGE}


def save(asset_pk: int, lease: str) -> None:
    """Copy one asset's file into our storage. `lease` is what `work.take` gave.

    Whatever goes wrong is noted on the row, with when it is tried again.
    """
    asset = Asset.objects.get(pk=asset_pk)
    part = _part(asset, lease)
    had = 0
    try:
        with work.keeping(Asset, asset_pk, lease, settings.STUDIO_LEASE) as lost:
            had = _inherit(asset, part)
            size, digest = _download(asset, part, lost)
            content_type = _sniff(asset, part)
            _store(asset, lease, part, size, digest, content_type)
    except _LostLease:
        # Another worker has it, or the URL is another by now: what came so far is theirs.
        part.unlink(missing_ok=True)
    except FetchError as error:
        # A download that breaks off again and again, but each time further on, comes to its end.
        went_on = 0 < had < _size(part)
        _failed(asset, lease, str(error), gone=error.gone, counts=not went_on)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            part.unlink(missing_ok=True)
            _failed(asset, lease, "Our own storage is full.", counts=False)
        else:
            logger.exception("asset %s could not be saved", asset.pk)
            _failed(asset, lease, "Our own storage could not be written to.")


def save_again(asset_pk: int, user: lifecycle.User) -> None:
    """Start a copy that failed for good once more, with a fresh URL if the API gives one."""
    failed = Asset.objects.filter(pk=asset_pk, state=Asset.State.FAILED)
    changed = failed.update(
        state=Asset.State.WAITING, attempts=0, error="", due_at=timezone.now(), held_until=None
    )
    if changed:
        asset = Asset.objects.get(pk=asset_pk)
        lifecycle.note(asset.task_id, f"To be saved again: {asset.label}", user)
        lifecycle.ask_again(asset.task_id)


class _LostLease(Exception):  # noqa: N818 - a signal, not an error
    """The row is somebody else's by now."""


def _prefix(asset: Asset) -> str:
    url = hashlib.sha256(asset.url.encode()).hexdigest()[:16]
    return f"asset-{asset.pk}-{url}-"


def _part(asset: Asset, lease: str) -> Path:
    return incoming() / f"{_prefix(asset)}{hashlib.sha256(lease.encode()).hexdigest()[:16]}"


def _inherit(asset: Asset, part: Path) -> int:
    """Go on from what a worker before us left, and clear the rest of this asset's leavings.

    Copied, not renamed: that worker may still be alive and write to its own. Gives how much.
    """
    left = [path for path in incoming().glob(f"asset-{asset.pk}-*") if path.suffix != ".etag"]
    same = [path for path in left if path.name.startswith(_prefix(asset))]
    longest = max(same, key=lambda path: path.stat().st_size, default=None)
    if longest and _etag(longest).exists():
        shutil.copyfile(longest, part)
        shutil.copyfile(_etag(longest), _etag(part))
    for path in left:
        path.unlink(missing_ok=True)
        _etag(path).unlink(missing_ok=True)
    return _size(part)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _etag(part: Path) -> Path:
    return part.with_suffix(".etag")


def _keep_etag(part: Path, etag: str) -> None:
    """Keep what names the file's content; a weak tag, or none, does not: it begins anew then."""
    if etag and not etag.startswith("W/"):
        _etag(part).write_text(etag)
    else:
        _etag(part).unlink(missing_ok=True)


def _check_room(size: int) -> None:
    """Raise OSError if `size` more bytes would leave too little room for the database."""
    if shutil.disk_usage(incoming()).free < size + RESERVE:
        raise OSError(errno.ENOSPC, "no room is left")


def _download(asset: Asset, part: Path, lost: Event) -> tuple[int, str]:
    """Fetch the rest of the file into `part`. Gives its size and SHA-256."""
    have = _size(part)
    headers = {}
    if have:
        # If-Range: the rest only of the very same file, the whole of any other.
        headers = {"Range": f"bytes={have}-", "If-Range": _etag(part).read_text()}
    with fetch(asset.url, headers) as response:
        told = response.headers.get("Content-Range", "")
        resumed = have > 0 and response.status_code == 206 and told.startswith(f"bytes {have}-")
        if have and not resumed:
            part.unlink()
            if response.status_code != 200:
                raise FetchError("The download could not be resumed and begins anew.")
        elif response.status_code != 200 and not resumed:
            raise FetchError(f"Vidgo's storage answered {response.status_code}.")
        _keep_etag(part, response.headers.get("ETag", ""))
        expected = _expected(response, have if resumed else 0)
        if resumed and told.rpartition("/")[2].isdecimal():
            # The length of the whole, since a piece may be shorter than what was asked for.
            expected = int(told.rpartition("/")[2])
        _check_room((expected or 0) - (have if resumed else 0))
        digest = hashlib.sha256()
        with part.open("r+b" if resumed else "wb") as target:
            if resumed:
                while known := target.read(1024 * 1024):
                    digest.update(known)
            _copy(response, target, digest, lost)
            size = target.tell()
            target.flush()
            os.fsync(target.fileno())
    if expected is not None and size != expected:
        raise FetchError(f"Only {size} of {expected} bytes came.")
    if size == 0:
        raise FetchError("Vidgo's storage sent an empty file.")
    return size, digest.hexdigest()


def _expected(response: Any, have: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    expected = have + int(length) if length.isdecimal() else None
    if expected and expected > settings.STUDIO_MAX_RESULT:
        raise FetchError("The file is larger than this studio takes.", gone=True)
    return expected


def _copy(response: Any, target: IO[bytes], digest: Any, lost: Event) -> None:
    for piece in pieces(response):
        if lost.is_set():
            raise _LostLease
        target.write(piece)
        digest.update(piece)
        if target.tell() > settings.STUDIO_MAX_RESULT:
            raise FetchError("The file is larger than this studio takes.", gone=True)


def _sniff(asset: Asset, part: Path) -> str:
    """Give the type that the content shows. Raises FetchError for a page instead of media."""
    kind = filetype.guess(str(part))
    if kind is not None:
        return str(kind.mime)
    with part.open("rb") as source:
        begin = source.read(512).lstrip()
    if asset.kind != Asset.Kind.FILE and begin[:1] in (b"<", b"{"):
        raise FetchError("Vidgo's storage sent a message instead of the file.", gone=True)
    return "application/octet-stream"


def _store(asset: Asset, lease: str, part: Path, size: int, digest: str, content_type: str) -> None:
    asset.content_type = content_type
    storage, name = asset.file.storage, asset.file.field.generate_filename(asset, "")
    try:
        with part.open("rb") as source:
            asset.file.name = name = storage.save(name, Part(source, name=str(part)))
        if storage.size(name) != size:
            raise FetchError("Our own storage kept less than came.")
        with _held(asset, lease) as held:
            if held is None:
                raise _LostLease
            _replace(held, asset, size, digest)
            lifecycle.asset_saved(asset.task_id, f"Saved: {asset.label}")
    except Exception:
        # Half of it, or all of it for a row that is not ours any more. The row has the last word:
        # what went wrong may have come after it was written.
        if not Asset.objects.filter(pk=asset.pk, file=name).exists():
            storage.delete(name)
        raise
    _etag(part).unlink(missing_ok=True)


@contextmanager
def _held(asset: Asset, lease: str) -> Iterator[Asset | None]:
    """Give the locked row in a transaction, None if it is not ours any more.

    Its task is locked first, as it is while a body is merged: neither waits for the other.
    """
    with transaction.atomic():
        lifecycle.lock(asset.task_id)
        yield Asset.objects.select_for_update().filter(pk=asset.pk, lease=lease).first()


def _replace(held: Asset, fresh: Asset, size: int, digest: str) -> None:
    """Write the new file to the locked row; the file before it goes once that is committed."""
    old = str(held.file.name) if held.file else ""
    held.file, held.size, held.sha256 = fresh.file, size, digest
    held.content_type = fresh.content_type
    held.kind = _kind(held, fresh.content_type)
    held.state, held.error = Asset.State.SAVED, ""
    held.due_at, held.held_until = None, None
    held.save()
    previews.expect(held)
    if old:
        storage = held.file.storage
        transaction.on_commit(lambda: storage.delete(old))


def _kind(asset: Asset, content_type: str) -> str:
    """Give the kind that the content shows; a stem that is sound stays a stem."""
    family = FAMILIES.get(content_type.split("/")[0])
    if family is None or (asset.kind == Asset.Kind.STEM and family == Asset.Kind.AUDIO):
        return asset.kind
    return family


def _failed(
    asset: Asset, lease: str, message: str, *, gone: bool = False, counts: bool = True
) -> None:
    with _held(asset, lease) as held:
        if held is None:
            return
        held.attempts += counts
        held.error, held.held_until = message, None
        limit = MAX_GONE if gone else MAX_TRIES
        if held.attempts >= limit:
            held.state, held.due_at = Asset.State.FAILED, None
        else:
            wait = work.backoff(held.attempts, longest=60 if not counts else 1800)
            held.due_at = timezone.now() + timedelta(seconds=wait)
        held.save()
        if held.state == Asset.State.FAILED:
            lifecycle.asset_saved(asset.task_id, f"Could not be saved: {asset.label}. {message}")
        elif gone:
            # A URL that has run out: the API gives a fresh one to whoever asks.
            lifecycle.ask_again(asset.task_id)
