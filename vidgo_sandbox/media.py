"""Sound and moving pictures, made with ffmpeg out of the real input."""

import math
import threading
import wave
from pathlib import Path

from studio.media import ffmpeg
from vidgo_sandbox.pictures import video_frame
from vidgo_sandbox.songs import Tune

RATE = 44100
LONGEST = 8 * 60
STEMS = ("bass", "drums", "piano", "guitar", "vocals", "other")
# Each stem has the lead in its own band and a little of all others, so that none is ever silent.
# The shares of all stems sum to 1 at every frequency, hence the stems sum to the input.
_BLEED = 0.25
_FILTER_DELAY = 0.05
_LIMITS = ffmpeg.Limits(memory=1024 * ffmpeg.MB, output=256 * ffmpeg.MB, seconds=600, nice=0)


class MediaError(Exception):
    """The input can't be used; the text says why, in words for the person who sent it."""


class Studio:
    """Runs ffmpeg, and can stop everything that runs."""

    def __init__(self) -> None:
        self._running: set[ffmpeg.Run] = set()
        self._lock = threading.Lock()

    def run(self, *arguments: str | Path) -> None:
        """Run ffmpeg with ``arguments``; raise MediaError with its last words if it fails."""
        with ffmpeg.start(("-v", "error", *map(str, arguments)), _LIMITS) as running:
            with self._lock:
                self._running.add(running)
            code = running.wait()
            with self._lock:
                self._running.discard(running)
        if code:
            words = running.told.strip().splitlines()
            raise MediaError(words[-1] if words else "ffmpeg failed")

    def stop(self) -> None:
        """End every ffmpeg that this studio started."""
        with self._lock:
            for running in self._running:
                running.kill()

    def decode(self, source: Path, target: Path) -> float:
        """Decode ``source`` to a WAV of one or two channels and give its seconds."""
        try:
            layouts = "aformat=sample_fmts=s16:channel_layouts=mono|stereo"
            limit = ("-t", str(LONGEST + 1))
            read = ffmpeg.source(source)
            self.run(*read, "-map", "0:a:0", *limit, "-af", layouts, "-ar", str(RATE), target)
        except MediaError as error:
            raise MediaError("The audio could not be decoded.") from error
        with wave.open(str(target)) as sound:
            seconds: float = sound.getnframes() / sound.getframerate()
        if not seconds:
            raise MediaError("The audio is empty.")
        return seconds

    def loop(self, tune: Tune, target: Path) -> None:
        """Synthesise one loop of ``tune`` as a stereo WAV."""
        length = f"{tune.loop_seconds:.5f}"
        self.run("-filter_complex", _score(tune), "-map", "[out]", "-t", length, target)

    def song(self, tune: Tune, bitrate: str, target: Path) -> None:
        """Synthesise a short song from ``tune`` as MP3."""
        loop = target.with_suffix(".wav")
        self.loop(tune, loop)
        seconds = tune.song_seconds
        fades = f"afade=t=in:d=1,afade=t=out:st={seconds - 3:.3f}:d=3"
        echo = "aecho=0.8:0.7:190|330:0.25|0.15"
        self.run(
            *(*ffmpeg.source(loop, "-stream_loop", "-1"), "-t", f"{seconds:.5f}"),
            *("-af", f"volume=1.7,{echo},{fades}", "-c:a", "libmp3lame", "-b:a", bitrate, target),
        )
        loop.unlink()

    def accompany(self, voice: Path, tune: Tune, bitrate: str, target: Path) -> None:
        """Mix the WAV ``voice`` with an accompaniment of the same length."""
        loop = target.with_suffix(".wav")
        self.loop(tune, loop)
        graph = (
            "[0:a]aformat=channel_layouts=stereo[voice];"
            "[voice][1:a]amix=inputs=2:duration=first:normalize=0:weights=1 0.6,"
            "alimiter=limit=0.95:level=0:latency=1"
        )
        self.run(
            *(*ffmpeg.source(voice), *ffmpeg.source(loop, "-stream_loop", "-1")),
            *("-filter_complex", graph, "-c:a", "libmp3lame", "-b:a", bitrate, target),
        )
        loop.unlink()

    def splice(
        self,
        source: Path,
        begin: float,
        end: float | None,
        tune: Tune,
        bitrate: str,
        target: Path,
    ) -> None:
        """Write the WAV ``source`` with ``tune`` from ``begin`` to ``end``; None: to a new end."""
        loop = target.with_suffix(".wav")
        self.loop(tune, loop)
        seconds = tune.song_seconds if end is None else end - begin
        stereo = "aformat=sample_rates=44100:channel_layouts=stereo"
        # No part may be without a sample.
        graph = [
            f"[0:a]{stereo},asplit[a][b];[a]atrim=end={max(begin, 0.001)},asetpts=N/SR/TB[first]",
            f"[1:a]{stereo},atrim=end={seconds},volume=1.7[new]",
        ]
        if end is None:
            graph.append("[b]anullsink;[first][new]concat=n=2:v=0:a=1")
        else:
            graph.append(f"[b]atrim=start={end},asetpts=N/SR/TB[last]")
            graph.append("[first][new][last]concat=n=3:v=0:a=1")
        self.run(
            *(*ffmpeg.source(source), *ffmpeg.source(loop, "-stream_loop", "-1")),
            *("-filter_complex", ";".join(graph), "-c:a", "libmp3lame", "-b:a", bitrate, target),
        )
        loop.unlink()

    def separate(self, source: Path, names: tuple[str, ...], targets: dict[str, Path]) -> None:
        """Write the stems in ``targets``, of all ``names``, of the WAV ``source`` as MP3 files."""
        with wave.open(str(source)) as sound:
            frames = sound.getnframes()
        delay = int(RATE * _FILTER_DELAY)
        graph = [f"[0:a]asplit={len(targets)}" + "".join(f"[in_{stem}]" for stem in targets)]
        outputs: list[str | Path] = []
        others = len(names) - 1
        lead, bleed = (20 * math.log10(share) for share in (1 - _BLEED, _BLEED / others))
        # Bands as wide as each other to the ear.
        edges = [0, *(150 * 40 ** ((n + 0.5) / others) for n in range(others)), RATE]
        for stem, target in targets.items():
            low, high = edges[names.index(stem)], edges[names.index(stem) + 1]
            gain = f"if(gte(f,{low})*lt(f,{high}),{lead:.6f},{bleed:.6f})"
            graph.append(
                f"[in_{stem}]firequalizer=delay={_FILTER_DELAY}:gain='{gain}',"
                f"atrim=start_sample={delay}:end_sample={delay + frames},asetpts=N/SR/TB[{stem}]"
            )
            outputs += ["-map", f"[{stem}]", "-c:a", "libmp3lame", "-b:a", "192k", target]
        self.run(*ffmpeg.source(source), "-filter_complex", ";".join(graph), *outputs)

    def video(self, audio: Path, title: str, author: str, domain_name: str, target: Path) -> None:
        """Write an MP4 with the sound of ``audio``, its moving waveform and the three texts."""
        frame = target.with_suffix(".png")
        video_frame(title, author, domain_name, (640, 360), frame)
        graph = (
            "[1:a]showwaves=s=600x160:mode=cline:rate=15:colors=white:scale=sqrt:draw=full[waves];"
            "[0:v][waves]overlay=20:125:shortest=1,format=yuv420p[picture]"
        )
        still = ("-f", "image2", "-loop", "1", "-framerate", "15")
        self.run(
            *(*ffmpeg.source(frame, *still, readers=["image2"]), *ffmpeg.source(audio)),
            *("-filter_complex", graph, "-map", "[picture]", "-map", "1:a", "-shortest"),
            *("-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "-b:a", "160k"),
            *("-movflags", "+faststart", target),
        )
        frame.unlink()


def _score(tune: Tune) -> str:
    """Return a filter graph that plays ``tune`` once to [out]."""
    parts = [*_pads(tune), *_plucks(tune)]
    layers = "[pad][pluck]"
    if tune.beat:
        parts.append(_beat(tune))
        layers += "[beat]"
    count = layers.count("[")
    parts.append(
        f"{layers}amix=inputs={count}:normalize=0,alimiter=limit=0.95:level=0:latency=1[out]"
    )
    return ";".join(parts)


def _pads(tune: Tune) -> list[str]:
    """Return the filters that hold each chord for a bar."""
    bar = 4 * 60 / tune.bpm
    parts = []
    for index, chord in enumerate(tune.chords):
        voices = "+".join(f"sin({_omega(note)}*t)" for note in chord)
        root = _omega(min(chord) - 12)
        swell = f"(1-exp(-6*t))*min(1,({bar:.5f}-t)*12)"
        pad = f"{swell}*(0.055*({voices})+0.16*sin({root}*t)*exp(-0.7*t))"
        parts.append(f"aevalsrc='{pad}':s={RATE}:d={bar:.5f}[pad{index}]")
    names = "".join(f"[pad{index}]" for index in range(len(parts)))
    return [*parts, f"{names}concat=n={len(parts)}:v=0:a=1,pan=stereo|c0=c0|c1=0.9*c0[pad]"]


def _plucks(tune: Tune) -> list[str]:
    """Return the filters that pluck each chord's notes, one after the other."""
    beat = 60 / tune.bpm
    step = 4 * beat / len(tune.arpeggio) if len(tune.arpeggio) > 4 else beat
    parts: list[str] = []
    for chord in tune.chords:
        for voice in tune.arpeggio:
            tone = _omega(chord[voice] + 12)
            overtones = f"sin({tone}*t)+{tune.brightness}*sin(2*{tone}*t)*exp(-4*t)"
            pluck = f"0.13*min(1,t*200)*exp(-{2.2 / step:.3f}*t)*({overtones})"
            parts.append(f"aevalsrc='{pluck}':s={RATE}:d={step:.5f}[pluck{len(parts)}]")
    names = "".join(f"[pluck{index}]" for index in range(len(parts)))
    return [*parts, f"{names}concat=n={len(parts)}:v=0:a=1,pan=stereo|c0=0.6*c0|c1=c0[pluck]"]


def _beat(tune: Tune) -> str:
    """Return the filter of kick and hat for the whole loop."""
    beat = 60 / tune.bpm
    kick = f"0.4*sin(46*(1-exp(-22*mod(t,{beat:.5f}))))*exp(-9*mod(t,{beat:.5f}))"
    offbeat = f"mod(t+{beat / 2:.5f},{beat:.5f})"
    hat = f"0.05*(2*random(0)-1)*exp(-38*{offbeat})"
    source = f"aevalsrc='{kick}+{hat}':s={RATE}:d={tune.loop_seconds:.5f}"
    return f"{source},pan=stereo|c0=c0|c1=c0[beat]"


def _omega(note: int) -> str:
    return f"{2 * math.pi * 440 * 2 ** ((note - 69) / 12):.3f}"
