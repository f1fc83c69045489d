"""What every operation has in common: its words, its form, and how its files are read."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from studio.models import Asset, Track
from studio.operations.forms import OperationForm
from studio.vidgo.payloads import MAX_RESULTS, text, urls_in

Kind = Asset.Kind

_EXTENSIONS = {
    Kind.VIDEO: {".mp4", ".webm", ".mov"},
    Kind.IMAGE: {".png", ".jpg", ".jpeg", ".webp", ".gif"},
    Kind.AUDIO: {".mp3", ".wav", ".m4a", ".aac", ".ogg", ".flac"},
}
# How a song came into a list of ours that Vidgo has made for the team elsewhere.
IMPORTED = "import-song"
_WORDS = {
    Kind.VIDEO: ("video",),
    Kind.IMAGE: ("image", "picture", "cover", "poster"),
    Kind.AUDIO: ("audio", "sound", "song", "track", "stream"),
}


class Group(StrEnum):
    """What a musician does with a song, in the order of its page."""

    SHOW = "Show it"
    SONG = "Make a new song of it"
    PARTS = "Take it apart"


@dataclass(frozen=True)
class Found:
    """One thing found in a body's `files`, not yet kept."""

    key: str
    kind: Asset.Kind
    label: str
    order: int
    url: str = ""
    value: str = ""
    data: dict[str, Any] | None = None


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
    """One thing the API can be asked for. `name` is its `model` on the wire."""

    name: str
    verb: str
    noun: str
    help: str
    icon: str
    form: type[OperationForm]
    read: Callable[[list[dict[str, Any]]], list[Found]]
    # Where it stands on a song's page.
    group: Group = Group.SONG
    # Its place among the others, and whether it stands in the menu: what does not is reached from
    # a song.
    order: int = 0
    in_menu: bool = False
    # What the API makes only once of this input, "" where it makes any number.
    once_key: Callable[[dict[str, Any]], str] = field(default=lambda _: "")
    read_tracks: Callable[[list[dict[str, Any]]], list[FoundTrack]] = field(default=lambda _: [])
    # The fields of an answer by which it is known, where it was asked for elsewhere.
    tells: tuple[str, ...] = ()
    # Why this very song is not one for it, "" where it is.
    refuses: Callable[[Track], str] = field(default=lambda _: "")
    # What it gives stands on the page of its song: another form of it, or its words.
    is_of_song: bool = False
    # The fields of other forms that its words are written for, and whether it makes them of what
    # stands there.
    fills: tuple[str, ...] = ()
    rewrites: bool = False
    takes_sound: bool = False
    # Another operation does the same for songs, so that no song's page offers this one too.
    is_for_recordings: bool = False
    # What it makes of a stem, in words, by whether that is a `voice` or a `backing`.
    takes_stem: Mapping[str, str] = field(default_factory=dict)
    # The words for several at once, with their number; "" where one form makes one.
    many: str = ""
    # Which operations may start from the songs that this one gives, and what it has done to them
    # ("wrote", "extended").
    songs_for: tuple[str, ...] = ()
    made: str = ""
    # The API tells two stages before the last one.
    stages: tuple[str, ...] = ("Sent", "Making", "Ready")


def entry_id(entry: dict[str, Any], index: int) -> str:
    """Return what names this entry at every stage: its `audio_id`, or its place."""
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
    """Return the last field of `path` in a person's words: `extra.cover_art` -> `Cover art`."""
    names = [name for name in path.split(".") if not name.isdecimal()]
    return (names[-1] if names else "file").replace("_", " ").strip().capitalize()[:100] or "File"


def read_entries(
    files: list[dict[str, Any]],
    known: Callable[[str, str, int], tuple[Asset.Kind, str, int] | None],
) -> list[Found]:
    """Find every URL in `files`; `known(path, url, entry)` names kind, label, order of its own.

    A URL that `known` does not know (None) is a result all the same: kept, after the others; in
    all `MAX_RESULTS` of them.
    """
    found: dict[str, Found] = {}
    # How often a key was wanted: `"bass "` and `"bass_url"` can both come, each with its URL.
    wanted: Counter[str] = Counter()
    seen = set()
    for index, entry in enumerate(files):
        for path, url in urls_in(entry):
            base = f"{entry_id(entry, index)}.{path}"[:290]
            if len(found) >= MAX_RESULTS:
                return list(found.values())
            if (base, url) in seen:
                continue
            seen.add((base, url))
            wanted[base] += 1
            key = base if wanted[base] == 1 else f"{base}#{wanted[base]}"
            kind, label, order = known(path, url, index) or (
                guess_kind(path, url),
                humanize(path),
                1000 + len(found),
            )
            found.setdefault(key, Found(key, kind, label, min(order, 32000), url))
    return list(found.values())


def once(name: str, *ids: str) -> Callable[[dict[str, Any]], str]:
    """Make what names the one result that the API gives of a song, by the ids it wants."""

    def key(given: dict[str, Any]) -> str:
        # Of what song a task was that was brought in, its answer does not tell.
        told = [str(given.get(one) or "") for one in ids]
        return ":".join((name, *told))[:500] if all(told) else ""

    return key
