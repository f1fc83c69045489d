"""`upload-and-cover-audio`: the melody of a recording or song in another style.

docs.vidgo.ai/api-manual/music-series/upload-and-cover-audio
"""

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.forms import SoundForm
from studio.operations.making import (
    OPTIONS,
    MakingForm,
    Way,
    asked_in_ways,
    mode,
    upload_url,
)


@asked_in_ways
class Form(MakingForm, SoundForm):
    """A sound, and what it is to become."""

    always = ("upload_url", "custom_mode", "instrumental", "mv")
    way_field = "custom_mode"
    ways = {
        False: Way(("prompt",), OPTIONS, is_sung=False),
        True: Way(("title", "style", "prompt"), OPTIONS),
    }
    field_order = ("custom_mode", "prompt", "instrumental", "title", "style")

    custom_mode = mode("How", "Describe it", "Write it")
    upload_url = upload_url()


operation = Operation(
    name="upload-and-cover-audio",
    order=70,
    verb="Another style",
    noun="New style",
    help="The melody stays, the style is new.",
    icon="instrumental",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    takes_sound=True,
    songs_for=songs.FOR_UPLOADED,
    made="covered",
    stages=songs.STAGES,
)
