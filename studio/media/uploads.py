"""Sound files that the team sends us: checked by content, made plain where odd, kept once."""

import errno
import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from studio.lifecycle import results, trash
from studio.media import analysis, sounds
from studio.media.sounds import NotTakenError
from studio.media.tags import text
from studio.models import Upload
from studio.storage.files import Part, forgotten, incoming
from studio.storage.names import file_name

__all__ = ["NotTakenError", "clean", "full", "is_full", "keep", "settle", "too_large", "visible"]

# Files that arrive, that are copied out of the storage, and that are made from others.
LEAVINGS = ("*.upload*", "copy-*", "preview-*", "slice-*")
# How long a question waits for its answer.
ASKED = timedelta(days=1)


def keep(sent: UploadedFile, user: Any) -> Upload:
    """Check and keep a sent file. Return its Upload; the same bytes twice are one.

    An Upload with a question is used only once somebody has said yes to it. Raises NotTakenError.
    """
    if not sent.size:
        raise NotTakenError("This file is empty.")
    if sent.size > settings.STUDIO_MAX_UPLOAD:
        raise NotTakenError(too_large())
    person = user if user.is_authenticated else None
    path = _on_disk(sent)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        if known := Upload.objects.filter(sha256=sha256).first():
            return _once_more(known, sent, person)
        sound = sounds.examine(path)
        upload = _described(sound, Path(str(sent.name)).stem)
        upload.sha256, upload.created_by = sha256, person
        return _save(upload, sent, sound)
    except OSError as error:
        if not is_full(error):
            raise
        raise NotTakenError(full()) from None


def _once_more(known: Upload, sent: UploadedFile, person: Any) -> Upload:
    """Return an upload whose bytes have come again; what the storage has lost is kept anew."""
    # Whoever sent it last is asked.
    Upload.objects.filter(pk=known.pk, question__gt="").update(created_by=person)
    if known.deleted_at:
        trash.restore_recording(known.pk, person)
        known.refresh_from_db()
    if not _is_there(known):
        _fill(known, sent, sounds.examine(_on_disk(sent)))
        known.save(update_fields=["file", "size"])
    return known


def _described(sound: sounds.Sound, name: str) -> Upload:
    """Return an upload with what examining its sound has shown; `name` is its sender's."""
    return Upload(
        name=file_name(name),
        title=(sound.title or text(name) or file_name(name))[:200],
        tags=sound.genre[:1000],
        content_type=sound.content_type,
        sent_as=sound.name if sound.converts else "",
        question=sound.question,
        duration=sound.duration,
    )


def _is_there(upload: Upload) -> bool:
    """Return whether the storage has all of an upload's file."""
    storage, name = upload.file.storage, str(upload.file.name)
    return storage.exists(name) and storage.size(name) == upload.size


def _save(upload: Upload, sent: UploadedFile, sound: sounds.Sound) -> Upload:
    _fill(upload, sent, sound)
    try:
        with transaction.atomic():
            upload.save()
            analysis.expect(upload)
    except IntegrityError:
        upload.file.delete(save=False)
        return Upload.objects.get(sha256=upload.sha256)
    return upload


def _fill(upload: Upload, sent: UploadedFile, sound: sounds.Sound) -> None:
    """Store what was sent, converted where Vidgo does not take it as it is."""
    made = incoming() / f"made-{secrets.token_hex(8)}.upload.flac"
    try:
        if sound.converts:
            sounds.convert(_on_disk(sent), sound, made)
            with made.open("rb") as source:
                _store(upload, Part(source, name=str(made)))
        else:
            _store(upload, sent)
    finally:
        made.unlink(missing_ok=True)


def _store(upload: Upload, content: File) -> None:
    upload.size = content.size
    upload.file.save("sound", content, save=False)


def visible(user: Any) -> "QuerySet[Upload]":
    """Return the files that `user` may choose: everybody's, and their own that wait for a yes."""
    return Upload.kept.filter(Q(question="") | Q(created_by=user.pk))


def settle(chosen: Iterable[Upload]) -> None:
    """Take it that somebody who has chosen files has said yes to what was asked about them."""
    Upload.objects.filter(pk__in=[upload.pk for upload in chosen]).update(question="")


def clean() -> None:
    """Delete what killed processes left half arrived or half made, and what nobody said yes to."""
    for pattern in LEAVINGS:
        for path in forgotten(pattern):
            path.unlink(missing_ok=True)
    with transaction.atomic():
        old = Upload.objects.select_for_update(of=("self",)).filter(
            question__gt="", created_at__lt=timezone.now() - ASKED
        )
        results.remove(old)


def too_large() -> str:
    """Return the sentence for a file over the limit."""
    return f"This file is larger than {settings.STUDIO_MAX_UPLOAD // 1024**2} MB."


def full() -> str:
    """Return the sentence for a file that the disk has no room for."""
    return "The studio's disk is full. Nothing of this file was kept: tell an administrator."


def is_full(error: OSError) -> bool:
    """Return whether an error says that the disk is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _on_disk(sent: UploadedFile) -> Path:
    if isinstance(sent, TemporaryUploadedFile):
        return Path(sent.temporary_file_path())
    raise TypeError("uploads go to disk (FILE_UPLOAD_HANDLERS)")
