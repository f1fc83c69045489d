"""Sound files that the team sends us: checked by content, kept once."""

import codecs
import hashlib
import os
import re
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import filetype
import imageio_ffmpeg
import mutagen
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import IntegrityError, transaction

from studio import previews
from studio.models import Upload
from studio.names import file_name

# What Vidgo takes, by the name of its reader in ffmpeg.
TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/x-wav",
    "flac": "audio/x-flac",
    "mov": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
}
TAKEN = "Vidgo takes MP3, WAV, FLAC, M4A, AAC and OGG"
# Seconds (vidgo-api.md, "Submit").
MAX_DURATION = 8 * 60
# Below this peak, in dB, there is nothing to hear.
SILENCE = -70.0
# Seconds: for reading one file, and by how much a header may be wrong about its length.
PATIENCE = 60
# Tags in a row before the sound: more is nobody's music.
MAX_TAGS = 8
# Seconds without another byte after which a file is not arriving any more.
FORGOTTEN = 6 * 3600
SLACK = 0.25
_TIME = r"(\d+):(\d\d):(\d\d\.\d+)"
_DECLARED = re.compile("Duration: " + _TIME)
_DECODED = re.compile("time=" + _TIME)
_PEAK = re.compile(r"max_volume: (-?[\d.]+|-inf) dB")
# A moving picture; the cover of a record is an "attached pic".
_FILM = re.compile(r"Stream #.*: Video: (?!.*\(attached pic\))")


class NotTakenError(Exception):
    """A file that is not taken; the text says why, in a sentence for the musician."""


@dataclass(frozen=True)
class Sound:
    """What a sound file is: its type, its length in seconds, and what its own tags say."""

    content_type: str
    duration: float
    title: str
    tags: str


def keep(sent: UploadedFile, user: Any) -> Upload:
    """Check and keep a sent file. Gives the Upload; the same bytes twice are one.

    Raises NotTakenError.
    """
    if not sent.size:
        raise NotTakenError("This file is empty.")
    if sent.size > settings.STUDIO_MAX_UPLOAD:
        raise NotTakenError(too_large())
    digest = hashlib.sha256()
    for chunk in sent.chunks():
        digest.update(chunk)
    sha256 = digest.hexdigest()
    known = Upload.objects.filter(sha256=sha256).first()
    if known:
        return known
    sound = examine(_on_disk(sent))
    name = file_name(Path(str(sent.name)).stem)
    upload = Upload(
        name=name,
        title=(sound.title or name)[:200],
        tags=sound.tags[:1000],
        content_type=sound.content_type,
        size=sent.size,
        sha256=sha256,
        duration=sound.duration,
        created_by=user if user.is_authenticated else None,
    )
    upload.file.save(name, sent, save=False)
    try:
        with transaction.atomic():
            upload.save()
            previews.expect(upload)
    except IntegrityError:
        upload.file.delete(save=False)
        return Upload.objects.get(sha256=sha256)
    return upload


def clean() -> None:
    """Delete what lies half arrived because its web process was killed."""
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > FORGOTTEN:
                path.unlink()


def too_large() -> str:
    """Give the sentence for a file over the limit."""
    return f"This file is larger than {settings.STUDIO_MAX_UPLOAD // 1024**2} MB."


def examine(path: Path) -> Sound:
    """Read a file as the sound it says to be. Raises NotTakenError for whatever is none."""
    reader = _reader(path)
    duration = _decode(path, reader)
    title, tags = _tags(path)
    return Sound(TYPES[reader], duration, title, tags)


def _on_disk(sent: UploadedFile) -> Path:
    if isinstance(sent, TemporaryUploadedFile):
        return Path(sent.temporary_file_path())
    raise TypeError("uploads go to disk (FILE_UPLOAD_HANDLERS)")


def _reader(path: Path) -> str:
    """Give the one reader that the file's first bytes ask for; its name says nothing.

    ffmpeg is told to use this one alone: left to itself it also reads playlists and scripts,
    which name other files.
    """
    with path.open("rb") as source:
        start = _after_tags(source)
        source.seek(start)
        begin = source.read(4096)
    if start:
        # Some programs leave room behind the tag.
        begin = begin.lstrip(b"\0")
    reader = _reader_for(begin)
    if reader:
        return reader
    if start:
        raise NotTakenError("There is a sound's tag in this file, but no sound behind it.")
    kind = filetype.guess(str(path))
    if kind:
        raise NotTakenError(f"This is a file of the kind {kind.extension.upper()}. {TAKEN}.")
    if _is_text(begin):
        raise NotTakenError(f"This is text, not a sound. {TAKEN}.")
    raise NotTakenError(f"This is no sound that can be recognised. {TAKEN}.")


