"""`upload-and-separate-vocals` (page 004): the stems of a sound."""

from typing import Any

from django import forms

from studio.operations.base import Found, Kind, Operation, read_entries
from studio.operations.forms import SoundForm, SoundURLField

STEMS = ("vocals", "drums", "bass", "guitar", "piano", "other")


class Form(SoundForm):
    """A sound, and which stems to take from it."""

    wire = ("title", "audio_url", "model_name", "output_type")
    more = ("model_name", "output_type")
    details = ("audio_url",)
    url_field = "audio_url"
    several = True

    title = forms.CharField(
        label="Title",
        required=False,
        max_length=200,
        help_text="Title for the separation. Several files keep their own.",
    )
    model_name = forms.ChoiceField(
        label="Quality",
        required=False,
        choices=[
            ("", "Default"),
            ("base", "Standard separation quality"),
            ("enhanced", "Higher quality with better accuracy"),
            ("instrumental", "Optimized for instrumental tracks"),
        ],
        help_text="Separation model to use. Default: standard.",
    )
    output_type = forms.ChoiceField(
        label="Stems",
        required=False,
        choices=[
            ("", "Default"),
            ("general", "All available stems"),
            *[(name, f"{name.capitalize()} only") for name in STEMS],
        ],
        help_text="Which stems to make. Default: all.",
    )
    audio_url = SoundURLField(
        label="audio_url",
        required=False,
        max_length=2048,
        assume_scheme="https",
        help_text="URL of the audio file to upload and separate.",
    )


def _known(path: str, url: str, index: int) -> tuple[Kind, str, int] | None:
    name = path.rsplit(".", 1)[-1]
    return (Kind.STEM, name.capitalize(), STEMS.index(name)) if name in STEMS else None


def read(files: list[dict[str, Any]]) -> list[Found]:
    """Find the stems: `vocal_removal`, a JSON object as a string, keys with blanks or `_url`."""
    return read_entries(files, _known)


operation = Operation(
    model="upload-and-separate-vocals",
    verb="Separate a sound",
    noun="Stems",
    help="Vocals, drums, bass, guitar, piano and the rest, each on its own.",
    icon="stems",
    form=Form,
    read=read,
    takes_sound=True,
)
