"""`upload-and-extend-audio`: a recording that goes on.

docs.vidgo.ai/api-manual/music-series/upload-and-extend-audio
"""

from typing import Any

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.forms import SoundForm, place
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
    """A sound, and how it goes on."""

    always = ("upload_url", "default_param_flag", "instrumental", "mv")
    way_field = "default_param_flag"
    ways = {False: Way(), True: Way(("continue_at", "prompt", "title", "style"), OPTIONS)}
    field_order = ("default_param_flag", "continue_at", "prompt", "instrumental", "title", "style")

    default_param_flag = mode("How", "As it was", "With my own words and styles")
    continue_at = place("Go on from")
    upload_url = upload_url()

    def clean(self) -> dict[str, Any]:
        """Hold the place against the sound's length."""
        data = super().clean()
        self.hold_within("continue_at", is_inside=True)
        return data


operation = Operation(
    name="upload-and-extend-audio",
    order=80,
    verb="Go on from a recording",
    noun="Continuation",
    help="Your recording goes on in its own style, or in yours.",
    icon="song",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    takes_sound=True,
    is_for_recordings=True,
    songs_for=songs.FOR_UPLOADED,
    made="extended",
    stages=songs.STAGES,
)
