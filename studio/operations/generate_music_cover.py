"""`generate-music-cover` (page 001): covers of a finished song, pictures or sound as they come."""

from typing import Any

from studio.operations.base import Found, Kind, Operation, guess_kind, joined, read_entries
from studio.operations.forms import SongForm


class Form(SongForm):
    """A song; the cover is of its whole task, so its variations share one."""

    wire = ("task_id",)
    details = ("task_id",)
    needs_audio_id = False


def _known(path: str, url: str, index: int) -> tuple[Kind, str, int] | None:
    names = path.split(".")
    if names[0] not in ("generate_cover", "image"):
        return None
    kind = guess_kind(path, url)
    # Usually all in one entry; one entry each is read in the same order.
    place = index + next((int(name) for name in names if name.isdecimal()), 0)
    # The API's page calls the result a version of the track, its documentation a picture: what
    # the saved file turns out to be decides in the end.
    return (Kind.IMAGE if kind == Kind.FILE else kind, f"Cover {place + 1}", place)


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the covers: `generate_cover`, a JSON array as a string, or the older `image_url`."""
    return read_entries(files, _known)


def once_key(input: dict[str, Any]) -> str:
    """One cover per music task (page 001, "Developer Notes")."""
    return joined(("generate-music-cover", input["task_id"]))


operation = Operation(
    model="generate-music-cover",
    verb="Make a cover",
    noun="Cover",
    help="A new cover of a song that is ready.",
    icon="cover",
    form=Form,
    read=read,
    once_key=once_key,
    sources=("import-song",),
    sources_words="Vidgo makes covers only from songs it wrote or extended.",
)
