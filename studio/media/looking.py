"""What a file is: its streams say, whatever its name, its header or its server claim."""

import re
from dataclasses import dataclass
from pathlib import Path

import filetype

from studio.media import ffmpeg
from studio.storage import types

LIMITS = ffmpeg.Limits(seconds=30)
# A picture of more points than a browser should have to unpack: 256 MB there.
MAX_POINTS = 64_000_000
# filetype's word for what the table calls otherwise.
_ALIASES = {
    "image/x-icon": "",
    "image/jpx": "",
    "application/x-tar": "",
    "image/vnd.adobe.photoshop": "",
}
# The reader of each picture, named because some JPEGs look like films to ffmpeg, and those whose
# name says so like one of many numbered ones.
_READERS = {
    "image/jpeg": "jpeg_pipe",
    "image/png": "png_pipe",
    "image/gif": "gif",
    "image/bmp": "bmp_pipe",
    "image/tiff": "tiff_pipe",
    "image/avif": "mov",
}
# Readers of ffmpeg by name: the type of a sound, and of a film.
_TYPES = {
    "mp3": ("audio/mpeg", ""),
    "wav": ("audio/x-wav", ""),
    "w64": ("audio/x-w64", ""),
    "flac": ("audio/x-flac", ""),
    "ogg": ("audio/ogg", "video/ogg"),
    "mov": ("audio/mp4", "video/mp4"),
    "matroska": ("audio/x-matroska", "video/x-matroska"),
    "aac": ("audio/aac", ""),
    "aiff": ("audio/x-aiff", ""),
    "caf": ("audio/x-caf", ""),
    "asf": ("audio/x-ms-wma", "video/x-ms-wmv"),
    "au": ("audio/basic", ""),
    "amr": ("audio/amr", ""),
    "wv": ("audio/x-wavpack", ""),
    "ape": ("audio/x-ape", ""),
    "avi": ("video/x-msvideo", "video/x-msvideo"),
    "mpegts": ("video/mp2t", "video/mp2t"),
    "mpeg": ("video/mpeg", "video/mpeg"),
    "flv": ("video/x-flv", "video/x-flv"),
}
# At the line's begin with two blanks: what a tag says stands further in.
_INPUT = re.compile(r"^Input #0, (\w+)", re.MULTILINE)
_SOUND = re.compile(r"^  Stream #0:\d+[^\n]*?: Audio: (\w+)[^\n]*? \d+ Hz", re.MULTILINE)
_FILM = re.compile(
    r"^  Stream #0:\d+[^\n]*?: Video: (\w+)([^\n]*?), (\d+)x(\d+)([^\n]*)$", re.MULTILINE
)
# Pictures that stand beside a sound as its cover, marked as one or not.
_COVERS = {"mjpeg", "png", "bmp", "gif", "webp"}


@dataclass(frozen=True)
class Seen:
    """What a file holds. `sound` and `film` are ffmpeg's names of the codecs, "" for none."""

    content_type: str = "application/octet-stream"
    sound: str = ""
    film: str = ""
    # The film's or picture's points, and whether its colours are those that every browser plays.
    points: int = 0
    is_common: bool = False

    @property
    def is_picture(self) -> bool:
        """Return whether it is one picture that a page can show."""
        family = types.of(self.content_type).family
        return family == "image" and 0 < self.points <= MAX_POINTS


def look(path: Path) -> Seen:
    """Return what the file at `path` is; of what nobody can read, what its first bytes say."""
    kind = filetype.guess(str(path))
    guessed = _ALIASES.get(kind.mime, kind.mime) if kind else ""
    if guessed.startswith("image/") or _is_jxl(path):
        return _picture(path, guessed or "image/jxl")
    _, told = ffmpeg.run(ffmpeg.source(path), LIMITS)
    reader, sound, film = _INPUT.search(told), _SOUND.search(told), _find_film(told)
    if reader is None or not (sound or film):
        return Seen(guessed or "application/octet-stream")
    content_type = _TYPES.get(reader[1], ("", ""))[bool(film)] or guessed
    if reader[1] == "matroska" and guessed == "video/webm":
        content_type = "video/webm" if film else "audio/webm"
    if content_type == "video/mp4" and guessed == "video/quicktime":
        content_type = guessed
    return Seen(
        content_type or "application/octet-stream",
        sound=sound[1] if sound else "",
        film=film[1] if film else "",
        points=int(film[3]) * int(film[4]) if film else 0,
        is_common=bool(film) and " yuv420p" in film[2] + film[5] if film else False,
    )


def is_riff(path: Path) -> bool:
    """Return whether a WAV is a plain one: of RF64 and BW64 not every browser knows."""
    with path.open("rb") as source:
        return source.read(4) == b"RIFF"


def picture(path: Path, content_type: str) -> list[str]:
    """Return ffmpeg's arguments that open the picture of that type at `path`."""
    named = _READERS.get(content_type)
    options = ("-f", named) if named else ()
    return ffmpeg.source(path, *options, readers=ffmpeg.PICTURES)


def _picture(path: Path, content_type: str) -> Seen:
    _, told = ffmpeg.run(picture(path, content_type), LIMITS)
    size = _FILM.search(told)
    return Seen(content_type, points=int(size[3]) * int(size[4]) if size else 0)


def _find_film(told: str) -> "re.Match[str] | None":
    """Return the first moving picture, not the cover of a record."""
    for film in _FILM.finditer(told):
        is_cover = film[1] in _COVERS and _SOUND.search(told)
        if not is_cover and "(attached pic)" not in film[5]:
            return film
    return None


def _is_jxl(path: Path) -> bool:
    """Return whether it is a JPEG XL, bare or in its box (ISO/IEC 18181-2)."""
    with path.open("rb") as source:
        begin = source.read(12)
    return begin[:2] == b"\xff\x0a" or begin == b"\0\0\0\x0cJXL \r\n\x87\n"
