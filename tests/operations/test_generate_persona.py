"""`generate-persona`: what its form sends and refuses (API page 002)."""

from collections.abc import Callable
from typing import Any

import pytest

from studio.models import Task
from tests.recorder import body

pytestmark = pytest.mark.once

MODEL = "generate-persona"
EXAMPLE = body(f"submit-{MODEL}")["input"]
FIELDS = {"task_id", "audio_id", "name", "description"}


def test_the_body_equals_the_pages_example(submit: Callable[..., Any]) -> None:
    example = body(f"submit-{MODEL}")

    sent = submit(MODEL, **example["input"])

    assert sent.pop("callback_url").startswith(example.pop("callback_url") + "/")
    assert sent == example


def test_the_chosen_songs_ids_are_sent(submit: Callable[..., Any], song: Task) -> None:
    track = song.tracks.get()

    sent = submit(MODEL, track=track.pk, name="Ann", description="Low, warm")

    ids = {"task_id": song.vidgo_id, "audio_id": track.audio_id}
    assert sent["input"] == {**ids, "name": "Ann", "description": "Low, warm"}


def test_a_description_of_several_lines_arrives_whole(submit: Callable[..., Any]) -> None:
    lines = "Genre: jazz\nMood: “late”\n\nVoice: نعم 🎷"

    sent = submit(MODEL, **{**EXAMPLE, "description": lines})

    assert sent["input"]["description"].replace("\r\n", "\n") == lines


@pytest.mark.parametrize("field", ["name", "description"])
def test_what_is_required_is_asked_for_and_the_rest_kept(
    refuse: Callable[..., str], field: str
) -> None:
    page = refuse(MODEL, **{**EXAMPLE, field: " "})

    assert f'id="id_{field}_error"' in page
    assert all(value in page for name, value in EXAMPLE.items() if name != field)


def test_without_anything_every_fault_is_told_at_once(refuse: Callable[..., str]) -> None:
    page = refuse(MODEL)

    assert "Choose a song." in page
    assert 'id="id_name_error"' in page
    assert 'id="id_description_error"' in page
