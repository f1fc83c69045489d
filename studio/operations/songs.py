"""What music-making tasks have in common: how their songs are read, and what these are good for."""

from typing import Any

from studio.operations.base import Found, FoundTrack, Kind, read_entries
from studio.vidgo.payloads import number, text

# The API tells of a song in three steps: its words, the first variation, both.
STAGES = ("Sent", "Words written", "First variation", "Ready")
# What may start from a song, by what made it. Wherever a page names no source, any song will do:
# docs.vidgo.ai, api-manual/music-series/: extend-music ("a previously generated track"),
# replace-section and get-timestamped-lyrics ("a completed music generation").
FOR_OTHERS = ("extend-music", "replace-section", "get-timestamped-lyrics")
# 002: "Generate, Extend, Upload Cover, or Upload Extend".
FOR_UPLOADED = (*FOR_OTHERS, "generate-persona")
# 000, 001; docs.vidgo.ai: convert-to-wav, vocal-remover/separate-vocals, vocal-remover/stem-split:
# "a completed music generation (Generate Music or Extend Music)".
FOR_WRITTEN = (
    *FOR_UPLOADED,
    "create-music-video",
    "generate-music-cover",
    "separate-vocals",
    "stem-split",
    "convert-to-wav",
)


def _known(path: str, url: str, index: int) -> tuple[Kind, str, int] | None:
    if path == "audio":
        return (Kind.AUDIO, f"Variation {index + 1}", index * 2)
    if path == "image":
        return (Kind.IMAGE, f"Picture {index + 1}", index * 2 + 1)
    return None


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find sound and picture of each entry (vidgo-api.md, "`files`, by operation")."""
    return read_entries(files, _known)


def read_tracks(files: list[dict[str, Any]]) -> list[FoundTrack]:
    """Find the songs: the entries with an `audio_id`, usually two variations."""
    return [
        FoundTrack(
            audio_id=audio_id,
            title=text(entry.get("title"))[:200],
            tags=_words(entry.get("tags"))[:1000],
            prompt=text(entry.get("prompt")),
            duration=number(entry.get("duration")),
            order=index,
            audio_key=f"{audio_id}.audio",
            image_key=f"{audio_id}.image",
        )
        for index, entry in enumerate(files)
        if (audio_id := text(entry.get("audio_id"))[:200])
    ]


def _words(value: Any) -> str:
    return ", ".join(filter(None, map(text, value))) if isinstance(value, list) else text(value)
