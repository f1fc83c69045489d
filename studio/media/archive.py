"""Copying results into our own storage: resumed or begun anew, checked, never half there."""

import hashlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from studio import leases, lifecycle
from studio.media import analysis, showing
from studio.media.looking import Seen, look
from studio.media.receiving import LostLease, etag_of, receive, size_of
from studio.models import Asset, Task
from studio.storage.files import (
    Part,
    check_room,
    delete_after_commit,
    forgotten,
    incoming,
    is_full,
)
from studio.storage.names import extension
from studio.vidgo.fetching import FetchError

logger = logging.getLogger(__name__)

# Tries for a URL that is gone (three quarters of an hour: Vidgo may tell of a file before it is
# there), and for everything else (a day, at most every half hour).
MAX_GONE = 10
MAX_TRIES = 60


def save(asset_pk: int, lease: str) -> None:
    """Copy one asset's file into our storage. `lease` is what `work.take` gave.

    Whatever goes wrong is noted on the row, with when it is tried again.
    """
    asset = Asset.objects.get(pk=asset_pk)
    part = _part(asset, lease)
    had = 0
    try:
        with leases.keeping(Asset, asset_pk, lease, settings.STUDIO_LEASE) as lost:
            had = _inherit(asset, part)
            asset.size, asset.sha256 = receive(asset.url, part, lost)
            seen = _look(asset, part)
            asset.content_type, asset.kind = seen.content_type, showing.kind_of(asset, seen)
            _store(asset, lease, part, showing.for_page(asset, part, seen))
    except LostLease:
        # Another worker has it, or the URL is another by now: what came so far is theirs.
        part.unlink(missing_ok=True)
        etag_of(part).unlink(missing_ok=True)
    except FetchError as error:
        # A download that breaks off again and again, but each time further on, comes to its end.
        went_on = 0 < had < size_of(part)
        _failed(asset, lease, str(error), gone=error.gone, counts=not went_on)
    except Exception as error:
        if is_full(error):
            part.unlink(missing_ok=True)
            _failed(asset, lease, "Our own storage is full.", counts=False)
        else:
            logger.exception("asset %s could not be saved", asset.pk)
            _failed(asset, lease, "Our own storage could not be written to.")


def clean() -> None:
    """Delete what nobody goes on from: parts of files that are saved, or not there any more."""
    waiting = Asset.objects.filter(state__in=[Asset.State.WAITING, Asset.State.FAILED])
    for path in forgotten("asset-*"):
        pk = path.name.split("-")[1]
        if not (pk.isdecimal() and waiting.filter(pk=pk).exists()):
            path.unlink(missing_ok=True)


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


def save_all_again(task: Task, user: lifecycle.User) -> None:
    """Start those copies of a task once more that failed for good."""
    for asset in task.assets.filter(state=Asset.State.FAILED):
        save_again(asset.pk, user)


def _prefix(asset: Asset) -> str:
    url = hashlib.sha256(asset.url.encode()).hexdigest()[:16]
    return f"asset-{asset.pk}-{url}-"


def _part(asset: Asset, lease: str) -> Path:
    return incoming() / f"{_prefix(asset)}{hashlib.sha256(lease.encode()).hexdigest()[:16]}"


def _inherit(asset: Asset, part: Path) -> int:
    """Go on from what a worker before us left, and clear the rest of this asset's leavings.

    Copied, not renamed: that worker may still be alive and write to its own. Returns how much.
    """
    left = list(incoming().glob(f"asset-{asset.pk}-*"))
    same = [path for path in left if path.name.startswith(_prefix(asset)) and not path.suffix]
    longest = max(same, key=lambda path: path.stat().st_size, default=None)
    if longest and etag_of(longest).exists():
        check_room(longest.stat().st_size)
        shutil.copyfile(longest, part)
        shutil.copyfile(etag_of(longest), etag_of(part))
    for path in left:
        path.unlink(missing_ok=True)
    return size_of(part)


def _look(asset: Asset, part: Path) -> Seen:
    """Return what the file is. Raises FetchError for a page instead of media."""
    seen = look(part)
    if seen.content_type == "application/octet-stream" and asset.kind != Asset.Kind.FILE:
        with part.open("rb") as source:
            begin = source.read(512).lstrip()
        if begin[:1] in (b"<", b"{"):
            raise FetchError("Vidgo's storage sent a message instead of the file.", gone=True)
    return seen


def _store(asset: Asset, lease: str, part: Path, shown: tuple[Path, str] | None) -> None:
    stored: list[str] = []
    try:
        asset.file.name = _put(asset.file, part, "", stored)
        asset.shown.name = _put(asset.shown, *shown, stored) if shown else ""
        if asset.file.storage.size(asset.file.name) != asset.size:
            raise FetchError("Our own storage kept less than came.")
        with _held(asset, lease) as held:
            if held is None:
                raise LostLease
            _replace(held, asset)
            lifecycle.asset_saved(asset.task_id, f"Saved: {asset.label}")
    except Exception:
        # Half of it, or all of it for a row that is not ours any more. The row has the last word:
        # what went wrong may have come after it was written.
        if not Asset.objects.filter(pk=asset.pk, file=asset.file.name).exists():
            for name in stored:
                asset.file.storage.delete(name)
        raise
    for path in (part, etag_of(part), *(shown or ())[:1]):
        Path(path).unlink(missing_ok=True)


def _put(field: FieldFile, path: Path, content_type: str, stored: list[str]) -> str:
    """Move a file into storage. Return its name there, which `stored` has before it is whole."""
    name = field.field.generate_filename(field.instance, f"x{extension(content_type)}")
    stored.append(name)
    with path.open("rb") as source:
        stored[-1] = str(field.storage.save(name, Part(source, name=str(path))))
    return stored[-1]


@contextmanager
def _held(asset: Asset, lease: str) -> Iterator[Asset | None]:
    """Return the locked row in a transaction, None if it is not ours any more.

    Its task is locked first, as it is while a body is merged: neither waits for the other.
    """
    with transaction.atomic():
        lifecycle.lock(asset.task_id)
        yield Asset.objects.select_for_update().filter(pk=asset.pk, lease=lease).first()


def _replace(held: Asset, fresh: Asset) -> None:
    """Write the new file to the locked row; the file before it goes once that is committed."""
    delete_after_commit([held.file, held.shown])
    for name in ("file", "shown", "size", "sha256", "content_type", "kind"):
        setattr(held, name, getattr(fresh, name))
    held.state, held.error = Asset.State.SAVED, ""
    held.due_at, held.held_until = None, None
    held.save()
    analysis.expect(held)


def _failed(
    asset: Asset, lease: str, message: str, *, gone: bool = False, counts: bool = True
) -> None:
    with _held(asset, lease) as held:
        if held is None:
            return
        held.attempts += counts
        # After another trouble Vidgo has not been asked yet for an address that has not run out.
        is_asked = held.error == message
        held.error, held.held_until = message, None
        limit = MAX_GONE if gone and is_asked else MAX_TRIES
        if held.attempts >= limit:
            held.state, held.due_at = Asset.State.FAILED, None
        else:
            wait = leases.backoff(held.attempts, longest=60 if not counts else 1800)
            held.due_at = timezone.now() + timedelta(seconds=wait)
        held.save()
        if held.state == Asset.State.FAILED:
            lifecycle.asset_saved(asset.task_id, f"Could not be saved: {asset.label}. {message}")
        elif gone:
            # A URL that has run out: the API gives a fresh one to whoever asks.
            lifecycle.ask_again(asset.task_id)
