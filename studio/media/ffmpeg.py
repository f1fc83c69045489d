"""The one door to ffmpeg: whatever reads or makes sound, film and pictures starts it here.

It knows nothing of Django, so that the sandbox can use it too. A file is opened by readers named
here alone, none of which opens a second file or a network address, and the program gets bounds on
its memory, processor, output and open files, and an empty environment.
"""

import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import imageio_ffmpeg

MB = 1024**2
# Readers in ffmpeg of what holds a sound, with or without a film. Each reads the one file that it
# is given; playlists, scripts and numbered pictures name others and are left out.
SOUNDS = (
    *("mp3", "wav", "w64", "flac", "ogg", "mov", "aac", "aiff", "caf", "asf", "au", "amr"),
    *("wv", "ape", "matroska", "webm", "avi", "mpegts", "mpeg", "flv"),
)
# Readers of one picture.
PICTURES = (
    *("png_pipe", "jpeg_pipe", "webp_pipe", "webp_anim", "gif", "bmp_pipe", "tiff_pipe"),
    *("jpegxl_pipe", "jpegxl_anim", "mov"),
)
# What ffmpeg says is kept from its beginning and from its end, this many bytes of each.
_KEPT = 64 * 1024
# Set by a shell, which turns into ffmpeg: Python's own `preexec_fn` is unsafe beside threads.
# Small stacks, since every thread's counts as memory whether it is used or not.
# A bound that this system does not know, or that is tighter already, is passed over.
_SHELL = """
bound() { ulimit "$1" "$2" 2>/dev/null; }
bound -v "$1"; bound -t "$2"; bound -f "$3"; bound -n "$4"; bound -s 2048; bound -c 0
shift 4
exec nice -n "$@"
"""


@dataclass(frozen=True)
class Limits:
    """What one run may take: bytes of memory and of each file written, seconds, open files.

    `memory` is address space, of which the program's own file takes 180 MB. `seconds` bounds the
    processor; where somebody waits for the end (`wait`) also the time. `nice` as nice(1) has it:
    the pages that others wait for come first.
    """

    memory: int = 512 * MB
    output: int = 128 * MB
    seconds: int = 120
    files: int = 64
    nice: int = 10


USUAL = Limits()


class Run:
    """One ffmpeg at work."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: int) -> None:
        self._process = process
        self._begin, self._end = b"", b""
        self._watch = threading.Timer(seconds, process.kill)
        self._ear = threading.Thread(target=self._listen, args=(process.stderr,), daemon=True)
        self._ear.start()

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes of its standard output, fewer at the end."""
        return self._process.stdout.read(size) if self._process.stdout else b""

    def hurry(self) -> None:
        """End it when its seconds have passed, whatever it waits for."""
        self._watch.start()

    def wait(self) -> int:
        """Return its exit code once it has ended; below 0 where a limit or `kill` ended it."""
        code = self._process.wait()
        self._ear.join()
        return code

    def kill(self) -> None:
        """End it now."""
        self._watch.cancel()
        self._process.kill()

    @property
    def told(self) -> str:
        """What it has said: the beginning and the end of it."""
        return (self._begin + self._end).decode("utf-8", "replace")

    def _listen(self, source: IO[bytes]) -> None:
        while piece := source.read1(_KEPT):  # type: ignore[attr-defined]
            room = _KEPT - len(self._begin)
            self._begin += piece[:room]
            self._end = (self._end + piece[room:])[-_KEPT:]


def source(path: Path, *options: str, readers: Iterable[str] = SOUNDS) -> list[str]:
    """Return the arguments that open the file at `path` by one of `readers`, and by no other.

    `options` are the file's own, such as `-t`. Which reader it is, its first bytes say; `-f` among
    the options names one.
    """
    return [
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(readers)),
        *("-threads", "1", *options, "-i", f"file:{path}"),
    ]


@contextmanager
def start(arguments: Iterable[str], limits: Limits = USUAL) -> Iterator[Run]:
    """Start ffmpeg; it is ended when the block is left, if it has not ended by then."""
    bounds = (limits.memory // 1024, limits.seconds, limits.output // 512, limits.files)
    command = [
        *("/bin/sh", "-c", _SHELL, "ffmpeg", *map(str, bounds), str(limits.nice)),
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-y"),
        *("-max_alloc", str(limits.memory // 2), "-filter_threads", "1"),
        *("-filter_complex_threads", "1", *arguments),
    ]
    pipe = subprocess.PIPE
    # glibc reserves 64 MB of memory for each thread unless it is told not to.
    environment = {"PATH": "/usr/bin:/bin", "MALLOC_ARENA_MAX": "2"}
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment
    ) as process:
        run = Run(process, limits.seconds)
        try:
            yield run
        finally:
            run.kill()


def run(arguments: Iterable[str], limits: Limits = USUAL) -> tuple[int, str]:
    """Run ffmpeg to its end, for `limits.seconds` at most. Return its exit code and its words."""
    with start(arguments, limits) as running:
        running.hurry()
        return running.wait(), running.told
