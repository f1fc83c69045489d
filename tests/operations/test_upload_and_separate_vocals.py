"""`upload-and-separate-vocals`: what its form sends and refuses (API page 004)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from studio.models import Task, Track
from tests.recorder import body

pytestmark = pytest.mark.once

MODEL = "upload-and-separate-vocals"
EXAMPLE = body(f"submit-{MODEL}")["input"]
FIELDS = {"audio_url", "title", "model_name", "output_type"}
URL = "https://example.com/audio/my-track.mp3"
CHOICES = {
    "model_name": ("base", "enhanced", "instrumental"),
    "output_type": ("general", "bass", "drums", "other", "piano", "guitar", "vocals"),
}


def test_the_body_equals_the_pages_example(submit: Callable[..., Any]) -> None:
    example = body(f"submit-{MODEL}")

    sent = submit(MODEL, **example["input"])

    assert sent.pop("callback_url").startswith(example.pop("callback_url") + "/")
    assert sent == example


def test_options_left_alone_are_left_out(submit: Callable[..., Any]) -> None:
    sent = submit(MODEL, audio_url=URL, title="", model_name="", output_type="")

    assert sent["input"] == {"audio_url": URL}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field in CHOICES for value in CHOICES[field]]
)
def test_each_choice_of_the_page_is_taken(
    submit: Callable[..., Any], field: str, value: str
) -> None:
    sent = submit(MODEL, audio_url=URL, **{field: value})

    assert sent["input"] == {"audio_url": URL, field: value}


@pytest.mark.parametrize(
    ("field", "value"), [("model_name", "best"), ("output_type", "stems"), ("output_type", "Bass")]
)
def test_any_other_choice_is_refused(refuse: Callable[..., str], field: str, value: str) -> None:
    page = refuse(MODEL, audio_url=URL, title="My song", **{field: value})

    assert f'id="id_{field}_error"' in page
    assert URL in page
    assert 'value="My song"' in page


@pytest.mark.parametrize("url", ["", "my-track", "ftp://example.com/a.mp3", "file:///etc/passwd"])
def test_a_form_without_a_sound_is_refused(refuse: Callable[..., str], url: str) -> None:
    page = refuse(MODEL, audio_url=url, title="My song")

    assert ('id="id_audio_url_error"' if url else 'id="id_file_error"') in page
    assert 'value="My song"' in page


@pytest.mark.parametrize("model", [MODEL, "add-instrumental"])
@pytest.mark.parametrize(("seconds", "is_taken"), [(480.0, True), (480.5, False)])
def test_eight_minutes_are_taken_and_no_more(
    signed_in: Client, song: Task, model: str, seconds: float, is_taken: bool
) -> None:
    track = song.tracks.get()
    sound = song.assets.create(key="s", kind="audio", label="S", file="s.mp3", duration=seconds)
    Track.objects.update(sound=sound)
    fields = {"track": track.pk, "title": "T", "tags": "folk", "negative_tags": "metal"}

    answer = signed_in.post(f"/new/{model}/", fields)

    assert answer.status_code == (302 if is_taken else 200)
    told = "Vidgo takes at most 8 minutes: this one is longer." in answer.content.decode()
    assert told is not is_taken
