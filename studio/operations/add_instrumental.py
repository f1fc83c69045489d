"""`add-instrumental` (page 003): accompaniment for a voice or melody, in two variations."""

from django import forms

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.forms import SoundForm, SoundURLField, weight

GENDERS = [("", "No preference"), ("m", "Male"), ("f", "Female")]


class Form(SoundForm):
    """A sound, what the accompaniment should be like, and the finer controls."""

    wire = (
        "upload_url",
        "title",
        "tags",
        "negative_tags",
        "model",
        "vocal_gender",
        "style_weight",
        "weirdness_constraint",
        "audio_weight",
    )
    more = ("model", "vocal_gender", "style_weight", "weirdness_constraint", "audio_weight")
    details = ("upload_url",)
    url_field = "upload_url"

    title = forms.CharField(
        label="Title", max_length=200, help_text="Name for the generated track."
    )
    tags = forms.CharField(
        label="Styles",
        max_length=1000,
        help_text="Desired musical styles, such as “relaxing, piano, soothing”.",
        widget=forms.TextInput(attrs={"data-tags": ""}),
    )
    negative_tags = forms.CharField(
        label="Styles to leave out",
        max_length=1000,
        help_text="Styles to exclude, such as “heavy metal, fast drums”.",
        widget=forms.TextInput(attrs={"data-tags": ""}),
    )
    model = forms.ChoiceField(
        label="Model",
        required=False,
        choices=[("", "Default"), *[(name, name) for name in ("V4_5PLUS", "V5")]],
        help_text="V5: superior musical expressiveness with faster generation. "
        "V4_5PLUS: enhanced tonal richness (default).",
    )
    vocal_gender = forms.ChoiceField(
        label="Vocal gender",
        required=False,
        choices=GENDERS,
        help_text="Makes this gender more probable, but cannot guarantee it.",
    )
    style_weight = weight("Style", "Strength of adherence to style, from 0 to 1.")
    weirdness_constraint = weight("Weirdness", "Controls creative deviation, from 0 to 1.")
    audio_weight = weight("Audio", "Balance weight for audio features, from 0 to 1.")
    upload_url = SoundURLField(
        label="upload_url",
        required=False,
        max_length=2048,
        assume_scheme="https",
        help_text="URL of the audio file to process.",
    )


operation = Operation(
    model="add-instrumental",
    verb="Add an instrumental",
    noun="Instrumental",
    help="Backing music for a voice or a melody, in two variations.",
    icon="instrumental",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    takes_sound=True,
    stages=("Sent", "Words written", "First variation", "Ready"),
)
