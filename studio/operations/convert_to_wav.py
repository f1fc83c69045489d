"""`convert-to-wav` (docs.vidgo.ai/api-manual/music-series/convert-to-wav): a song as WAV."""

from typing import Any

from studio.operations.base import Found, Group, Kind, Operation, once, read_entries
from studio.operations.forms import SongForm


def _known(path: str, url: str, index: int) -> tuple[Kind, str, int] | None:
    return (Kind.AUDIO, "WAV", index) if path == "wav" else None


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the file: `wav_url`."""
    return read_entries(files, _known)


operation = Operation(
    name="convert-to-wav",
    order=130,
    verb="Get it as WAV",
    noun="WAV",
    help="The song without loss, for whoever goes on working with it.",
    icon="download",
    group=Group.PARTS,
    form=SongForm,
    read=read,
    tells=("wav",),
    # "Developer Notes": once per audio track.
    once_key=once("convert-to-wav", "task_id", "audio_id"),
    is_of_song=True,
)
