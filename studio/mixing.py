"""A mix as one sound file: the very samples that the mixer plays, with its faders' gains."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import imageio_ffmpeg
from django.db.models.fields.files import FieldFile

from studio.files import on_disk
from studio.previews import FRAME, RATE

CONTENT_TYPES = {"wav": "audio/x-wav", "mp3": "audio/mpeg"}
CHUNK = 256 * 1024
# The samples of each stem, and its gain.
Stems = list[tuple[FieldFile, float]]
# Mixes under way in one process of the web server: each is an ffmpeg and a thread.
_slots = threading.BoundedSemaphore(2)


class BusyError(Exception):
    """As many mixes as this server makes at once are under way."""


def length(stems: Stems) -> int:
    """Give the exact size in bytes of the mix of `stems` as WAV."""
    return len(_header(0)) + _frames(stems) * FRAME


def mix(stems: Stems, format: str) -> Iterator[bytes]:
    """Give the mix piece by piece while ffmpeg makes it; `format` is of CONTENT_TYPES.

    Raises BusyError at once. Summed as floats; held back only where the sum would be louder than
    a file can be.
    """
    pieces = _mix(stems, format)
    # Begun here, so that whoever drops it unread still gives its slot back.
    next(pieces)
    return pieces


def _mix(stems: Stems, format: str) -> Iterator[bytes]:
    if not _slots.acquire(blocking=False):
        raise BusyError
    with ExitStack() as stack:
        stack.callback(_slots.release)
        yield b""
        sources = [(stack.enter_context(on_disk(samples)), gain) for samples, gain in stems]
        command = _command(sources, format)
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))  # noqa: S603
        # Also when nobody listens any more.
        stack.callback(process.kill)
        if format == "wav":
            yield _header(_frames(stems) * FRAME)
        while process.stdout and (piece := process.stdout.read(CHUNK)):
            yield piece
        if process.wait():
            # Cut short, so that the browser says it is not whole.
            raise OSError("ffmpeg failed")


def _command(stems: list[tuple[Path, float]], format: str) -> list[str]:
    raw = ("-f", "s16le", "-ar", str(RATE), "-ac", "2")
    inputs = [part for path, _ in stems for part in (*raw, "-i", f"file:{path}")]
    faders = [
        f"[{n}:a]volume={gain:.4f}:precision=float[s{n}]" for n, (_, gain) in enumerate(stems)
    ]
    together = "".join(f"[s{n}]" for n in range(len(stems)))
    graph = (
        f"{';'.join(faders)};{together}amix=inputs={len(stems)}:normalize=0,"
        "alimiter=limit=1:level=0:latency=1"
    )
    # A constant rate, so that a player knows the length of a file that came through a pipe.
    target = ("-f", "s16le") if format == "wav" else ("-f", "mp3", "-b:a", "320k")
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"),
        *inputs,
        *("-filter_complex", graph, *target, "pipe:1"),
    ]


def _frames(stems: Stems) -> int:
    return max(samples.size for samples, _ in stems) // FRAME


def _header(size: int) -> bytes:
    """Give the 44 bytes before `size` bytes of samples in a WAV file."""
    return b"".join(
        (
            *(b"RIFF", (36 + size).to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little")),
            *(number.to_bytes(2, "little") for number in (1, 2)),
            *(number.to_bytes(4, "little") for number in (RATE, RATE * FRAME)),
            *(number.to_bytes(2, "little") for number in (FRAME, 16)),
            *(b"data", size.to_bytes(4, "little")),
        )
    )
