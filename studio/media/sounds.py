"""What a sound file is, judged by what decodes; and the plain file that is made of an odd one."""

import errno
import re
from dataclasses import dataclass, field
from pathlib import Path

import filetype

from studio.media import ffmpeg, readers, tags, whole

FLAC = "audio/x-flac"
# What Vidgo takes as it is, by ffmpeg's names of the reader and of what is in it.
PLAIN = {
    "mp3": ("audio/mpeg", ("mp3",)),
    "wav": ("audio/x-wav", ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le")),
    "flac": (FLAC, ("flac",)),
    "mov": ("audio/mp4", ("aac", "mp3")),
    "aac": ("audio/aac", ("aac",)),
    "ogg": ("audio/ogg", ("vorbis", "opus")),
}
# How a musician calls what is turned into FLAC.
NAMES = {
    "wav": "WAV",
    "w64": "Wave64",
    "mov": "M4A",
    "ogg": "Ogg",
    "asf": "WMA",
    "wv": "WavPack",
    "ape": "Monkey's Audio",
    "matroska": "WebM",
    "mpegts": "MPEG",
}
# Seconds (vidgo-api.md, "Submit").
MAX_DURATION = 8 * 60
# Below this peak, in dB, there is nothing to hear.
SILENCE = -70.0
# Seconds: by how much a header may be wrong about a length, and that of a film about its sound's.
SLACK, FILM_SLACK = 0.5, 1.5
# Samples a second that every player and Vidgo read.
RATES = (8_000, 192_000)
# Of memory 180 MB are the program itself.
LIMITS = ffmpeg.Limits(memory=448 * ffmpeg.MB, output=320 * ffmpeg.MB, seconds=60)
# Bytes of tags that are read, and of lengths that are no music any more, seconds.
_TAGS = 256 * 1024
# For measuring, so that samples are seconds.
_RATE = 48_000
_LONGEST = ("-t", str(MAX_DURATION + 2))

_SOUND = re.compile(r"Stream #0:\d+.*?: Audio: (\w+).*?, (\d+) Hz, (.*)")
# A moving picture; the cover of a record is an "attached pic".
_FILM = re.compile(r"Stream #0:.*: Video: (?!.*\(attached pic\))(.*)")
_DECLARED = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")
_PEAK = re.compile(r"Peak level dB: (-?[\d.]+|-inf|nan)")
_SAMPLES = re.compile(r"Number of samples: (\d+)")
_END = re.compile(r"time=(\d+):(\d\d):(\d\d\.\d+)")
_ERROR = re.compile(r"\[(error|fatal)\]")
# More sounds side by side than any arrangement of loudspeakers has a name for.
_CROWD = re.compile(r"\d+ channels")
# A picture in these is a cover, marked as one or not.
_STILLS = ("mjpeg", "png", "gif", "bmp", "webp")


class NotTakenError(Exception):
    """A file that is not taken; the text says why, in a sentence for the musician."""


@dataclass(frozen=True)
class Sound:
    """What a sound file is.

    `content_type` is what it is kept under; `duration` its seconds; `question` what a person is
    asked before it is used, "" for nothing; `converts` whether it is turned into FLAC, `shape` the
    options of that; `name` what it was sent as.
    """

    content_type: str
    duration: float
    name: str
    question: str = ""
    converts: bool = False
    title: str = ""
    genre: str = ""
    shape: tuple[str, ...] = field(default=(), repr=False)


def examine(path: Path) -> Sound:
    """Return what the sound at `path` is. Raises NotTakenError for whatever is none."""
    reader, begin = readers.reader(path)
    if not reader:
        raise NotTakenError(_no_sound(path))
    code, told, said = _listen(path, reader)
    if code == -9:
        raise NotTakenError("This file takes too long to read.")
    stream, heard = _heard(told)
    film = _FILM.search(told)
    moves = bool(film and not film[1].startswith(_STILLS))
    declared = _declared(path, reader, told, heard)
    missing = declared - heard > (FILM_SLACK if moves else SLACK)
    own = tags.read(said, of_stream=reader == "ogg")
    is_odd = code or film or missing or heard - declared > SLACK or _ERROR.search(told)
    is_plain = not is_odd and _is_plain(path, reader, begin, stream)
    return Sound(
        content_type=PLAIN[reader][0] if is_plain else FLAC,
        duration=heard,
        name="the sound of a video" if moves else _name(reader, stream[1]),
        question=_question(heard, _breach(path, reader, told, heard, declared, missing)),
        converts=not is_plain,
        title=own.get("title", ""),
        genre=own.get("genre", ""),
        shape=_shape(stream),
    )


def convert(source: Path, sound: Sound, target: Path) -> None:
    """Write the sound at `source` to `target` as FLAC: the sound alone, with what can be heard.

    Raises NotTakenError; OSError where the disk is full.
    """
    reader, _ = readers.reader(source)
    read = ffmpeg.source(source, "-vn", *_LONGEST, "-f", reader)
    plain = ("-map", "0:a:0", "-map_metadata", "-1", *sound.shape, "-f", "flac", f"file:{target}")
    code, told = ffmpeg.run(["-v", "error", *read, *plain], LIMITS)
    if code and "No space left" in told:
        raise OSError(errno.ENOSPC, "no room is left")
    if code:
        raise NotTakenError("This file is damaged: it cannot be turned into FLAC.")


def _no_sound(path: Path) -> str:
    """Return the sentence for a file in which no sound begins."""
    with path.open("rb") as source:
        tagged = readers.after_tags(source)
        source.seek(0)
        begin = source.read(4096)
    if tagged:
        return "There is a sound's tag in this file, but no sound behind it."
    kind = filetype.guess(begin)
    if kind and not kind.mime.startswith(("audio", "video")):
        return f"This is not audio: it is a file of the kind {kind.extension.upper()}."
    if readers.is_text(begin):
        return "This is not audio: it is text."
    return "This file is not audio we can read."


def _listen(path: Path, reader: str) -> tuple[int, str, bytes]:
    """Decode the whole sound. Return ffmpeg's exit code, its words, and the tags."""
    measure = "astats=measure_perchannel=none:measure_overall=Peak_level+Number_of_samples"
    arguments = [
        *("-v", "level+info", "-nostats", *ffmpeg.source(path, *_LONGEST, "-f", reader)),
        *("-map", "0:a:0", "-af", f"aresample={_RATE},{measure}", "-f", "null", "-"),
        *("-map", "0:a:0", "-c", "copy", "-f", "ffmetadata", "pipe:1"),
    ]
    with ffmpeg.start(arguments, LIMITS) as running:
        running.hurry()
        said = b""
        while piece := running.read(64 * 1024):
            said += piece[: max(_TAGS - len(said), 0)]
        return running.wait(), running.told, said


def _heard(told: str) -> tuple[re.Match[str], float]:
    """Return what ffmpeg says of the sound, and its seconds. Raises NotTakenError."""
    stream = _SOUND.search(told)
    if not stream:
        if _FILM.search(told):
            raise NotTakenError("There is no sound in this video.")
        raise NotTakenError("There is no sound in this file, or it is cut off.")
    samples, peak = _SAMPLES.search(told), _PEAK.search(told)
    heard = int(samples[1]) / _RATE if samples else 0
    if not heard or not peak:
        raise NotTakenError("This file is damaged or cut off: nothing in it can be played.")
    if heard > MAX_DURATION:
        raise NotTakenError("This sound is longer than 8 minutes.")
    if not float(peak[1]) >= SILENCE:
        raise NotTakenError("This sound is silent from beginning to end.")
    return stream, heard


def _declared(path: Path, reader: str, told: str, heard: float) -> float:
    """Return how many seconds the file says to have; what is heard, where it does not say."""
    share = whole.share(path, reader)
    if share < 1:
        return heard / share
    return heard if "Estimating duration" in told else _seconds(_DECLARED, told) or heard


def _seconds(pattern: re.Pattern[str], told: str) -> float:
    """Return the last time that `pattern` finds, 0 where there is none."""
    found = pattern.findall(told)
    hours, minutes, seconds = found[-1] if found else (0, 0, 0)
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _is_plain(path: Path, reader: str, begin: int, stream: re.Match[str]) -> bool:
    """Return whether Vidgo takes the file as it is, and a simple player finds its way in it."""
    if (
        stream[1] not in PLAIN.get(reader, ("", ()))[1]
        or not RATES[0] <= int(stream[2]) <= RATES[1]
    ):
        return False
    with path.open("rb") as source:
        head = source.read(26)
        source.seek(0)
        tagged = readers.after_tags(source)
    match reader:
        case "wav":
            return whole.is_plain_wave(path)
        case "ogg":
            return all(whole.ogg_ends(path))
        case "flac":
            # How many samples there are: 36 bits (RFC 9639, 8.2), 0 where it is not known.
            return begin == 0 and int.from_bytes(head[21:26], "big") % 2**36 > 0
        case "mov":
            return head[4:8] == b"ftyp" and head[8:12] != b"qt  "
    return begin == tagged and not (tagged and head[5] & 0x10)


def _name(reader: str, codec: str) -> str:
    return "ALAC" if codec == "alac" else NAMES.get(reader, reader.upper())


def _breach(
    path: Path, reader: str, told: str, heard: float, declared: float, missing: bool
) -> str:
    """Return the sentence about what is not there, "" where nothing is missing."""
    if missing and _seconds(_END, told) > declared - SLACK:
        # It is there to its end, but not all of it can be decoded.
        return f"Only {_clock(heard)} of {_clock(declared)} can be played."
    if missing:
        return f"It ends after {_clock(heard)} of {_clock(declared)}."
    if reader == "ogg" and not whole.ogg_ends(path)[0]:
        return f"It breaks off after {_clock(heard)}."
    return ""


def _question(heard: float, breach: str) -> str:
    short = "It is shorter than one second." if heard < 1 else ""
    return " ".join(filter(None, [breach, short, "Use it anyway?"])) if breach or short else ""


def _clock(seconds: float) -> str:
    return "{}:{:02}".format(*divmod(round(seconds), 60))


def _shape(stream: re.Match[str]) -> tuple[str, ...]:
    """Return how the FLAC is made: as fine as the sound is, but nothing that few players know."""
    codec, rate, form = stream[1], int(stream[2]), stream[3]
    is_fine = codec.startswith("pcm") or codec in ("flac", "alac", "wavpack", "ape")
    depth = "s32" if is_fine and re.search(r"\b(s32|flt|dbl)p?\b", form) else "s16"
    # A sound of few samples a second would make frames that FLAC does not know.
    shape = ["-sample_fmt", depth, "-frame_size", "4096"]
    if not RATES[0] <= rate <= 96_000:
        shape += ["-ar", "44100" if rate < RATES[0] else "96000"]
    if not form.startswith(("mono", "stereo", "1 channels", "2 channels")):
        shape += ["-ac", "2"]
    return tuple(shape)
