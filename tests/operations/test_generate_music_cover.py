"""`generate-music-cover`: what its form sends and refuses (API page 001)."""

from collections.abc import Callable
from typing import Any

import pytest

from studio.models import Task
from tests.recorder import body

pytestmark = pytest.mark.once

MODEL = "generate-music-cover"
EXAMPLE = body(f"submit-{MODEL}")["input"]
FIELDS = {"task_id"}


def test_the_body_equals_the_pages_example(submit: Callable[..., Any]) -> None:
    example = body(f"submit-{MODEL}")

    sent = submit(MODEL, **example["input"])

    assert sent.pop("callback_url").startswith(example.pop("callback_url") + "/")
    assert sent == example


def test_the_chosen_song_gives_its_task_id_alone(submit: Callable[..., Any], song: Task) -> None:
    sent = submit(MODEL, track=song.tracks.get().pk)

    assert sent["input"] == {"task_id": song.vidgo_id}


def test_a_form_without_a_song_is_refused(refuse: Callable[..., str]) -> None:
    assert "Choose a song." in refuse(MODEL, task_id="  ")
