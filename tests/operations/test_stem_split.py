"""`stem-split`: what its form sends, and how its answer is read.

docs.vidgo.ai/api-manual/music-series/vocal-remover/stem-split
"""

import json
from collections.abc import Callable

import pytest

from studio import operations

pytestmark = pytest.mark.once

MODEL = "stem-split"
EXAMPLE = {"task_id": "5c79xxxxbe8e", "audio_id": "e231xxxx-xxxx-xxxx-xxxx-xxxx8cadc7dc"}
FIELDS = {*EXAMPLE}
AT = "https://cdn.example.com/"
NAMES = [
    *("backing_vocals", "bass", "brass", "drums", "fx", "guitar", "keyboard", "percussion"),
    *("piano", "strings", "synth", "vocals", "woodwinds"),
]


@pytest.mark.parametrize("pack", [dict, json.dumps])
def test_all_thirteen_are_stems_the_usual_six_first(pack: Callable[..., object]) -> None:
    told = {f"{name}_url": AT + name for name in NAMES} | {"origin_url": None, "other_url": ""}

    found = operations.get(MODEL).read([{"stem_split": pack(told)}])

    assert {one.kind for one in found} == {"stem"}
    labels = [one.label for one in sorted(found, key=lambda one: one.order)]
    assert labels[:5] == ["Vocals", "Drums", "Bass", "Guitar", "Piano"]
    assert len(labels) == 13
    assert "Backing vocals" in labels
