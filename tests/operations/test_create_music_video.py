"""`create-music-video`: what its form sends and refuses (API page 000)."""

from collections.abc import Callable
from typing import Any

import pytest

from studio.models import Task
from tests.recorder import body

pytestmark = pytest.mark.once

MODEL = "create-music-video"
EXAMPLE = body(f"submit-{MODEL}")["input"]
FIELDS = {"task_id", "audio_id", "author", "domain_name"}
IDS = {"task_id": "taskId_774b9aa0422f", "audio_id": "e231xxxx-xxxx-xxxx-xxxx-xxxx8cadc7dc"}


def test_the_body_equals_the_pages_example(submit: Callable[..., Any]) -> None:
    example = body(f"submit-{MODEL}")

    sent = submit(MODEL, **example["input"])

    assert sent.pop("callback_url").startswith(example.pop("callback_url") + "/")
    assert sent == example


def test_every_optional_parameter_goes_out_as_typed(submit: Callable[..., Any]) -> None:
    options = {"author": "Ann & Béla 🎹", "domain_name": "harbour.example"}

    sent = submit(MODEL, **IDS, **options)

    assert sent["input"] == {**IDS, **options}


def test_empty_options_are_left_out(submit: Callable[..., Any]) -> None:
    sent = submit(MODEL, **IDS, author="", domain_name="   ")

    assert sent["input"] == IDS


@pytest.mark.parametrize("field", ["author", "domain_name"])
def test_fifty_characters_are_taken(submit: Callable[..., Any], field: str) -> None:
    sent = submit(MODEL, **IDS, **{field: "é" * 50})

    assert sent["input"][field] == "é" * 50


@pytest.mark.parametrize("field", ["author", "domain_name"])
def test_fifty_one_characters_are_refused_and_kept_in_the_form(
    refuse: Callable[..., str], field: str
) -> None:
    page = refuse(MODEL, **IDS, **{field: "x" * 51})

    assert f'id="id_{field}_error"' in page
    assert "x" * 51 in page
    assert all(value in page for value in IDS.values())


@pytest.mark.parametrize("field", ["task_id", "audio_id"])
def test_one_id_alone_is_refused_beside_the_other(refuse: Callable[..., str], field: str) -> None:
    missing = "audio_id" if field == "task_id" else "task_id"

    page = refuse(MODEL, **{field: IDS[field], "author": "Ann"})

    assert f'id="id_{missing}_error"' in page
    assert IDS[field] in page
    assert 'value="Ann"' in page


def test_without_a_song_every_fault_is_told_at_once(refuse: Callable[..., str]) -> None:
    page = refuse(MODEL, author="x" * 51)

    assert "Choose a song." in page
    assert 'id="id_author_error"' in page


def test_the_chosen_songs_ids_are_sent(submit: Callable[..., Any], song: Task) -> None:
    track = song.tracks.get()

    sent = submit(MODEL, track=track.pk)

    assert sent["input"] == {"task_id": song.vidgo_id, "audio_id": track.audio_id}
