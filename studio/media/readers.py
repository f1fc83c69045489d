"""Which of ffmpeg's readers a file asks for by its first bytes; its name says nothing.

ffmpeg is told to use that reader alone: left to itself it also reads playlists and scripts, which
name other files, and finds sound in what is none.
"""

from pathlib import Path
from typing import IO

import filetype

# Bytes in which the sound must begin, behind the tags.
BEGIN = 64 * 1024
# Tags in a row before the sound: more is nobody's music.
MAX_TAGS = 8
# Where a sign stands, the sign, and the reader.
_SIGNS = (
    (8, b"AVI ", "avi"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"riff\x2e\x91\xcf\x11", "w64"),
    (0, b"caff", "caf"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b".snd", "au"),
    (0, b"#!AMR", "amr"),
    (0, b"wvpk", "wv"),
    (0, b"MAC ", "ape"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"FLV\x01", "flv"),
    (0, b"\0\0\x01\xba", "mpeg"),
)
# The first box of what QuickTime and its children hold; old ones have no "ftyp".
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide")
# kbit/s by the four bits of an MPEG audio frame's header (ISO 11172-3, 2.4.2.3; 13818-3).
_LAYER_3 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_LAYER_2 = (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_HALF = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44_100, 48_000, 32_000)


def reader(path: Path) -> tuple[str, int]:
    """Return the reader for a file, and where its sound begins; "" and 0 for what is no sound.

    Before the sound stand tags, zeros, or what is left of a frame that somebody cut.
    """
    with path.open("rb") as source:
        start = after_tags(source)
        source.seek(start)
        begin = source.read(BEGIN)
    found = _signed(begin)
    if found:
        return found, start
    zeros = len(begin) - len(begin.lstrip(b"\0"))
    found = _signed(begin[zeros:]) if start else ""
    if found:
        return found, start + zeros
    at, found = _first_frame(begin)
    return ("", 0) if at and _is_something(begin[zeros:at]) else (found, start + at)


def after_tags(source: IO[bytes]) -> int:
    """Return where the ID3v2 tags before the sound end, 0 where there are none."""
    start = 0
    for _ in range(MAX_TAGS):
        head = source.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            break
        # Its length: four bytes of seven bits, and a footer of ten (ID3v2.4, 3.1 and 3.4).
        start += 10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(head[:5:-1]))
        start += 10 if head[5] & 0x10 else 0
        source.seek(start)
    return start


def is_text(content: bytes) -> bool:
    """Return whether bytes are words; a character may be cut in two at their end."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(content) - 3:
            return False
        text = content[: error.start].decode("utf-8")
    return "\0" not in text and bool(text.strip())


def _is_something(junk: bytes) -> bool:
    """Return whether what stands before a frame is another kind of file, not half a frame."""
    return filetype.guess(junk) is not None or (len(junk) >= 16 and is_text(junk[:32]))


def _signed(begin: bytes) -> str:
    if begin[:4] in (b"RIFF", b"RF64", b"BW64") and begin[8:12] == b"WAVE":
        return "wav"
    if begin[:4] == b"FORM" and begin[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if begin[4:8] in _BOXES:
        return "mov"
    # Packets of 188 bytes; cameras put four more before each.
    for at, size in ((0, 188), (4, 192)):
        if len(begin) > 3 * size and all(begin[at + n * size] == 0x47 for n in range(3)):
            return "mpegts"
    return next((name for at, sign, name in _SIGNS if begin[at:].startswith(sign)), "")


def _first_frame(begin: bytes) -> tuple[int, str]:
    """Return where three frames of MP3 or AAC (ADTS) stand in a row, and the reader."""
    at = begin.find(b"\xff")
    while at >= 0:
        for name, length in (("mp3", _mpeg), ("aac", _adts)):
            places = [at]
            while len(places) < 3 and (size := length(begin[places[-1] :])):
                places.append(places[-1] + size)
            # A very short file has fewer.
            if len(places) == 3 or (len(places) > 1 and places[-1] >= len(begin)):
                return at, name
        at = begin.find(b"\xff", at + 1)
    return 0, ""


def _mpeg(head: bytes) -> int:
    """Return the length of the MPEG audio frame that begins here, 0 where none does."""
    if len(head) < 4 or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, speed = head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or layer not in (1, 2) or rate == 3 or speed in (0, 15):
        return 0
    whole = version == 3
    table = (_LAYER_3 if layer == 1 else _LAYER_2) if whole else _HALF
    samples = 144 if whole or layer == 2 else 72
    hertz = _RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    return samples * table[speed] * 1000 // hertz + (head[2] >> 1 & 1)


def _adts(head: bytes) -> int:
    """Return the length of the AAC frame that begins here, 0 where none does (ISO 13818-7, 6.2)."""
    if len(head) < 7 or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0
