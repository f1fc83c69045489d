"""`generate-music` (docs.vidgo.ai/api-manual/music-series/generate-music): a song out of an idea.

Described in a sentence, or written out with its styles and lyrics.
"""

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.making import OPTIONS, MakingForm, Way, asked_in_ways, mode


@asked_in_ways
class Form(MakingForm):
    """An idea, or all that a song is made of."""

    always = ("custom_mode", "instrumental", "mv")
    way_field = "custom_mode"
    ways = {
        False: Way(("prompt",), is_sung=False),
        True: Way(("title", "style", "prompt"), OPTIONS),
    }
    longest_title = 80
    field_order = ("custom_mode", "prompt", "instrumental", "title", "style")

    custom_mode = mode("How", "Describe it", "Write it")


operation = Operation(
    name="generate-music",
    order=5,
    in_menu=True,
    verb="New song",
    noun="New song",
    help="A song from a sentence, or from your own lyrics and styles.",
    icon="song",
    form=Form,
    read=songs.read,
    read_tracks=songs.read_tracks,
    songs_for=songs.FOR_WRITTEN,
    made="wrote",
    stages=songs.STAGES,
)
