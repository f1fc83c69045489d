"""`extend-music` (docs.vidgo.ai/api-manual/music-series/extend-music): a song that goes on.

As it was, with nothing more to say, or from a place of one's own with other words and styles.
"""

from typing import Any

from django import forms

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.forms import SongForm, place
from studio.operations.making import (
    OPTIONS,
    VERSIONS,
    WEIGHTS,
    MakingForm,
    Way,
    asked_in_ways,
    mode,
    version_of,
)


@asked_in_ways
class Form(MakingForm, SongForm):
    """A song, and how it goes on; the API names it by its `audio_id` alone."""

    ids = ("audio_id",)
    always = ("default_param_flag", "audio_id", "mv")
    way_field = "default_param_flag"
    ways = {False: Way(), True: Way(("continue_at", "prompt", "title", "style"), OPTIONS)}
    # The version is not among them: a song made elsewhere cannot do without.
    more = ("vocal_gender", *WEIGHTS)
    field_order = ("default_param_flag", "continue_at", "prompt", "title", "style", "mv")

    default_param_flag = mode("How", "As it was", "With other words and styles")
    continue_at = place("Go on from")
    mv = forms.ChoiceField(
        label="Version",
        required=False,
        choices=[("", "The song’s own"), *VERSIONS],
        help_text="An imported song needs one chosen: with which it was made is not known here.",
    )

    def clean(self) -> dict[str, Any]:
        """Hold the place against the song's length."""
        data = super().clean()
        self.hold_within("continue_at", is_inside=True)
        return data

    def version(self, data: dict[str, Any]) -> str:
        """Return the version of the song, which is the extension's unless another is chosen."""
        track = data.get("track")
        if not data.get("mv") and "mv" not in self.errors:
            data["mv"] = version_of(track.task) if track else ""
            if not data["mv"]:
                self.add_error("mv", "Choose one: with which this song was made is not known here.")
        return super().version(data)


operation = Operation(
    name="extend-music",
    order=60,
    verb="Extend",
    noun="Extension",
    help="The song goes on, from its end or from a place that you choose.",
    icon="song",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    songs_for=songs.FOR_WRITTEN,
    made="extended",
    stages=songs.STAGES,
)
