"""The registry. Adding an operation is one module, one line here, one test file."""

from studio.operations import (
    add_instrumental,
    create_music_video,
    generate_music_cover,
    generate_persona,
    import_song,
    upload_and_separate_vocals,
)
from studio.operations.base import Operation

# What a musician can ask for, in the order of the menu.
OPERATIONS: dict[str, Operation] = {
    module.operation.model: module.operation
    for module in (
        create_music_video,
        generate_music_cover,
        generate_persona,
        add_instrumental,
        upload_and_separate_vocals,
    )
}
IMPORT = import_song.operation
_ALL = {**OPERATIONS, IMPORT.model: IMPORT}


def get(model: str) -> Operation:
    """Give the operation named `model`. Raises KeyError for a name nobody knows."""
    return _ALL[model]
