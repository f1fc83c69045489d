"""The three finished songs of the sandbox, sources of videos, covers and personas."""

import zlib
from dataclasses import dataclass

SONG_MODEL = "generate-music"


@dataclass(frozen=True)
class Tune:
    """A loop of music: pitches are MIDI numbers, one chord lasts one bar of four beats."""

    bpm: int
    chords: tuple[tuple[int, ...], ...]
    arpeggio: tuple[int, ...]
    beat: bool
    brightness: float

    @property
    def loop_seconds(self) -> float:
        """How long all chords last, once."""
        return 4 * 60 / self.bpm * len(self.chords)

    @property
    def song_seconds(self) -> float:
        """How long a song is: whole loops, near 24 seconds."""
        return self.loop_seconds * max(2, round(24 / self.loop_seconds))


@dataclass(frozen=True)
class Song:
    """A finished "generate-music" task with two variations."""

    task_id: str
    audio_ids: tuple[str, str]
    title: str
    tags: str
    prompt: str
    tunes: tuple[Tune, Tune]


_WARM = ((57, 60, 64), (53, 57, 60), (48, 55, 64), (55, 59, 62))
_NIGHT = ((50, 57, 65), (55, 58, 62), (48, 55, 64), (53, 57, 60))
_BRIGHT = ((48, 52, 55), (55, 59, 62), (57, 60, 64), (53, 57, 60))

SONGS = (
    Song(
        "task-unified-1735689600-harbour1",
        ("5a0d1c3e-1f64-4c27-9d0b-3c1be6a40101", "5a0d1c3e-1f64-4c27-9d0b-3c1be6a40102"),
        "Harbour Lights",
        "ambient, warm, slow",
        "[Verse]\nLights along the harbour wall\nRock me home again",
        (
            Tune(84, _WARM, (0, 1, 2, 1), False, 0.3),
            Tune(84, _WARM, (2, 0, 1, 0, 2, 1, 0, 1), True, 0.45),
        ),
    ),
    Song(
        "task-unified-1735776000-nightbus",
        ("5a0d1c3e-1f64-4c27-9d0b-3c1be6a40201", "5a0d1c3e-1f64-4c27-9d0b-3c1be6a40202"),
        "Night Bus",
        "synthwave, driving, night",
        "[Verse]\nLast stop, empty seats\nNeon over quiet streets",
        (
            Tune(112, _NIGHT, (0, 1, 2, 1, 0, 2, 1, 2), True, 0.7),
            Tune(104, _NIGHT, (2, 1, 0, 1), False, 0.6),
        ),
    ),
    Song(
        "task-unified-1735862400-openroad",
        ("5a0d1c3e-1f64-4c27-9d0b-3c1be6a40301", "5a0d1c3e-1f64-4c27-9d0b-3c1be6a40302"),
        "Open Road",
        "folk pop, bright, major",
        "[Chorus]\nOpen road and morning sun\nAll the miles are yet to come",
        (
            Tune(96, _BRIGHT, (0, 2, 1, 2), True, 0.5),
            Tune(120, _BRIGHT, (0, 1, 2, 1, 2, 1, 0, 1), True, 0.35),
        ),
    ),
)


def tune_for(sound: str, second: bool) -> Tune:
    """Return music as ``sound`` (styles, a persona) alone decides; the second clearly differs."""
    number = zlib.crc32(f"{sound}{second}".encode())
    chords, shape = (_WARM, _NIGHT, _BRIGHT)[number % 3], number >> 8
    up = shape % 9 - 4
    return Tune(
        bpm=76 + (shape >> 4) % 60,
        chords=tuple(tuple(note + up for note in chord) for chord in chords),
        arpeggio=((0, 1, 2, 1), (2, 0, 1, 0, 2, 1, 0, 1), (0, 2, 1, 2))[(shape >> 10) % 3],
        beat=bool(number & 1) != second,
        brightness=0.2 + (shape >> 12) % 8 / 10,
    )
