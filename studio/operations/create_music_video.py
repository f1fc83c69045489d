"""`create-music-video` (page 000): an MP4 with the song's sound and a moving picture."""

from typing import Any

from django import forms

from studio.operations.base import Found, Group, Kind, Operation, once, read_entries
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


def _known(path: str, url: str, index: int) -> tuple[Kind, str, int] | None:
    label = f"Video {index + 1}" if index else "Video"
    return (Kind.VIDEO, label, index) if path == "video" else None


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the videos: each entry's `video_url`."""
    return read_entries(files, _known)


operation = Operation(
    name="create-music-video",
    order=10,
    in_menu=True,
    verb="Make a music video",
    noun="Music video",
    help="A video for your song, ready to share.",
    icon="video",
    group=Group.SHOW,
    form=Form,
    read=read,
    tells=("video",),
    # 000, "Developer Notes": one video per audio track.
    once_key=once("create-music-video", "task_id", "audio_id"),
)
