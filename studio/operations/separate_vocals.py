"""`separate-vocals`: voice and music of a song that Vidgo wrote.

docs.vidgo.ai/api-manual/music-series/vocal-remover/separate-vocals
"""

from studio.operations import stems
from studio.operations.base import Group, Operation, once
from studio.operations.forms import SongForm

operation = Operation(
    name="separate-vocals",
    order=110,
    verb="Part voice and music",
    noun="Voice and music",
    help="The voice and everything else, as two tracks.",
    icon="stems",
    group=Group.PARTS,
    form=SongForm,
    read=stems.read,
    tells=("separate_vocals",),
    # "Developer Notes": once per audio track.
    once_key=once("separate-vocals", "task_id", "audio_id"),
)
