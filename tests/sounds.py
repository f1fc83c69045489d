"""Sounds that musicians have, made with ffmpeg: each readable type, tagged, silent, too long."""

import subprocess
from pathlib import Path

import imageio_ffmpeg

# What an upload may be: a name, what ffmpeg is told to make it, the type it is kept under.
KINDS = {
    "a.mp3": ((), "audio/mpeg"),
    "vbr.mp3": (("-q:a", "4"), "audio/mpeg"),
    "without header.mp3": (("-write_xing", "0"), "audio/mpeg"),
    "with id3v1.mp3": (("-write_id3v1", "1", "-metadata", "title=Low tide"), "audio/mpeg"),
    "a.wav": ((), "audio/x-wav"),
    "24 bit, six channels.wav": (("-c:a", "pcm_s24le", "-ac", "6"), "audio/x-wav"),
    "float.wav": (("-c:a", "pcm_f32le"), "audio/x-wav"),
    "a.flac": ((), "audio/x-flac"),
    "a.m4a": ((), "audio/mp4"),
    "for the web.m4a": (("-movflags", "+faststart"), "audio/mp4"),
    "in fragments.m4a": (("-movflags", "frag_keyframe+empty_moov"), "audio/mp4"),
    "from an old phone.mp4": (("-c:a", "aac"), "audio/mp4"),
    "a.aac": ((), "audio/aac"),
    "a.ogg": ((), "audio/ogg"),
    "opus.ogg": (("-c:a", "libopus"), "audio/ogg"),
}


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg quietly."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-v", "error", *arguments]
    subprocess.run(command, check=True)


def tone(target: Path, *options: str, seconds: float = 2.0, pitch: int = 440) -> Path:
    """Write a tone; its bytes are the same for the same arguments."""
    source = f"sine=frequency={pitch}:duration={seconds}:sample_rate=44100"
    ffmpeg("-f", "lavfi", "-i", source, "-bitexact", *options, str(target))
    return target


def silence(target: Path, *options: str, seconds: float = 2.0) -> Path:
    """Write a sound in which there is nothing to hear."""
    source = "anullsrc=channel_layout=mono:sample_rate=8000"
    ffmpeg("-f", "lavfi", "-t", str(seconds), "-i", source, *options, str(target))
    return target


def film(target: Path, *options: str, with_sound: bool = True, seconds: int = 1) -> Path:
    """Write a moving picture."""
    sound = ("-f", "lavfi", "-i", f"sine=duration={seconds}") if with_sound else ()
    picture = ("-f", "lavfi", "-i", f"testsrc=duration={seconds}:size=64x64:rate=5")
    ffmpeg(*picture, *sound, *options, str(target))
    return target


def record(target: Path, folder: Path, *options: str) -> Path:
    """Write a sound with a cover picture in it, as a shop sells it."""
    picture = folder / "cover.jpg"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64:d=1", "-frames:v", "1", str(picture))
    attached = ("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
    sound = ("-f", "lavfi", "-i", "sine=duration=2", "-i", str(picture))
    ffmpeg(*sound, *attached, *options, str(target))
    return target
