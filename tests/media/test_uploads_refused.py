"""The corpus of bad files: none is taken, none is an error of ours, each is told why."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as product_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from studio.models import Upload
from tests.sounds import film, silence, tone

pytestmark = pytest.mark.once

Make = Callable[[Path], bytes]

EMPTY = "This file is empty."
TEXT = "This is not audio: it is text."
UNKNOWN = "This file is not audio we can read."
TAG_ALONE = "There is a sound's tag in this file, but no sound behind it."
DAMAGED = "This file is damaged or cut off: nothing in it can be played."
NO_SOUND = "There is no sound in this file, or it is cut off."
MUTE = "There is no sound in this video."
LONG = "This sound is longer than 8 minutes."
SILENT = "This sound is silent from beginning to end."


def kind(name: str) -> str:
    return f"This is not audio: it is a file of the kind {name}."


def raw(content: bytes) -> Make:
    return lambda folder: content


def picture(format: str) -> Make:
    def make(folder: Path) -> bytes:
        buffer = io.BytesIO()
        Image.new("RGB", (40, 40), "red").save(buffer, format)
        return buffer.getvalue()

    return make


def good(name: str, *options: str, seconds: float = 3.0) -> Make:
    return lambda folder: tone(folder / name, *options, seconds=seconds).read_bytes()


def cut(name: str, *options: str, at: float = 0.5) -> Make:
    def make(folder: Path) -> bytes:
        whole = tone(folder / name, *options, seconds=6).read_bytes()
        return whole[: int(len(whole) * at)]

    return make


def quiet(name: str, *options: str, seconds: float = 2.0) -> Make:
    return lambda folder: silence(folder / name, *options, seconds=seconds).read_bytes()


def moving(name: str, *options: str, with_sound: bool = True) -> Make:
    return lambda folder: film(folder / name, *options, with_sound=with_sound).read_bytes()


def joined(*parts: Make) -> Make:
    return lambda folder: b"".join(part(folder) for part in parts)


def zip_bomb(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("song.wav", b"\0" * 50_000_000)
    return buffer.getvalue()


def gzip_bomb(folder: Path) -> bytes:
    return gzip.compress(b"\0" * 50_000_000)


def id3(content: bytes, length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    digits = bytes(size >> 7 * place & 0x7F for place in (3, 2, 1, 0))
    return b"ID3\x04\0\0" + digits + content


def empty_title(content: Make) -> Make:
    frame = b"TIT2" + (1).to_bytes(4, "big") + b"\0\0" + b"\x03"
    return lambda folder: id3(frame) + content(folder)


def wav(channels: int = 1, codec: int = 1, data: bytes = b"", claims: int = 0) -> bytes:
    size = claims or len(data)
    form = struct.pack("<HHIIHH", codec, channels, 8000, 8000 * channels, channels, 8)
    chunks = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", (36 + size) & 0xFFFFFFFF) + chunks


HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
M3U8 = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile '/etc/passwd'\n"
SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n"
NOISE = bytes((number * 7919 + number * number * 31) % 251 for number in range(20_000))

CORPUS: dict[str, tuple[Make, str]] = {
    # Another type under a sound's name.
    "photo.mp3": (picture("PNG"), kind("PNG")),
    "cover.wav": (picture("JPEG"), kind("JPG")),
    "loop.ogg": (picture("GIF"), kind("GIF")),
    "small.m4a": (picture("WEBP"), kind("WEBP")),
    "score.mp3": (raw(PDF), kind("PDF")),
    "tool.wav": (raw(b"\x7fELF\x02\x01\x01" + b"\0" * 200), kind("ELF")),
    "setup.mp3": (raw(b"MZ\x90\0" + b"\0" * 200), kind("EXE")),
    "base.ogg": (raw(b"SQLite format 3\0" + b"\0" * 200), kind("SQLITE")),
    "page.mp3": (raw(HTML), TEXT),
    "drawing.m4a": (raw(SVG), TEXT),
    "data.aac": (raw(b'{"audio": "https://example.com/a.mp3"}'), TEXT),
    "words.flac": (raw(b"Lights along the harbour wall, " * 300 + "é".encode()), TEXT),
    "wide.wav": (raw("Not a sound".encode("utf-16")), UNKNOWN),
    "noise.mp3": (raw(NOISE), UNKNOWN),
    "zeros.wav": (raw(b"\0" * 5000), UNKNOWN),
    "keys.mp3": (raw(b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"), UNKNOWN),
    # Lists and scripts with which ffmpeg reads other files.
    "list.mp3": (raw(M3U8), TEXT),
    "list.m3u8": (raw(M3U8), TEXT),
    "script.wav": (raw(CONCAT), TEXT),
    "session.mp3": (raw(SDP), TEXT),
    "concat:a.wav|b.wav": (raw(CONCAT), TEXT),
    # Packed.
    "bomb.wav": (zip_bomb, kind("ZIP")),
    "bomb.mp3": (gzip_bomb, kind("GZ")),
    "an hour.flac": (quiet("a.flac", seconds=3600), LONG),
    # Nothing, or as good as nothing.
    "empty.mp3": (raw(b""), EMPTY),
    "one.mp3": (raw(b"\xff"), UNKNOWN),
    "nothing but tags.mp3": (raw(id3(b"") * 100_000), TAG_ALONE),
    "head.wav": (raw(wav()), DAMAGED),
    "head.flac": (raw(b"fLaC"), NO_SOUND),
    "head.ogg": (raw(b"OggS" + b"\0" * 23), NO_SOUND),
    "head.m4a": (raw(b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom"), NO_SOUND),
    "no channels.wav": (raw(wav(channels=0, data=NOISE)), DAMAGED),
    "no codec.wav": (raw(wav(codec=0x7777, data=NOISE)), DAMAGED),
    "heads only.mp3": (raw(b"\xff\xfb\x90\x00" * 4000), UNKNOWN),
    # Tags.
    "tag.mp3": (raw(id3(b"")), TAG_ALONE),
    "page with a tag.mp3": (raw(id3(HTML) + HTML), TAG_ALONE),
    "picture with a tag.mp3": (joined(raw(id3(b"\0" * 20)), picture("PNG")), TAG_ALONE),
    "endless tag.mp3": (raw(id3(HTML, length=2**28 - 1)), TAG_ALONE),
    # Cut off before its contents are listed: nothing of it can be found.
    "cut.m4a": (cut("a.m4a"), NO_SOUND),
    # Too long, silent.
    "nine minutes.mp3": (quiet("a.mp3", "-b:a", "8k", seconds=540), LONG),
    "nine minutes.wav": (quiet("a.wav", "-c:a", "pcm_u8", seconds=540), LONG),
    "nine minutes.ogg": (quiet("a.ogg", "-ar", "8000", seconds=540), LONG),
    "a second too long.m4a": (quiet("a.m4a", "-b:a", "8k", seconds=481), LONG),
    "silent.wav": (quiet("a.wav"), SILENT),
    "silent.mp3": (quiet("a.mp3"), SILENT),
    "silent.flac": (quiet("a.flac"), SILENT),
    "silent.m4a": (quiet("a.m4a"), SILENT),
    # A film without a sound.
    "mute film.mp4": (moving("a.mp4", with_sound=False), MUTE),
    # Two things at once: what it begins as decides.
    "pdf and sound.mp3": (joined(raw(PDF), good("a.mp3")), kind("PDF")),
    "gif and sound.wav": (joined(picture("GIF"), good("a.wav")), kind("GIF")),
    "zip and sound.mp3": (joined(zip_bomb, good("a.mp3")), kind("ZIP")),
    "page and sound.mp3": (joined(raw(HTML), good("a.mp3")), UNKNOWN),
    # A title of no length, and names that are tricks.
    "no title.mp3": (empty_title(quiet("a.mp3")), SILENT),
    "../../etc/passwd": (raw(b"root:x:0:0:root:/root:/bin/bash\n"), TEXT),
    "..\\..\\boot.ini": (raw(b"[boot loader]\r\n"), TEXT),
    "a\x07b\x1b[31mc\x7f.mp3": (raw(HTML), TEXT),
    "\u202ecod.mp3": (raw(HTML), TEXT),
    "con.mp3": (raw(b""), EMPTY),
    "-i.mp3": (raw(HTML), TEXT),
    "http:example.com.mp3": (raw(HTML), TEXT),
    "n" * 300 + ".mp3": (raw(HTML), TEXT),
}


def left() -> set[Path]:
    """Return every file that an upload could have left behind."""
    places = (Path(product_settings.FILE_UPLOAD_TEMP_DIR), Path(product_settings.MEDIA_ROOT))
    return {path for place in places for path in place.rglob("*") if path.is_file()}


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("name", CORPUS)
def test_a_bad_file_is_told_why_and_leaves_nothing_behind(
    name: str, signed_in: Client, tmp_path: Path
) -> None:
    make, sentence = CORPUS[name]
    before = left()
    file = SimpleUploadedFile("x", make(tmp_path), "audio/mpeg")
    # SimpleUploadedFile would clean the name; a stranger's program does not.
    file._name = name  # type: ignore[attr-defined]

    answer = signed_in.post("/new/upload-and-separate-vocals/upload/", {"file": file})

    assert (answer.status_code, answer.content.decode()) == (422, sentence)
    assert answer["Content-Type"].startswith("text/plain")
    assert not Upload.objects.exists()
    assert left() == before
