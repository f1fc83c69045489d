"""`replace-section`: a part of a song made anew, the rest as it was.

docs.vidgo.ai/api-manual/music-series/replace-section
"""

from typing import Any

from django import forms

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.fields import WordsField
from studio.operations.forms import SongForm, place
from studio.operations.making import MakingForm, Way, asked_in_ways, styles


@asked_in_ways
class Form(MakingForm, SongForm):
    """A song, a stretch of it, and what is to stand there."""

    always = ("task_id", "audio_id")
    ways = {
        None: Way(
            ("infill_start_s", "infill_end_s", "prompt", "tags", "title"),
            ("full_lyrics", "negative_tags"),
        )
    }
    more = ("full_lyrics", "negative_tags")
    field_order = ("infill_start_s", "infill_end_s", "prompt", "tags", "title")

    infill_start_s = place("From")
    infill_end_s = place("To")
    tags = styles()
    full_lyrics = WordsField(
        label="All lyrics",
        max_length=5000,
        widget=forms.Textarea,
        help_text="The words of the whole song as they then are.",
    )

    def clean(self) -> dict[str, Any]:
        """Hold the stretch against the song's length; it ends after it begins."""
        data = super().clean()
        self.hold_within("infill_start_s", "infill_end_s")
        begin, end = data.get("infill_start_s"), data.get("infill_end_s")
        if begin is not None and end is not None and end <= begin:
            self.add_error("infill_end_s", "It ends after it begins.")
        return data


operation = Operation(
    name="replace-section",
    order=100,
    verb="Replace a part",
    noun="New part",
    help="A stretch of the song is made anew, the rest stays.",
    icon="song",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    songs_for=songs.FOR_OTHERS,
    made="changed",
    stages=songs.STAGES,
)
