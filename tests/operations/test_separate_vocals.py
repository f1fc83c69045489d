"""`separate-vocals`: what its form sends, and how its answer is read.

docs.vidgo.ai/api-manual/music-series/vocal-remover/separate-vocals
"""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from studio import operations
from studio.models import Task

pytestmark = pytest.mark.once

MODEL = "separate-vocals"
EXAMPLE = {"task_id": "5c79xxxxbe8e", "audio_id": "e231xxxx-xxxx-xxxx-xxxx-xxxx8cadc7dc"}
FIELDS = {*EXAMPLE}
AT = "https://cdn.example.com/"


@pytest.mark.parametrize("pack", [dict, json.dumps])
@pytest.mark.parametrize("field", ["separate_vocals", "vocal_removal"])
@pytest.mark.parametrize("names", [("vocal_url", "instrumental_url"), ("vocal ", "instrumental ")])
def test_voice_and_music_are_stems(
    pack: Callable[..., object], field: str, names: tuple[str, str]
) -> None:
    found = operations.get(MODEL).read([{field: pack({name: AT + name for name in names})}])

    assert [(one.kind, one.label) for one in found] == [
        ("stem", "Vocals"),
        ("stem", "Instrumental"),
    ]


@pytest.mark.parametrize(
    ("typed", "is_taken"),
    [({"task_id": "song-1"}, False), ({"audio_id": "audio-1"}, False), ({}, True)],
)
def test_ids_by_hand_beside_a_song_must_be_its_own(
    signed_in: Client, song: Task, typed: dict[str, str], is_taken: bool
) -> None:
    track = song.tracks.get()
    own = {"task_id": "song-1", "audio_id": "audio-1"}
    other = {"task_id": "another", "audio_id": "another"} if typed else {}

    answer = signed_in.post(f"/new/{MODEL}/", {**own, **other, **typed, "track": track.pk})

    assert answer.status_code == (302 if is_taken else 200)
    told = "This names another song than the one you chose." in answer.content.decode()
    assert told is not is_taken
    assert Task.objects.filter(operation=MODEL).exists() is is_taken
