"""How the stems of a sound are read, whichever operation has made them."""

from typing import Any

from studio.operations.base import Found, Kind, guess_kind, humanize, read_entries

# Those that come first, in this order.
STEMS = ("vocals", "drums", "bass", "guitar", "piano", "other")
# What the entries hold: a JSON object as a string, or already decoded.
_FIELDS = {"vocal_removal", "separate_vocals", "stem_split"}
_NAMES = {"vocal": "Vocals", "fx": "Effects"}


def _known(path: str, url: str, index: int) -> tuple[Kind, str, int] | None:
    parents, _, name = path.rpartition(".")
    if name in STEMS:
        return Kind.STEM, name.capitalize(), STEMS.index(name)
    is_sound = guess_kind(name, url) not in (Kind.IMAGE, Kind.VIDEO)
    if _FIELDS & {*parents.split(".")} and is_sound:
        # After the six, in the order in which they come.
        return Kind.STEM, _NAMES.get(name) or humanize(name), len(STEMS)
    return None


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the stems; keys come with blanks or `_url`.

    Six are named; any sound beside them is a stem as well (vidgo-api.md, "`files`, by operation").
    """
    return read_entries(files, _known)
