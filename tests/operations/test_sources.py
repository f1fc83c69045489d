"""The table of sources: which operation may start from which songs, each row with its page."""

import pytest

from studio import operations
from vidgo_sandbox.operations import OPERATIONS as SANDBOX

pytestmark = pytest.mark.once

WRITTEN = {"generate-music", "extend-music"}
UPLOADED = {"upload-and-cover-audio", "upload-and-extend-audio"}
OTHERS = {"add-instrumental", "add-vocals", "replace-section"}
SOURCES = {
    # 000: "Generate Music or Extend Music".
    "create-music-video": WRITTEN,
    # 001: "the Generate Music or Extend Music endpoints".
    "generate-music-cover": WRITTEN,
    # 002: "Generate, Extend, Upload Cover, or Upload Extend".
    "generate-persona": WRITTEN | UPLOADED,
    # docs.vidgo.ai/api-manual/music-series/vocal-remover/separate-vocals: "Generate Music or Extend
    # Music", as in the two below it.
    "separate-vocals": WRITTEN,
    # …/vocal-remover/stem-split
    "stem-split": WRITTEN,
    # …/convert-to-wav
    "convert-to-wav": WRITTEN,
    # …/get-timestamped-lyrics: "a completed music generation task with vocals".
    "get-timestamped-lyrics": WRITTEN | UPLOADED | OTHERS,
    # …/extend-music: "a previously generated track".
    "extend-music": WRITTEN | UPLOADED | OTHERS,
    # …/replace-section: "a completed music generation".
    "replace-section": WRITTEN | UPLOADED | OTHERS,
}
GIVERS = [name for name in operations.OPERATIONS if name in WRITTEN | UPLOADED | OTHERS]


def expected(giver: str) -> set[str]:
    """Return what may start from a song of `giver`."""
    return {name for name, sources in SOURCES.items() if giver in sources}


@pytest.mark.parametrize("giver", GIVERS)
def test_the_studio_knows_what_its_songs_are_good_for(giver: str) -> None:
    operation = operations.get(giver)

    assert set(operation.songs_for) == expected(giver)
    assert operation.made


@pytest.mark.parametrize("giver", GIVERS)
def test_the_sandbox_takes_the_same(giver: str) -> None:
    assert set(SANDBOX[giver].songs_for) == expected(giver)


def test_a_song_that_was_brought_in_may_be_used_for_all_of_it() -> None:
    # What made it, only Vidgo knows.
    assert set(operations.IMPORT.songs_for) == SOURCES.keys()


@pytest.mark.parametrize("name", sorted(operations.OPERATIONS.keys() - set(GIVERS)))
def test_what_gives_no_songs_is_no_source(name: str) -> None:
    assert operations.get(name).songs_for == SANDBOX[name].songs_for == ()
