"""`upload-and-cover-audio`: what its form sends and refuses in each way.

docs.vidgo.ai/api-manual/music-series/upload-and-cover-audio
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from studio.models import Upload

pytestmark = pytest.mark.once

MODEL = "upload-and-cover-audio"
EXAMPLE = {
    "upload_url": "https://example.com/audio/my-track.mp3",
    "prompt": "Transform into an upbeat electronic dance version",
    "style": "EDM, Electronic",
    "title": "Dance Remix",
    "custom_mode": True,
    "instrumental": False,
    "mv": "V5",
    "negative_tags": "Slow, Sad",
    "style_weight": 0.8,
}
SIMPLE = {
    **{name: EXAMPLE[name] for name in ("upload_url", "prompt", "mv")},
    "custom_mode": False,
    "instrumental": True,
    "audio_weight": 0.5,
}
SILENT = {name: value for name, value in EXAMPLE.items() if name != "prompt"}
FIELDS = {*EXAMPLE, "vocal_gender", "weirdness_constraint", "audio_weight", "persona_id"}
WAYS = [EXAMPLE, SIMPLE, SILENT | {"instrumental": True}]
OLD, ALL = EXAMPLE | {"mv": "V4"}, EXAMPLE | {"mv": "V4_5ALL"}
LIMITS = [
    *((OLD, "title", 80), (OLD, "style", 200), (OLD, "prompt", 3000), (ALL, "title", 80)),
    *((EXAMPLE | {"mv": version}, "title", 100) for version in ("V4_5", "V4_5PLUS", "V5")),
    *((EXAMPLE, "style", 1000), (EXAMPLE, "prompt", 5000), (ALL, "prompt", 5000)),
    (SIMPLE, "prompt", 500),
]


def test_a_described_style_sends_nothing_of_the_other_way(submit: Callable[..., Any]) -> None:
    typed = {**EXAMPLE, **SIMPLE, "negative_tags": "", "style_weight": ""}

    assert submit(MODEL, **typed)["input"] == SIMPLE


@pytest.mark.parametrize(
    ("version", "seconds", "is_taken"),
    [("V4_5ALL", 60.0, True), ("V4_5ALL", 60.5, False), ("V5", 60.5, True), ("V5", 480.5, False)],
)
def test_each_version_says_how_long_a_sound_it_takes(
    signed_in: Client, version: str, seconds: float, is_taken: bool
) -> None:
    upload = Upload.objects.create(
        name="x",
        title="x",
        content_type="audio/mpeg",
        size=1,
        sha256="1",
        duration=seconds,
    )
    form = {**EXAMPLE, "custom_mode": "true", "instrumental": "", "upload_url": ""}

    answer = signed_in.post(f"/new/{MODEL}/", {**form, "upload": upload.pk, "mv": version})

    assert answer.status_code == (302 if is_taken else 200)
    assert ('id="id_mv_error"' in answer.content.decode()) != is_taken
