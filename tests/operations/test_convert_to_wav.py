"""`convert-to-wav`: what its form sends, and how its answer is read.

docs.vidgo.ai/api-manual/music-series/convert-to-wav
"""

import pytest

from studio import operations

pytestmark = pytest.mark.once

MODEL = "convert-to-wav"
EXAMPLE = {"task_id": "5c79xxxxbe8e", "audio_id": "e231xxxx-xxxx-xxxx-xxxx-xxxx8cadc7dc"}
FIELDS = {*EXAMPLE}
AT = "https://cdn.example.com/"


def test_the_file_is_found_whatever_stands_beside_it() -> None:
    found = operations.get(MODEL).read([{"wav_url ": AT + "song.wav", "task": None}])

    assert [(one.kind, one.label, one.url) for one in found] == [("audio", "WAV", AT + "song.wav")]
