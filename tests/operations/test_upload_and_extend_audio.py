"""`upload-and-extend-audio`: what its form sends and refuses in each way.

docs.vidgo.ai/api-manual/music-series/upload-and-extend-audio
"""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.once

MODEL = "upload-and-extend-audio"
EXAMPLE = {
    "upload_url": "https://example.com/audio/my-track.mp3",
    "default_param_flag": True,
    "instrumental": False,
    "prompt": "[Verse]\nAnd on it goes",
    "style": "Classical",
    "title": "Peaceful Piano Extended",
    "continue_at": 60,
    "mv": "V5",
}
SIMPLE = {
    "upload_url": EXAMPLE["upload_url"],
    "default_param_flag": False,
    "instrumental": False,
    "mv": "V4_5PLUS",
}
SILENT = {name: value for name, value in EXAMPLE.items() if name != "prompt"}
OPTIONS = {
    "negative_tags": "metal",
    "vocal_gender": "f",
    "style_weight": 0.5,
    "weirdness_constraint": 0,
    "audio_weight": 1,
}
FIELDS = {*EXAMPLE, *OPTIONS, "persona_id"}
WAYS = [EXAMPLE, EXAMPLE | OPTIONS, SIMPLE, SILENT | {"instrumental": True}]
OLD, ALL = EXAMPLE | {"mv": "V4"}, EXAMPLE | {"mv": "V4_5ALL"}
LIMITS = [
    *((OLD, "title", 80), (OLD, "style", 200), (OLD, "prompt", 3000), (ALL, "title", 80)),
    *((EXAMPLE | {"mv": version}, "title", 100) for version in ("V4_5", "V4_5PLUS", "V5")),
    *((EXAMPLE, "style", 1000), (EXAMPLE, "prompt", 5000), (ALL, "prompt", 5000)),
]


def test_as_it_was_sends_nothing_else(submit: Callable[..., Any]) -> None:
    assert submit(MODEL, **{**EXAMPLE, **OPTIONS, **SIMPLE})["input"] == SIMPLE


@pytest.mark.parametrize("field", ["continue_at", "prompt", "style", "title"])
def test_what_is_needed_is_asked_for(refuse: Callable[..., str], field: str) -> None:
    assert f'id="id_{field}_error"' in refuse(MODEL, **{**EXAMPLE, field: ""})
