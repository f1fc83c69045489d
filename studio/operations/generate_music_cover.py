"""`generate-music-cover` (page 001): covers of a finished song, pictures or sound as they come."""

from typing import Any

from studio.operations.base import Found, Group, Kind, Operation, guess_kind, once, read_entries
from studio.operations.forms import SongForm


class Form(SongForm):
    """A song; the cover is of its whole task, so its variations share one."""

    wire = ("task_id",)
    details = ("task_id",)
    ids = ("task_id",)


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


operation = Operation(
    name="generate-music-cover",
    order=20,
    in_menu=True,
    verb="Make a cover",
    noun="Cover",
    help="A cover of a finished song.",
    icon="cover",
    group=Group.SHOW,
    form=Form,
    read=read,
    tells=("generate_cover",),
    # 001, "Developer Notes": one cover per music task.
    once_key=once("generate-music-cover", "task_id"),
)
