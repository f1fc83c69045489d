"""What a song's page shows besides the song: other forms of it, and its words in time."""

import re
from dataclasses import dataclass, field
from typing import Any

from studio.models import Asset, Track
from studio.operations import OPERATIONS

# What stands between words: a part's name, or a line's end.
_MARKS = re.compile(r"(\[[^\]\n]*\]|\n)")


@dataclass
class Line:
    """One line of a song: `mark` is the name of the part that begins there, words have seconds."""

    mark: str = ""
    words: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the line as it is read."""
        return " ".join(word["word"] for word in self.words)

    @property
    def start_s(self) -> float:
        """Return the second at which it begins."""
        return float(self.words[0]["start_s"]) if self.words else 0.0


def sung(track: Track) -> list[Line]:
    """Return the words of a song in time, none where they were not made."""
    _, times = belongings(track)
    return lines(times) if times else []


def belongings(track: Track) -> tuple[list[Asset], Asset | None]:
    """Return what was made of `track` that stands on its own page: files, and words in time."""
    ids = {"task_id": track.task.vidgo_id or "", "audio_id": track.audio_id}
    keys = [one.once_key(ids) for one in OPERATIONS.values() if one.is_of_song]
    found = Asset.kept.filter(task__once_key__in=keys).select_related("task").order_by("pk")
    times = next((asset for asset in found if asset.kind == Asset.Kind.TIMES), None)
    return [asset for asset in found if asset.file], times


def lines(times: Asset) -> list[Line]:
    """Return the lines of words in time."""
    found = [Line()]
    for told in (times.data or {}).get("words", ()):
        for piece in _MARKS.split(told["word"]):
            if piece == "\n":
                found.append(Line())
            elif piece.startswith("["):
                found.append(Line(mark=piece.strip("[]")))
            elif piece.strip():
                found[-1].words.append({**told, "word": piece.strip()})
    return [line for line in found if line.words or line.mark]


def lrc(track: Track, times: Asset) -> str:
    """Return the words in time as LRC: a line of text for each line that is sung."""
    sung = (line for line in lines(times) if line.words)
    return f"[ti:{track.title}]\n" + "".join(
        f"[{_stamp(line.start_s)}]{line.text}\n" for line in sung
    )


def _stamp(seconds: float) -> str:
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    return f"{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"
