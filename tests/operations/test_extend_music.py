"""`extend-music`: what its form sends and refuses in each way.

docs.vidgo.ai/api-manual/music-series/extend-music
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from studio.models import Task

pytestmark = pytest.mark.once

MODEL = "extend-music"
EXAMPLE = {
    "default_param_flag": True,
    "audio_id": "audio_abc123",
    "prompt": "Continue with an energetic chorus section",
    "style": "Pop, Upbeat",
    "title": "Summer Vibes Extended",
    "continue_at": 120,
    "mv": "V5",
    "negative_tags": "Heavy Metal, Sad",
    "style_weight": 0.7,
}
SIMPLE = {"default_param_flag": False, "audio_id": "audio_abc123", "mv": "V4_5"}
OPTIONS = {"vocal_gender": "m", "weirdness_constraint": 1, "audio_weight": 0.25}
FIELDS = {*EXAMPLE, *OPTIONS, "persona_id"}
WAYS = [EXAMPLE, EXAMPLE | OPTIONS | {"continue_at": 0.01}, SIMPLE]
SHORT = {"continue_at": 0.5}
OLD, ALL = EXAMPLE | {"mv": "V4"}, EXAMPLE | {"mv": "V4_5ALL"}
LIMITS = [
    *((OLD, "title", 80), (OLD, "style", 200), (OLD, "prompt", 3000), (ALL, "title", 80)),
    *((EXAMPLE | {"mv": version}, "title", 100) for version in ("V4_5", "V4_5PLUS", "V5")),
    *((EXAMPLE, "style", 1000), (EXAMPLE, "prompt", 5000), (ALL, "prompt", 5000)),
]


def test_as_it_was_sends_nothing_else(submit: Callable[..., Any]) -> None:
    assert submit(MODEL, **{**EXAMPLE, **SIMPLE, "style": "x" * 2000})["input"] == SIMPLE


@pytest.mark.parametrize("made", [{"mv": "V4_5"}, {"model": "V5"}])
def test_a_song_is_named_by_its_audio_id_and_keeps_its_version(
    submit: Callable[..., Any], song: Task, made: dict[str, str]
) -> None:
    Task.objects.filter(pk=song.pk).update(operation="extend-music", input=made)

    sent = submit(MODEL, track=song.tracks.get().pk, default_param_flag=False)["input"]

    (version,) = made.values()
    assert sent == {"default_param_flag": False, "audio_id": "audio-1", "mv": version}
    assert Task.objects.latest("pk").source_track == song.tracks.get()


@pytest.mark.parametrize("operation", ["add-vocals", "add-instrumental"])
def test_what_had_the_default_version_is_gone_on_with_in_it(
    submit: Callable[..., Any], song: Task, operation: str
) -> None:
    # What it was made from had another one.
    Task.objects.filter(pk=song.pk).update(operation="generate-music", input={"mv": "V4"})
    made = Task.objects.create(
        operation=operation,
        status="finished",
        vidgo_id="song-2",
        source_track=song.tracks.get(),
        form_key="00000000-0000-0000-0000-000000000001",
    )
    track = made.tracks.create(audio_id="audio-2", title="Sung")

    sent = submit(MODEL, track=track.pk, default_param_flag=False)["input"]

    assert sent["mv"] == "V4_5PLUS"


def test_where_the_version_is_not_known_it_is_asked_for(
    signed_in: Client, song: Task, submit: Callable[..., Any]
) -> None:
    chosen = {"track": song.tracks.get().pk, "default_param_flag": False}

    page = signed_in.post(f"/new/{MODEL}/", {**chosen, "default_param_flag": "false"}).text
    assert 'id="id_mv_error"' in page
    assert submit(MODEL, **chosen, mv="V5")["input"]["mv"] == "V5"


@pytest.mark.parametrize(("at", "is_good"), [("0", False), ("0.01", True), ("61.49", True)])
@pytest.mark.parametrize("beyond", ["", "61.5", "1:02", "-1", "1.005", "soon"])
def test_a_place_is_within_the_song(
    signed_in: Client, song: Task, at: str, is_good: bool, beyond: str
) -> None:
    form = {**EXAMPLE, "default_param_flag": "true", "track": song.tracks.get().pk, "audio_id": ""}

    for typed, expected in ((at, is_good), (beyond, False)):
        answer = signed_in.post(f"/new/{MODEL}/", {**form, "continue_at": typed})
        assert answer.status_code == (302 if expected else 200)
        assert ('id="id_continue_at_error"' in answer.content.decode()) != expected
