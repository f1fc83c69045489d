"""A song that the provider made for the team elsewhere, brought in by its `task_id`.

Not one of the API's operations: nothing is sent, the task is only asked for.
"""

from studio.operations import songs
from studio.operations.base import IMPORTED, Operation
from studio.operations.forms import OperationForm

operation = Operation(
    name=IMPORTED,
    verb="Bring in a song",
    noun="Song",
    help="A song made elsewhere with the same account.",
    icon="song",
    form=OperationForm,
    read=songs.read,
    read_tracks=songs.read_tracks,
    # What made it, only Vidgo knows: what it may be used for is left to Vidgo.
    songs_for=songs.FOR_WRITTEN,
    made="wrote",
    stages=("Asked for", "Making", "Ready"),
)
