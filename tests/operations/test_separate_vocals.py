"""`separate-vocals`: what its form sends, and how its answer is read.

docs.vidgo.ai/api-manual/music-series/vocal-remover/separate-vocals
"""

import json
from collections.abc import Callable

import pytest

from studio import operations

pytestmark = pytest.mark.once

MODEL = "separate-vocals"
EXAMPLE = {"task_id": "5c79xxxxbe8e", "audio_id": "e231xxxx-xxxx-xxxx-xxxx-xxxx8cadc7dc"}
FIELDS = {*EXAMPLE}
AT = "https://cdn.example.com/"


@pytest.mark.parametrize("pack", [dict, json.dumps])
@pytest.mark.parametrize("field", ["separate_vocals", "vocal_removal"])
@pytest.mark.parametrize("names", [("vocal_url", "instrumental_url"), ("vocal ", "instrumental ")])
def test_voice_and_music_are_stems(
    pack: Callable[..., object], field: str, names: tuple[str, str]
) -> None:
    found = operations.get(MODEL).read([{field: pack({name: AT + name for name in names})}])

    assert [(one.kind, one.label) for one in found] == [
        ("stem", "Vocals"),
        ("stem", "Instrumental"),
    ]
