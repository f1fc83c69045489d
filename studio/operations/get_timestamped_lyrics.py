"""`get-timestamped-lyrics`: when each word of a song is sung.

docs.vidgo.ai/api-manual/music-series/get-timestamped-lyrics
"""

from typing import Any

from studio.models import Track
from studio.operations.base import Found, Group, Kind, Operation, once, read_entries
from studio.operations.forms import SongForm
from studio.vidgo.payloads import decoded, number, whole_text

# Words of a song that are kept, and characters of each.
MAX_WORDS, MAX_WORD = 5000, 200


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the words: `timestampe_lyrics`, JSON as a string or an object; names vary as well."""
    found = []
    for index, entry in enumerate(files):
        values = (decoded(v) for k, v in entry.items() if k.startswith("timestamp"))
        told = next((value for value in values if isinstance(value, dict | list)), entry)
        aligned = told if isinstance(told, list) else _first(told, "aligned_words", "alignedWords")
        words = [w for one in aligned or () if (w := _word(one))] if aligned else []
        if words:
            data = {"words": words[:MAX_WORDS]}
            key, label = f"{index}.timestampe_lyrics", "Words in time"
            found.append(Found(key, Kind.TIMES, label, index, data=data))
    return found + read_entries(files, lambda *_: None)


def _first(told: Any, *names: str) -> Any:
    values = [told.get(name) for name in names] if isinstance(told, dict) else []
    return next((value for value in values if value is not None), None)


def _word(one: Any) -> dict[str, Any] | None:
    """Return a word with its seconds, None for what has none: it was not found in the song."""
    start = number(_first(one, "start_s", "startS"))
    end = number(_first(one, "end_s", "endS"))
    word = whole_text(_first(one, "word"))[:MAX_WORD]
    if start is None or end is None or not word.strip():
        return None
    return {"word": word, "start_s": start, "end_s": max(end, start)}


def refuses(track: Track) -> str:
    """Return why a song has no words to be timed, "" where it may have."""
    silent = track.task.input.get("instrumental") is True
    return "Nobody sings in it." if silent or track.prompt.strip() == "[Instrumental]" else ""


operation = Operation(
    name="get-timestamped-lyrics",
    order=140,
    verb="Words in time",
    noun="Words in time",
    help="Which word is sung when: to read along, and as LRC for players.",
    icon="song",
    group=Group.SHOW,
    form=SongForm,
    read=read,
    tells=("timestampe_lyrics", "aligned_words"),
    refuses=refuses,
    # The words of a song stay the same: they are paid for once.
    once_key=once("get-timestamped-lyrics", "task_id", "audio_id"),
    is_of_song=True,
)
