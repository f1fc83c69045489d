"""`upload-and-separate-vocals` (page 004): the stems of a sound."""

from typing import Any

from django import forms

from studio.operations import stems
from studio.operations.base import Group, Operation
from studio.operations.forms import MAX_NAME, SoundForm, SoundURLField
from studio.operations.stems import STEMS


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
        max_length=MAX_NAME,
        help_text="Name of the stems. With several files, each keeps its own title.",
    )
    model_name = forms.ChoiceField(
        label="Quality",
        required=False,
        choices=[
            ("", "Vidgo’s own choice (standard)"),
            ("base", "Standard"),
            ("enhanced", "High"),
            ("instrumental", "For instrumentals"),
        ],
    )
    output_type = forms.ChoiceField(
        label="Stems",
        required=False,
        choices=[
            ("", "Vidgo’s own choice (all)"),
            ("general", "All stems"),
            *[(name, f"{name.capitalize()} only") for name in STEMS],
        ],
    )
    audio_url = SoundURLField(
        label="audio_url",
        required=False,
        max_length=2048,
        assume_scheme="https",
        help_text="URL of the audio file to upload and separate.",
    )

    def clean(self) -> dict[str, Any]:
        """Hold the sound against the length that Vidgo takes."""
        data = super().clean()
        self.hold_length()
        return data


operation = Operation(
    name="upload-and-separate-vocals",
    order=50,
    in_menu=True,
    verb="Split a song into stems",
    noun="Stems",
    help="Vocals, drums, bass, guitar, piano and everything else as separate tracks.",
    icon="stems",
    group=Group.PARTS,
    form=Form,
    read=stems.read,
    tells=("vocal_removal",),
    takes_sound=True,
    many="Split {} songs",
)
