"""A stem's samples for the mixer: one FLAC file, of which any whole seconds are a file too.

Each frame of it is a tenth of a second, and a decoder needs nothing of the frames before
(RFC 9639, 9): a range of frames behind a header of 42 bytes plays by itself, sample for sample.
A third of the plain samples' size, on the disk and on the line. What earlier releases kept is
plain: 16 bit, stereo, without a header; it is served as such until it is made anew.
"""

import itertools
import secrets
from pathlib import Path

from studio.media import ffmpeg
from studio.models import Preview
from studio.storage.files import CHUNK, incoming, pieces

# Samples a second; bytes of one plain sample of both sides.
RATE, FRAME = 44_100, 4
# Samples in a frame of FLAC, and frames in a second.
_BLOCK, _BLOCKS = RATE // 10, 10
# Seconds that are given at once; of a sound whose samples are kept: no more than Vidgo takes to
# separate, some 30 MB, and never more than 86.
MOST, LONGEST = 8, 8 * 60 + 10
CONTENT_TYPE, PLAIN_TYPE = "audio/flac", "application/octet-stream"


class SliceError(Exception):
    """Samples that cannot be read."""


def writing(target: Path) -> list[str]:
    """Return ffmpeg's arguments that write samples to `target`."""
    return ["-c:a", "flac", "-frame_size", str(_BLOCK), "-f", "flac", "-y", f"file:{target}"]


def index(path: Path) -> tuple[int, list[int]]:
    """Return how many samples a side a file has, and where its seconds begin; its end is the last.

    Raises SliceError.
    """
    told = _run([*ffmpeg.source(path, readers=["flac"]), "-c", "copy", "-f", "framecrc", "pipe:1"])
    # A line a frame: stream, times, samples, bytes, checksum; comments before.
    lines = [line.split(",") for line in told.decode().splitlines() if not line.startswith("#")]
    sizes = [int(line[4]) for line in lines]
    begin = path.stat().st_size - sum(sizes)
    *begins, end = itertools.accumulate(sizes, initial=begin)
    return sum(int(line[3]) for line in lines), [*begins[::_BLOCKS], end]


def count(preview: Preview) -> int:
    """Return how many samples a side are kept. Raises FileNotFoundError."""
    return preview.frames or preview.samples.size // FRAME


def reading(preview: Preview, path: Path) -> list[str]:
    """Return ffmpeg's arguments that read the samples of `preview`, which are at `path`."""
    if preview.offsets:
        return ffmpeg.source(path, readers=["flac"])
    plain = ("-f", "s16le", "-ar", str(RATE), "-ac", "2")
    return ffmpeg.source(path, *plain, readers=["s16le"])


def read(preview: Preview, second: int, seconds: int, *, plain: bool) -> tuple[bytes, str]:
    """Return the samples of whole seconds from `second` on, and their content type.

    Nothing beyond the end. With `plain` 16 bit, stereo, for a browser whose decoder is not exact;
    so are those that earlier releases have kept. Raises SliceError and FileNotFoundError.
    """
    end = min((second + seconds) * RATE, count(preview))
    samples = max(end - second * RATE, 0)
    if not samples:
        return b"", PLAIN_TYPE
    if not preview.offsets:
        kept = pieces(preview.samples, second * RATE * FRAME, samples * FRAME)
        return b"".join(kept), PLAIN_TYPE
    begins = preview.offsets
    begin, stop = begins[second], begins[min(second + seconds, len(begins) - 1)]
    found = _header(samples) + b"".join(pieces(preview.samples, begin, stop - begin))
    return (_decode(found), PLAIN_TYPE) if plain else (found, CONTENT_TYPE)


def _header(samples: int) -> bytes:
    """Return what stands before the frames of a FLAC file: RFC 9639, 8.1 and 8.2."""
    # The rate, the channels and the bits of a sample, both less one, and how many there are.
    known = RATE << 44 | (2 - 1) << 41 | (16 - 1) << 36 | samples
    block = _BLOCK.to_bytes(2)
    # The sizes of frames and the checksum are left open.
    return b"fLaC\x80\x00\x00\x22" + block + block + bytes(6) + known.to_bytes(8) + bytes(16)


def _decode(sound: bytes) -> bytes:
    path = incoming() / f"slice-{secrets.token_hex(8)}"
    try:
        path.write_bytes(sound)
        return _run([*ffmpeg.source(path, readers=["flac"]), "-f", "s16le", "pipe:1"])
    finally:
        path.unlink(missing_ok=True)


def _run(arguments: list[str]) -> bytes:
    with ffmpeg.start(["-v", "error", *arguments]) as running:
        running.hurry()
        given = b"".join(iter(lambda: running.read(CHUNK), b""))
        if running.wait():
            raise SliceError("the samples cannot be read")
    return given
