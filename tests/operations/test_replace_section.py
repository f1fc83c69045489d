"""`replace-section`: what its form sends and refuses.

docs.vidgo.ai/api-manual/music-series/replace-section
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from studio.models import Task

pytestmark = pytest.mark.once

MODEL = "replace-section"
EXAMPLE = {
    "task_id": "5c79xxxxbe8e",
    "audio_id": "e231xxxx-xxxx-xxxx-xxxx-xxxx8cadc7dc",
    "prompt": "A powerful chorus with soaring vocals",
    "tags": "pop, upbeat",
    "title": "Summer Dreams",
    "infill_start_s": 30,
    "infill_end_s": 60,
}
OPTIONS = {"negative_tags": "metal", "full_lyrics": "[Verse]\nAll of it"}
FIELDS = {*EXAMPLE, *OPTIONS}
WAYS = [EXAMPLE, EXAMPLE | OPTIONS | {"infill_start_s": 0, "infill_end_s": 0.01}]
SHORT = {"infill_start_s": 0.25, "infill_end_s": 0.75}
LIMITS = [
    *((EXAMPLE, "title", 100), (EXAMPLE, "tags", 1000)),
    *((EXAMPLE, "prompt", 5000), (EXAMPLE, "full_lyrics", 5000)),
]


@pytest.mark.parametrize("field", [name for name in EXAMPLE if not name.endswith("_id")])
def test_what_is_needed_is_asked_for(refuse: Callable[..., str], field: str) -> None:
    assert f'id="id_{field}_error"' in refuse(MODEL, **{**EXAMPLE, field: ""})


@pytest.mark.parametrize(
    ("begin", "end", "field"),
    [
        ("0", "61.5", ""),
        ("0", "61.61", "infill_end_s"),
        ("61.49", "61.5", ""),
        ("30", "30", "infill_end_s"),
        ("30", "29.99", "infill_end_s"),
        ("-1", "30", "infill_start_s"),
        ("1.005", "30", "infill_start_s"),
        ("0:30", "1:01.25", ""),
    ],
)
def test_a_stretch_lies_within_the_song_and_ends_after_it_begins(
    signed_in: Client, song: Task, begin: str, end: str, field: str
) -> None:
    form: dict[str, Any] = {**EXAMPLE, "task_id": "", "audio_id": ""}
    form |= {"track": song.tracks.get().pk, "infill_start_s": begin, "infill_end_s": end}

    answer = signed_in.post(f"/new/{MODEL}/", form)

    assert answer.status_code == (200 if field else 302)
    assert not field or f'id="id_{field}_error"' in answer.content.decode()


def test_an_end_as_it_was_measured_is_the_end_that_vidgo_tells(
    submit: Callable[..., Any], song: Task
) -> None:
    form: dict[str, Any] = {**EXAMPLE, "task_id": "", "audio_id": ""}
    form |= {"track": song.tracks.get().pk, "infill_start_s": "60", "infill_end_s": "61.6"}

    assert submit(MODEL, **form)["input"]["infill_end_s"] == 61.5
