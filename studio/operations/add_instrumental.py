"""`add-instrumental` (page 003): accompaniment for a voice or melody, in two variations."""

from django import forms

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.forms import MAX_NAME, SoundForm
from studio.operations.making import (
    WEIGHTS,
    MakingForm,
    Way,
    asked_in_ways,
    model,
    styles,
    upload_url,
)


@asked_in_ways
class Form(MakingForm, SoundForm):
    """A sound, what the accompaniment should be like, and the finer controls."""

    always = ("upload_url",)
    ways = {None: Way(("title", "tags", "negative_tags"), (*WEIGHTS, "model", "vocal_gender"))}
    longest_title = MAX_NAME
    field_order = ("title", "tags", "negative_tags")

    title = forms.CharField(
        label="Title",
        max_length=MAX_NAME,
        error_messages={"required": "Give it a title."},
        help_text="Name of the new track.",
    )
    tags = styles("Desired musical styles, such as “relaxing, piano, soothing”.")
    model = model()
    upload_url = upload_url()


operation = Operation(
    name="add-instrumental",
    order=40,
    in_menu=True,
    verb="Add an instrumental",
    noun="Instrumental",
    help="Backing music for your vocal or melody, in two versions.",
    icon="instrumental",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    takes_sound=True,
    takes_stem={"voice": "New backing for this voice"},
    songs_for=songs.FOR_OTHERS,
    made="accompanied",
    stages=songs.STAGES,
)