def _after_tags(source: IO[bytes]) -> int:
    """Give where the ID3v2 tags before the sound end, 0 where there are none."""
    start = 0
    for _ in range(MAX_TAGS):
        head = source.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            break
        # Its length: four bytes of seven bits (ID3v2.4, 3.1).
        start += 10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(head[:5:-1]))
        source.seek(start)
    return start


def _reader_for(begin: bytes) -> str:
    if begin[:4] == b"RIFF" and begin[8:12] == b"WAVE":
        return "wav"
    if begin[4:8] == b"ftyp":
        return "mov"
    if begin[:4] in (b"fLaC", b"OggS"):
        return "flac" if begin[:1] == b"f" else "ogg"
    # Eleven set bits begin a frame; the layer is 0 in AAC (ADTS) and 1 in MP3.
    if len(begin) > 4 and begin[0] == 0xFF and begin[1] & 0xE0 == 0xE0:
        return {0x00: "aac", 0x02: "mp3"}.get(begin[1] & 0x06, "")
    return ""


def _is_text(begin: bytes) -> bool:
    try:
        # Incremental, since a character may be cut in two where the reading stopped.
        text = codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        return False
    return "\0" not in text and bool(text.strip())


def _tags(path: Path) -> tuple[str, str]:
    """Give title and genre from the file's own tags, "" where it has none."""
    try:
        tagged = mutagen.File(path, easy=True)
    except Exception:  # mutagen raises many kinds on a broken file; ffmpeg has the last word
        return "", ""
    # An untagged file is falsy, so it is compared with None.
    if tagged is None or tagged.tags is None:
        return "", ""
    return _tag(tagged.tags, "title"), _tag(tagged.tags, "genre")


def _tag(tags: Any, name: str) -> str:
    try:
        value = str((tags.get(name) or [""])[0])
    except (KeyError, ValueError, IndexError):
        return ""
    return file_name(value) if value.strip("\0 \t\r\n") else ""


def _decode(path: Path, reader: str) -> float:
    """Decode the whole file. Gives its length in seconds.

    Raises NotTakenError where it cannot be decoded to its end, is too long or silent.
    """
    code, told = _run_ffmpeg(path, reader)
    if _FILM.search(told):
        raise NotTakenError(f"This is a film. Take its sound alone: {TAKEN}.")
    if " Audio: " not in told:
        raise NotTakenError("There is no sound in this file, or it is cut off.")
    duration, declared = _seconds(_DECODED, told), _seconds(_DECLARED, told)
    peak = _PEAK.search(told)
    if duration > MAX_DURATION:
        raise NotTakenError("This sound is longer than 8 minutes.")
    # An MP3 or AAC without a header has its length guessed from its size.
    is_short = duration < declared - SLACK and "Estimating duration" not in told
    if duration and (is_short or (reader == "ogg" and not _ogg_ends(path))):
        raise NotTakenError(f"This sound is cut off or damaged after {duration:.0f} s.")
    if code or not duration or not peak:
        raise NotTakenError("This sound is damaged or cut off: it cannot be played to its end.")
    if float(peak.group(1)) < SILENCE:
        raise NotTakenError("This sound is silent from beginning to end.")
    return duration


def _run_ffmpeg(path: Path, reader: str) -> tuple[int, str]:
    """Give ffmpeg's exit code and what it said. One thread of low priority, for a bounded time."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-nostdin", "-hide_banner", "-xerror", "-err_detect", "explode"),
        *("-max_alloc", str(256 * 1024**2), "-threads", "1", "-protocol_whitelist", "file"),
        *("-f", reader, "-i", f"file:{path}", "-map", "0:a:0", "-t", str(MAX_DURATION + 1)),
        *("-threads", "1", "-af", "volumedetect", "-f", "null", "-"),
    ]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        # The pages that others wait for come first.
        os.setpriority(os.PRIO_PROCESS, process.pid, 10)
        try:
            told = process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            raise NotTakenError("This file takes too long to read.") from None
    return process.returncode, told.decode("utf-8", "replace")


def _seconds(pattern: re.Pattern[str], told: str) -> float:
    found = pattern.findall(told)
    hours, minutes, seconds = found[-1] if found else (0, 0, 0)
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _ogg_ends(path: Path) -> bool:
    """Say whether the last page is whole and marked as the last (RFC 3533, 6)."""
    with path.open("rb") as source:
        source.seek(0, os.SEEK_END)
        # No page is longer than 65,307 bytes.
        source.seek(-min(source.tell(), 65307), os.SEEK_END)
        tail = source.read()
    page = tail[max(tail.rfind(b"OggS"), 0) :]
    if len(page) < 27 or not page[5] & 4:
        return False
    return len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])
