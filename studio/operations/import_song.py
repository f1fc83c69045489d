"""A song that the provider made for the team elsewhere, brought in by its `task_id`.

Not one of the API's operations: nothing is sent, the task is only asked for.
"""

from studio.operations import songs
from studio.operations.base import Operation
from studio.operations.forms import OperationForm

operation = Operation(
    model="import-song",
    verb="Bring in a song",
    noun="Song",
    help="A song made elsewhere with the same account.",
    icon="song",
    form=OperationForm,
    read=songs.read,
    read_tracks=songs.read_tracks,
    stages=("Asked for", "Ready"),
)
