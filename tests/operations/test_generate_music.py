"""`generate-music`: what its form sends and refuses in each way, and what the sandbox takes.

docs.vidgo.ai/api-manual/music-series/generate-music: of its example only the parameters are known.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.operations import sandbox_takes

pytestmark = pytest.mark.once

MODEL = "generate-music"
EXAMPLE = {
    "custom_mode": True,
    "instrumental": False,
    "mv": "V5",
    "prompt": "[Verse]\nLights along the harbour wall",
    "style": "folk pop, warm",
    "title": "Harbour Lights",
}
SIMPLE = {"custom_mode": False, "instrumental": False, "mv": "V5", "prompt": "A song of harbours"}
WEIGHTS = {"style_weight": 0.65, "weirdness_constraint": 0, "audio_weight": 1}
OPTIONS = {"negative_tags": "metal", "vocal_gender": "f", **WEIGHTS}
FIELDS = {*EXAMPLE, *OPTIONS, "persona_id"}
WAYS = [EXAMPLE, EXAMPLE | OPTIONS, SIMPLE, SIMPLE | {"instrumental": True}]
NEWER = ("V4_5", "V4_5PLUS", "V4_5ALL", "V5")
LIMITS = [
    *((EXAMPLE | {"mv": version}, "title", 80) for version in ("V4", *NEWER)),
    *((EXAMPLE | {"mv": version}, "style", 1000) for version in NEWER),
    *((EXAMPLE | {"mv": version}, "prompt", 5000) for version in NEWER),
    *((EXAMPLE | {"mv": "V4"}, "style", 200), (EXAMPLE | {"mv": "V4"}, "prompt", 3000)),
    (SIMPLE, "prompt", 500),
]


def test_a_described_song_sends_nothing_of_the_other_way(submit: Callable[..., Any]) -> None:
    other = {**EXAMPLE, **OPTIONS, "style": "x" * 2000, "style_weight": "much"}

    assert submit(MODEL, **{**other, **SIMPLE})["input"] == SIMPLE


def test_an_instrumental_has_no_lyrics(submit: Callable[..., Any]) -> None:
    sent = submit(MODEL, **{**EXAMPLE, **OPTIONS, "instrumental": True})["input"]

    silent = {name: value for name, value in EXAMPLE.items() if name != "prompt"}
    assert sent == {**silent, **OPTIONS, "instrumental": True}
    assert sandbox_takes(MODEL, sent)


@pytest.mark.parametrize("field", ["prompt", "style", "title"])
def test_what_is_needed_is_asked_for_and_the_rest_kept(
    refuse: Callable[..., str], field: str
) -> None:
    page = refuse(MODEL, **{**EXAMPLE, field: " "})

    assert f'id="id_{field}_error"' in page
    assert all(str(EXAMPLE[name]) in page for name in {"prompt", "style", "title"} - {field})
    assert not sandbox_takes(
        MODEL, {name: value for name, value in EXAMPLE.items() if name != field}
    )


@pytest.mark.parametrize("field", ["custom_mode", "mv"])
@pytest.mark.parametrize("value", ["", "V9", "yes"])
def test_a_choice_that_is_none_is_refused(
    refuse: Callable[..., str], field: str, value: str
) -> None:
    assert f'id="id_{field}_error"' in refuse(MODEL, **{**EXAMPLE, field: value})
