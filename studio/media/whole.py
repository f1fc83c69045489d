"""Whether a file is complete by its own header, which ffmpeg does not check for some formats."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

# Sizes written by programs that did not know yet how long the sound would be.
_UNKNOWN = 0x7FFF_0000
_MAX_CHUNKS = 64
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_W64_DATA = b"data\xf3\xac\xd3\x11"
# No Ogg page is longer (RFC 3533, 6).
_PAGE = 65_307


def share(path: Path, reader: str) -> float:
    """Return which part of its sound a file holds: 1 for the whole, and where it does not say."""
    read = {"wav": _wave, "w64": _wave64, "caf": _caf, "asf": _asf}.get(reader)
    with path.open("rb") as source:
        begin, size = read(source) if read else (0, 0)
        there = os.fstat(source.fileno()).st_size - begin
    return there / size if 0 < there < size else 1.0


def is_plain_wave(path: Path) -> bool:
    """Return whether a WAV is as its header says to the last byte, so that everyone can read it."""
    with path.open("rb") as source:
        if source.read(4) != b"RIFF":
            return False
        size = int.from_bytes(source.read(4), "little")
        begin, data = _wave(source)
        length = os.fstat(source.fileno()).st_size
    # What is odd is filled up to an even number of bytes.
    return bool(data) and size + 8 == length and begin + data + data % 2 <= length


def ogg_ends(path: Path) -> tuple[bool, bool]:
    """Return whether the last page of an Ogg is whole, and whether it is marked as the last."""
    with path.open("rb") as source:
        source.seek(0, os.SEEK_END)
        source.seek(-min(source.tell(), _PAGE), os.SEEK_END)
        tail = source.read()
    page = tail[max(tail.rfind(b"OggS"), 0) :]
    whole = len(page) >= 27 and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])
    return whole, whole and bool(page[5] & 4)


def _chunks(
    source: IO[bytes], at: int, head: int, wanted: bytes, size: Callable[[bytes], int]
) -> tuple[int, int]:
    """Return where the wanted chunk's content begins and its size; 0 and 0 where there is none."""
    for _ in range(_MAX_CHUNKS):
        source.seek(at)
        name = source.read(head)
        if len(name) < head:
            break
        if name.startswith(wanted):
            return at + head, size(name)
        at += head + size(name)
    return 0, 0


def _wave(source: IO[bytes]) -> tuple[int, int]:
    def size(head: bytes) -> int:
        length = int.from_bytes(head[4:], "little")
        return length if head.startswith(b"data") else length + length % 2

    begin, data = _chunks(source, 12, 8, b"data", size)
    if data >= _UNKNOWN:
        # RF64 and BW64 say it in a chunk of its own (EBU Tech 3306).
        at, _ = _chunks(source, 12, 8, b"ds64", size)
        source.seek(at + 8)
        data = int.from_bytes(source.read(8), "little") if at else 0
    return begin, data if data < 2**40 else 0


def _wave64(source: IO[bytes]) -> tuple[int, int]:
    # Sizes count their own head of 24 bytes, and are filled up to eight.
    return _chunks(
        source,
        40,
        24,
        _W64_DATA,
        lambda head: -(-int.from_bytes(head[16:], "little") // 8) * 8 - 24,
    )


def _caf(source: IO[bytes]) -> tuple[int, int]:
    begin, size = _chunks(source, 8, 12, b"data", lambda head: int.from_bytes(head[4:12], "big"))
    # All bits set: until the end of the file.
    return begin, size if size < 2**63 else 0


def _asf(source: IO[bytes]) -> tuple[int, int]:
    source.seek(0)
    begin = source.read(64 * 1024)
    at = begin.find(_ASF_FILE)
    return (0, int.from_bytes(begin[at + 40 : at + 48], "little")) if at > 0 else (0, 0)
