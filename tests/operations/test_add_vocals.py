"""`add-vocals`: what its form sends and refuses.

docs.vidgo.ai/api-manual/music-series/add-vocals
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.once

MODEL = "add-vocals"
EXAMPLE = {
    "upload_url": "https://storage.example.com/instrumental.mp3",
    "prompt": "A heartfelt ballad about love and memories",
    "title": "Memories of You",
    "style": "Pop Ballad",
    "negative_tags": "rap, heavy metal",
}
OPTIONS = {
    "model": "V5",
    "vocal_gender": "f",
    "style_weight": 0.5,
    "weirdness_constraint": 0,
    "audio_weight": 1,
}
FIELDS = {*EXAMPLE, *OPTIONS}
WAYS = [EXAMPLE, EXAMPLE | OPTIONS]
LIMITS = [(EXAMPLE, "title", 100), (EXAMPLE, "style", 1000), (EXAMPLE, "prompt", 5000)]


@pytest.mark.parametrize("field", ["prompt", "title", "style", "negative_tags"])
def test_what_is_needed_is_asked_for(refuse: Callable[..., str], field: str) -> None:
    assert f'id="id_{field}_error"' in refuse(MODEL, **{**EXAMPLE, field: ""})
