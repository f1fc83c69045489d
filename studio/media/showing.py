"""How a saved result is shown: as what, and in the file's place, where not every browser shows the
file itself, which copy. The original stays the download.
"""

from pathlib import Path

from studio.media import ffmpeg, looking
from studio.media.looking import Seen, is_riff
from studio.models import Asset
from studio.storage import types

# Sounds, by ffmpeg's names, that every browser plays in the containers that are plain.
_PLAIN_SOUNDS = {"mp3", "aac", "flac", "pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le"}
_PLAIN_FILMS = {"video/mp4": {"h264"}, "video/webm": {"vp8", "vp9", "av1"}}
_WEBM_SOUNDS = {"", "opus", "vorbis"}
_FAMILIES = {
    Asset.Kind.STEM: "audio",
    Asset.Kind.AUDIO: "audio",
    Asset.Kind.VIDEO: "video",
    Asset.Kind.IMAGE: "image",
}
# The longest side of a picture on a page.
_SIDE = 2048
# Bytes that a copy may have: so many, or so many times the original.
_SMALLEST = 64 * 1024**2
_TIMES = 3


class NotShownError(Exception):
    """No copy could be made."""


def kind_of(asset: Asset, seen: Seen) -> str:
    """Return the kind that the file can be shown as: the operation's own, if there is that in it.

    A stem is a sound even in the container of a film, and a film without a picture is a sound.
    """
    holds = {
        Asset.Kind.STEM: bool(seen.sound),
        Asset.Kind.AUDIO: bool(seen.sound),
        Asset.Kind.VIDEO: bool(seen.film),
        Asset.Kind.IMAGE: seen.is_picture,
    }
    if holds.get(Asset.Kind(asset.kind)):
        return asset.kind
    found = [kind for kind in (Asset.Kind.IMAGE, Asset.Kind.VIDEO, Asset.Kind.AUDIO) if holds[kind]]
    family = types.of(seen.content_type).family
    if found:
        return found[0]
    if family == "image":
        # A picture that is too large for a page, or broken, is a file to take home.
        return Asset.Kind.FILE
    # Nobody can read it: it is taken for what it was said to be.
    return asset.kind


def for_page(asset: Asset, part: Path, seen: Seen) -> tuple[Path, str] | None:
    """Return a copy for the page and its type, where not every browser shows the file itself."""
    family = _FAMILIES.get(Asset.Kind(asset.kind), "")
    if not family or not (seen.sound or seen.film or seen.is_picture):
        return None
    if is_plain(part, seen, family):
        return None
    target = part.with_suffix(".shown")
    try:
        return target, copy(part, seen, family, target)
    except NotShownError:
        if asset.kind not in (Asset.Kind.STEM, Asset.Kind.AUDIO):
            asset.kind = Asset.Kind.FILE
        return None


def is_plain(path: Path, seen: Seen, family: str) -> bool:
    """Return whether every browser shows the file as that family: audio, video, image."""
    if not types.of(seen.content_type).is_plain:
        return False
    if family == "image":
        return True
    if family == "audio":
        is_wav = seen.content_type == "audio/x-wav"
        return seen.sound in _PLAIN_SOUNDS and (not is_wav or is_riff(path))
    is_common = seen.film in _PLAIN_FILMS.get(seen.content_type, ()) and seen.is_common
    sounds = _WEBM_SOUNDS if seen.content_type == "video/webm" else {"", "aac", "mp3"}
    return is_common and seen.sound in sounds


def copy(path: Path, seen: Seen, family: str, target: Path) -> str:
    """Write a copy that every browser shows to `target`. Return its type. Raises NotShownError."""
    content_type, options = {"audio": _sound, "video": _film, "image": _picture}[family](seen)
    is_picture = family == "image"
    source = looking.picture(path, seen.content_type) if is_picture else ffmpeg.source(path)
    # What is copied by machine is never much larger than what it is made from.
    limits = ffmpeg.Limits(
        memory=1024**3, output=max(_SMALLEST, _TIMES * path.stat().st_size), seconds=240
    )
    code, _ = ffmpeg.run([*source, *options, f"file:{target}"], limits)
    if code or not target.exists() or not target.stat().st_size:
        target.unlink(missing_ok=True)
        raise NotShownError
    return content_type


def _sound(seen: Seen) -> tuple[str, list[str]]:
    alone = ["-map", "0:a:0", "-map_metadata", "-1"]
    if seen.sound == "aac":
        return "audio/mp4", [*alone, "-c", "copy", "-movflags", "+faststart", "-f", "mp4"]
    return "audio/x-flac", [*alone, "-ac", "2", "-ar", "44100", "-sample_fmt", "s16", "-f", "flac"]


def _film(seen: Seen) -> tuple[str, list[str]]:
    size = "scale='trunc(min(1920,iw)/2)*2':-2"
    picture = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-vf", size]
    if seen.film == "h264" and seen.is_common:
        picture = ["-c:v", "copy"]
    sound = ["-c:a", "copy"] if seen.sound in ("aac", "mp3") else ["-c:a", "aac", "-b:a", "192k"]
    streams = ["-map", "0:v:0", "-map", "0:a:0?", "-map_metadata", "-1"]
    return "video/mp4", [*streams, *picture, *sound, "-movflags", "+faststart", "-f", "mp4"]


def _picture(seen: Seen) -> tuple[str, list[str]]:
    size = f"scale='min({_SIDE},iw)':'min({_SIDE},ih)':force_original_aspect_ratio=decrease"
    options = ["-map", "0:v:0", "-frames:v", "1", "-vf", size, "-c:v", "libwebp", "-quality", "90"]
    return "image/webp", [*options, "-f", "webp"]
