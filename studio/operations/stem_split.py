"""`stem-split`: up to thirteen stems of a song that Vidgo wrote.

docs.vidgo.ai/api-manual/music-series/vocal-remover/stem-split
"""

from studio.operations import stems
from studio.operations.base import Group, Operation, once
from studio.operations.forms import SongForm

operation = Operation(
    name="stem-split",
    order=120,
    verb="Split into all its stems",
    noun="All stems",
    help="Every voice and instrument that is in it, up to thirteen.",
    icon="stems",
    group=Group.PARTS,
    form=SongForm,
    read=stems.read,
    tells=("stem_split",),
    # "Developer Notes": once per audio track.
    once_key=once("stem-split", "task_id", "audio_id"),
)
