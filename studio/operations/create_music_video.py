"""`create-music-video` (page 000): an MP4 with the song's sound and a moving picture."""

from typing import Any

from django import forms

from studio.operations.base import Found, Kind, Operation, joined, read_entries
from studio.operations.forms import SongForm


class Form(SongForm):
    """A song, and what to write on its video."""

    wire = ("task_id", "audio_id", "author", "domain_name")
    details = ("task_id", "audio_id")

    author = forms.CharField(
        label="Artist",
        required=False,
        max_length=50,
        help_text="Artist or creator name displayed on the video cover. Maximum 50 characters.",
    )
    domain_name = forms.CharField(
        label="Website or brand",
        required=False,
        max_length=50,
        help_text="Watermark displayed at the bottom of the video. Maximum 50 characters.",
    )
    audio_id = forms.CharField(
        label="audio_id",
        required=False,
        max_length=200,
        help_text="Specific audio track identifier from the callback data.",
    )


def _known(path: str, url: str, index: int) -> tuple[Kind, str, int] | None:
    return (Kind.VIDEO, "Video", index) if path == "video" else None


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the videos: each entry's `video_url`."""
    return read_entries(files, _known)


def once_key(input: dict[str, Any]) -> str:
    """One video per audio track (page 000, "Developer Notes")."""
    return joined(("create-music-video", input["task_id"], input["audio_id"]))


operation = Operation(
    model="create-music-video",
    verb="Make a music video",
    noun="Music video",
    help="A moving picture to your song, ready to share.",
    icon="video",
    form=Form,
    read=read,
    once_key=once_key,
    sources=("import-song",),
    sources_words="Vidgo makes videos only from songs it wrote or extended.",
)
