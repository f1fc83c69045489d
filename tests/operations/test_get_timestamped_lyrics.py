"""`get-timestamped-lyrics`: what its form sends, and both shapes of its answer.

docs.vidgo.ai/api-manual/music-series/get-timestamped-lyrics
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from studio import operations
from studio.models import Task, Track
from studio.vidgo.payloads import read_body
from tests.recorder import Recorder

pytestmark = pytest.mark.once

MODEL = "get-timestamped-lyrics"
EXAMPLE = {
    "task_id": "task-unified-1757165031-uyujaw3d",
    "audio_id": "e231xxxx-xxxx-xxxx-xxxx-xxxx8cadc7dc",
}
FIELDS = {*EXAMPLE}
TOLD = [
    {"word": "[Verse]\nWaggin' ", "success": True, "start_s": 1.36, "end_s": 1.79, "palign": 0},
    {"word": "my\n", "success": True, "start_s": 1.8, "end_s": 2},
    {"word": "tail ", "success": False, "start_s": 61.004, "end_s": 60},
    {"word": "lost ", "success": False, "start_s": None, "end_s": None},
    {"word": " \n", "start_s": 3, "end_s": 4},
    "nonsense",
]
WORDS = [
    {"word": "[Verse]\nWaggin' ", "start_s": 1.36, "end_s": 1.79},
    {"word": "my\n", "start_s": 1.8, "end_s": 2},
    {"word": "tail ", "start_s": 61.004, "end_s": 61.004},
]


def camel(value: Any) -> Any:
    """Return the answer with the other names that are seen."""
    names = {"start_s": "startS", "end_s": "endS", "aligned_words": "alignedWords"}
    text = json.dumps(value)
    for name, other in names.items():
        text = text.replace(name, other)
    return json.loads(text)


@pytest.mark.parametrize("pack", [dict, json.dumps])
@pytest.mark.parametrize("rename", [dict, camel])
@pytest.mark.parametrize("field", ["timestampe_lyrics", "timestamped_lyrics"])
def test_words_come_with_their_seconds(
    pack: Callable[..., Any], rename: Callable[..., Any], field: str
) -> None:
    told = rename({"aligned_words": TOLD, "waveform_data": [0, 1], "is_streamed": False})

    (found,) = operations.get(MODEL).read([{field: pack(told)}])

    assert (found.kind, found.data) == ("times", {"words": WORDS})


def test_an_answer_that_is_the_result_is_kept_and_never_asked_for_again(
    signed_in: Client, api: Recorder, work: Callable[[], None]
) -> None:
    # As the page's example of an answer shows it: no task_id, the words at once.
    api.answer("/api/generate/submit", {"code": 200, "data": {"aligned_words": TOLD}})

    signed_in.post(f"/new/{MODEL}/", EXAMPLE)
    for _ in range(2):
        work()

    task = Task.objects.get()
    assert (task.status, task.error, task.vidgo_id) == ("finished", "", None)
    assert task.saved_at
    assert task.assets.get().data == {"words": WORDS}
    assert len(api.submits) == 1
    assert signed_in.get(task.get_absolute_url()).status_code == 200
    again = signed_in.post(f"/new/{MODEL}/", EXAMPLE)
    assert again["Location"] == task.get_absolute_url()


@pytest.mark.parametrize("words", [[], TOLD[3:]])
def test_an_answer_at_once_without_words_is_a_failure_and_can_be_tried_again_by_a_word(
    signed_in: Client, api: Recorder, work: Callable[[], None], words: list[Any]
) -> None:
    api.answer("/api/generate/submit", {"code": 200, "data": {"aligned_words": words}})
    signed_in.post(f"/new/{MODEL}/", EXAMPLE)
    work()

    task = Task.objects.get()
    assert (task.status, task.error_code, task.once_key) == ("failed", "empty", None)
    assert "gives no result" in task.events.latest("pk").text
    assert "Nothing was charged" not in signed_in.get(f"/tasks/{task.pk}/").text
    signed_in.post(f"/tasks/{task.pk}/again/")
    assert Task.objects.count() == 1


def test_the_words_are_found_beside_what_only_begins_like_them() -> None:
    told = {"timestamp": 123, " timestampe_lyrics": {"aligned_words": TOLD}}
    body = read_body(json.dumps({"data": {"files": [told]}}))
    assert body
    (found,) = operations.get(MODEL).read(body.files)
    assert found.data == {"words": WORDS}


@pytest.mark.parametrize("odd", [None, "", "x", [], {}, 5, {"aligned_words": "x"}, [[1], None]])
def test_what_holds_no_words_is_no_result(odd: Any) -> None:
    assert operations.get(MODEL).read([{"timestampe_lyrics": odd}]) == []


@pytest.fixture
def timed(song: Task) -> Track:
    """A song whose words are known."""
    track = song.tracks.get()
    ids = {"task_id": "song-1", "audio_id": "audio-1"}
    task = Task.objects.create(
        operation=MODEL,
        status="finished",
        input=ids,
        source_track=track,
        once_key=operations.get(MODEL).once_key(ids),
        form_key="00000000-0000-0000-0000-000000000001",
    )
    task.assets.create(key="0", kind="times", label="x", state="saved", data={"words": WORDS})
    return track


def test_a_songs_page_shows_its_lines_and_gives_them_as_lrc(
    signed_in: Client, timed: Track
) -> None:
    page = signed_in.get(f"/songs/{timed.pk}/").text
    answer = signed_in.get(f"/songs/{timed.pk}/words.lrc")

    assert "<strong>Verse</strong>" in page
    assert 'data-start="1.36"' in page
    assert answer["Content-Disposition"] == 'attachment; filename="Harbour Lights.lrc"'
    assert answer.text == "[ti:Harbour Lights]\n[00:01.36]Waggin' my\n[01:01.00]tail\n"
    assert signed_in.get(timed.task.get_absolute_url()).status_code == 200


def test_a_song_without_words_in_time_has_no_lrc(signed_in: Client, song: Task) -> None:
    assert signed_in.get(f"/songs/{song.tracks.get().pk}/words.lrc").status_code == 404


@pytest.mark.parametrize("silence", [{"prompt": "[Instrumental]"}, {"instrumental": True}])
def test_where_nobody_sings_there_are_no_words(
    signed_in: Client, song: Task, silence: dict[str, Any]
) -> None:
    track = song.tracks.get()
    Track.objects.filter(pk=track.pk).update(prompt=silence.get("prompt", ""))
    Task.objects.filter(pk=song.pk).update(input={**song.input, **silence})

    page = signed_in.post(f"/new/{MODEL}/", {"track": track.pk}).text

    assert "Nobody sings in it." in page
    assert "Nobody sings in it." in signed_in.get(f"/songs/{track.pk}/").text
