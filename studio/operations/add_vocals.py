"""`add-vocals` (docs.vidgo.ai/api-manual/music-series/add-vocals): a voice for an instrumental."""

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.forms import SoundForm
from studio.operations.making import (
    WEIGHTS,
    MakingForm,
    Way,
    asked_in_ways,
    model,
    upload_url,
)


@asked_in_ways
class Form(MakingForm, SoundForm):
    """An instrumental, and what is to be sung to it."""

    always = ("upload_url",)
    ways = {
        None: Way(
            ("prompt", "title", "style", "negative_tags"), (*WEIGHTS, "model", "vocal_gender")
        )
    }
    field_order = ("prompt", "title", "style", "negative_tags")

    model = model()
    upload_url = upload_url()


operation = Operation(
    name="add-vocals",
    order=90,
    verb="Add a voice",
    noun="Vocals",
    help="Somebody sings to your instrumental.",
    icon="persona",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    takes_sound=True,
    takes_stem={"backing": "A voice for this backing"},
    songs_for=songs.FOR_OTHERS,
    made="sang to",
    stages=songs.STAGES,
)
