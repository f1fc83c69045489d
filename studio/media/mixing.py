"""A mix as one sound file: the very samples that the mixer plays, with its faders' gains."""

import itertools
import math
import threading
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO

from studio.media import ffmpeg, slices
from studio.media.slices import FRAME, RATE
from studio.models import Preview
from studio.storage.files import CHUNK, on_disk

# Seconds: what rubberband leaves as it is of its first window, measured on strokes. By as much more
# or less all that follows comes early or late.
_WINDOW = 0.032
CONTENT_TYPES = {"wav": "audio/x-wav", "mp3": "audio/mpeg"}
# Mixes under way in one process of the web server: each is an ffmpeg and a thread.
_slots = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Lane:
    """A stem's samples, its gain, and its pan from -1, left, to 1, right."""

    stem: Preview
    gain: float = 1
    pan: float = 0

    @property
    def filters(self) -> str:
        """Return ffmpeg's filters of it; the law is the Web Audio API's for a stereo sound."""
        fader = f"volume={self.gain:.4f}:precision=float"
        angle = (self.pan + (self.pan <= 0)) * math.pi / 2
        near, far = math.sin(angle), math.cos(angle)
        if self.pan < 0:
            return f"{fader},pan=stereo|c0=c0+{far:.6f}*c1|c1={near:.6f}*c1"
        if self.pan > 0:
            return f"{fader},pan=stereo|c0={far:.6f}*c0|c1=c1+{near:.6f}*c0"
        return fader


Stems = list[Lane]


@dataclass(frozen=True)
class Pace:
    """How many times as fast a mix is as it was recorded, and how many semitones higher."""

    tempo: float = 1
    key: int = 0

    def filters(self, frames: int) -> list[str]:
        """Return ffmpeg's filters that give a sound of so many samples this pace."""
        if self == Pace():
            return []
        # One short of the length or over it, by its windows.
        end = self.stretched(frames)
        pitch = 2 ** (self.key / 12)
        shifted = f"rubberband=tempo={self.tempo:.2f}:pitch={pitch:.6f}"
        moved = round(_WINDOW * RATE * (1 / self.tempo - 1 / pitch))
        begin = f"adelay={moved}S:all=1" if moved > 0 else f"atrim=start_sample={-moved}"
        return [shifted, begin, f"asetpts=N/SR/TB,apad=whole_len={end}", f"atrim=end_sample={end}"]

    def stretched(self, frames: int) -> int:
        """Return how many samples a side `frames` of them become."""
        return round(frames / self.tempo)


@dataclass(frozen=True)
class Click:
    """A click on the beats: its gain, the seconds from one to the next and to the first."""

    gain: float
    period: float
    first: float

    def source(self, pace: Pace, frames: int) -> str:
        """Return ffmpeg's source of it for a mix of so many samples; as in `static/js/click.js`."""
        period, first = self.period / pace.tempo, self.first / pace.tempo
        since = f"mod(t-{first:.6f},{period:.9f})"
        sound = f"{self.gain:.4f}*gte(t,{first:.6f})*lt(st(0,{since}),0.05)"
        tone = f"{sound}*sin(2*PI*1500*ld(0))*exp(-90*ld(0))"
        # Each side counts for itself.
        return f"aevalsrc='{tone}|{tone}':s={RATE}:d={frames / RATE:.6f}"


class BusyError(Exception):
    """As many mixes as this server makes at once are under way."""


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the few places for what is made while it is downloaded. Raises BusyError."""
    if not _slots.acquire(blocking=False):
        raise BusyError
    try:
        yield
    finally:
        _slots.release()


def length(stems: Stems, pace: Pace) -> int:
    """Return the exact size in bytes of the mix of `stems` as WAV."""
    return wav_size(pace.stretched(_frames(stems)))


def wav_size(frames: int) -> int:
    """Return the size in bytes of a WAV file of so many samples a side."""
    return len(_header(0)) + frames * FRAME


def wav(stem: Preview, frames: int) -> Iterator[bytes]:
    """Yield one stem as WAV of so many samples a side; after its own end it is silent."""
    yield _header(frames * FRAME)
    rest = frames * FRAME
    with on_disk(stem.samples) as path:
        command = ["-v", "error", *slices.reading(stem, path), "-f", "s16le", "pipe:1"]
        for piece in _made(command):
            rest -= len(piece)
            yield piece
    while rest > 0:
        yield bytes(min(rest, CHUNK))
        rest -= CHUNK


def mix(stems: Stems, kind: str, pace: Pace, click: Click | None = None) -> Iterator[bytes]:
    """Return the mix piece by piece while ffmpeg makes it; `kind` is of CONTENT_TYPES.

    Raises BusyError at once. Summed as floats; held back only where the sum would be louder than
    a file can be.
    """
    pieces = _mix(stems, kind, pace, click)
    # Begun here, so that whoever drops it unread still gives its slot back.
    next(pieces)
    return pieces


def _mix(stems: Stems, kind: str, pace: Pace, click: Click | None) -> Iterator[bytes]:
    with ExitStack() as stack:
        stack.enter_context(slot())
        yield b""
        paths = [stack.enter_context(on_disk(lane.stem.samples)) for lane in stems]
        inputs = [slices.reading(lane.stem, path) for lane, path in zip(stems, paths, strict=True)]
        frames = _frames(stems)
        clicks = click.source(pace, pace.stretched(frames)) if click else ""
        graph = _graph(stems, pace.filters(frames), clicks)
        if kind == "wav":
            yield _header(pace.stretched(frames) * FRAME)
        command = _command(inputs, graph, kind)
        yield from _made(command)


def _made(command: list[str]) -> Iterator[bytes]:
    # Ended also when nobody listens any more.
    with ffmpeg.start(command) as process:
        while piece := process.read(CHUNK):
            yield piece
        if process.wait():
            # Cut short, so that the browser says it is not whole.
            raise OSError("ffmpeg failed")


def _graph(stems: Stems, filters: list[str], clicks: str) -> str:
    faders = [f"[{n}:a]{lane.filters}[s{n}]" for n, lane in enumerate(stems)]
    together = "".join(f"[s{n}]" for n in range(len(stems)))
    music = ",".join([f"amix=inputs={len(stems)}:normalize=0", *filters])
    limiter = "alimiter=limit=1:level=0:latency=1"
    if clicks:
        both = "[music][click]amix=inputs=2:normalize=0:duration=first"
        return f"{';'.join(faders)};{together}{music}[music];{clicks}[click];{both},{limiter}"
    return f"{';'.join(faders)};{together}{music},{limiter}"


def _command(inputs: list[list[str]], graph: str, kind: str) -> list[str]:
    # A constant rate, so that a player knows the length of a file that came through a pipe.
    target = ("-f", "s16le") if kind == "wav" else ("-f", "mp3", "-b:a", "320k")
    sources = itertools.chain.from_iterable(inputs)
    return ["-v", "error", *sources, "-filter_complex", graph, *target, "pipe:1"]


def _frames(stems: Stems) -> int:
    return max(slices.count(lane.stem) for lane in stems)


def _header(size: int) -> bytes:
    """Return the 44 bytes before `size` bytes of samples in a WAV file."""
    header = BytesIO()
    with wave.open(header, "wb") as sound:
        sound.setparams((2, 2, RATE, size // FRAME, "NONE", ""))
        sound.writeframesraw(b"")
        # Read before it is closed: then it holds how many samples came here, none.
        return header.getvalue()
