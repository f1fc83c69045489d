"""What every operation has in common: its words, its form, and how its files are read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from studio.models import Asset
from studio.operations.forms import OperationForm
from studio.vidgo.payloads import text, urls_in

Kind = Asset.Kind

_EXTENSIONS = {
    Kind.VIDEO: {".mp4", ".webm", ".mov"},
    Kind.IMAGE: {".png", ".jpg", ".jpeg", ".webp", ".gif"},
    Kind.AUDIO: {".mp3", ".wav", ".m4a", ".aac", ".ogg", ".flac"},
}
_WORDS = {
    Kind.VIDEO: ("video",),
    Kind.IMAGE: ("image", "picture", "cover", "poster"),
    Kind.AUDIO: ("audio", "sound", "song", "track", "stream"),
}


@dataclass(frozen=True)
class Found:
    """One thing found in a body's `files`, not yet kept."""

    key: str
    kind: Asset.Kind
    label: str
    order: int
    url: str = ""
    value: str = ""


@dataclass(frozen=True)
class FoundTrack:
    """One song found in a body's `files`; the keys name its sound and its picture."""

    audio_id: str
    title: str
    tags: str
    prompt: str
    duration: float | None
    order: int
    audio_key: str
    image_key: str


@dataclass(frozen=True)
class Operation:
    """One thing the API can be asked for. `model` is its name on the wire."""

    model: str
    verb: str
    noun: str
    help: str
    icon: str
    form: type[OperationForm]
    read: Callable[[list[dict[str, Any]]], list[Found]]
    # What the API makes only once of this input, "" where it makes any number.
    once_key: Callable[[dict[str, Any]], str] = field(default=lambda _: "")
    read_tracks: Callable[[list[dict[str, Any]]], list[FoundTrack]] = field(default=lambda _: [])
    takes_sound: bool = False
    # Which operations' songs the API takes as its source, and the words for any other.
    sources: tuple[str, ...] = ()
    sources_words: str = ""
    # The API tells two stages before the last one.
    stages: tuple[str, ...] = ("Sent", "Being made", "Ready")


def entry_id(entry: dict[str, Any], index: int) -> str:
    """Give what names this entry at every stage: its `audio_id`, or its place."""
    return text(entry.get("audio_id"))[:200] or str(index)


def guess_kind(path: str, url: str) -> Asset.Kind:
    """Guess what stands behind `url` from its extension, then from its field's name."""
    try:
        suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    except ValueError:
        # No address at all, such as one with half a bracket: kept and shown as it is.
        return Kind.FILE
    for kind, suffixes in _EXTENSIONS.items():
        if suffix in suffixes:
            return kind
    for kind, words in _WORDS.items():
        if any(word in path for word in words):
            return kind
    return Kind.FILE


def humanize(path: str) -> str:
    """Give the last field of `path` in a person's words: `extra.cover_art` -> `Cover art`."""
    names = [name for name in path.split(".") if not name.isdecimal()]
    return (names[-1] if names else "file").replace("_", " ").strip().capitalize()[:100] or "File"


def read_entries(
    files: list[dict[str, Any]],
    known: Callable[[str, str, int], tuple[Asset.Kind, str, int] | None],
) -> list[Found]:
    """Find every URL in `files`; `known(path, url, entry)` names kind, label, order of its own.

    A URL that `known` does not know (None) is a result all the same: kept, after the others.
    """
    found: dict[str, Found] = {}
    for index, entry in enumerate(files):
        for path, url in urls_in(entry):
            kind, label, order = known(path, url, index) or (
                guess_kind(path, url),
                humanize(path),
                1000 + len(found),
            )
            key = _free_key(found, f"{entry_id(entry, index)}.{path}"[:290], url)
            found.setdefault(key, Found(key, kind, label, min(order, 32000), url))
    return list(found.values())


def _free_key(found: dict[str, Found], key: str, url: str) -> str:
    """Give `key`, numbered where another URL has it: `"bass "` and `"bass_url"` can both come."""
    free, count = key, 1
    while free in found and found[free].url != url:
        count += 1
        free = f"{key}#{count}"
    return free


def joined(parts: Iterable[str]) -> str:
    """Join the parts of a once-only key."""
    return ":".join(parts)[:500]
