"""The sandbox's songs, by ear: they differ by style and persona, go on, and are changed in part."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from tests.sandbox.test_http import (
    SONG,
    TRACK,
    download,
    finished,
    listener,
    loudness,
    put_wav,
    real,
    samples,
    sandbox,
    submit,
    until,
)
from vidgo_sandbox import Sandbox

__all__ = ["listener", "real", "sandbox"]
pytestmark = [pytest.mark.once, pytest.mark.slow]
WRITTEN = {
    "custom_mode": True,
    "instrumental": False,
    "mv": "V5",
    "title": "Mine",
    "style": "folk pop",
    "prompt": "[Verse]\nOne two\nthree",
}
SECOND = 2 * 44_100


def heard(tmp_path: Path, entry: dict[str, Any]) -> NDArray[Any]:
    """Return the samples of a song, left and right in turn."""
    return samples(download(entry["audio_url"], tmp_path / entry["audio_id"]))


def apart(one: NDArray[Any], other: NDArray[Any], begin: float, end: float) -> float:
    """Return how much two songs differ between two seconds, 1 for as much as they are loud."""
    a, b = (sound[int(begin * 44_100) * 2 : int(end * 44_100) * 2] for sound in (one, other))
    return loudness(a - b) / loudness(a)


def test_songs_differ_by_style_by_persona_and_between_variations(
    real: Sandbox, tmp_path: Path
) -> None:
    plain = finished(real, "generate-music", WRITTEN)
    same = finished(real, "generate-music", WRITTEN | {"title": "Other"})
    sung = finished(real, "generate-music", WRITTEN | {"persona_id": "nadia"})
    styled = finished(real, "generate-music", WRITTEN | {"style": "techno"})

    first, again, nadia, techno = (
        heard(tmp_path, found[0]) for found in (plain, same, sung, styled)
    )
    assert apart(first, again, 2, 10) < 0.01
    assert apart(first, nadia, 2, 10) > 0.5
    assert apart(first, techno, 2, 10) > 0.5
    assert apart(first, heard(tmp_path, plain[1]), 2, 10) > 0.5
    assert plain[0]["duration"] == pytest.approx(len(first) / SECOND, abs=0.1)


def test_an_extension_begins_as_the_song_does_and_is_longer(real: Sandbox, tmp_path: Path) -> None:
    asked = {"default_param_flag": True, "audio_id": SONG.audio_ids[0], "continue_at": 6.5}
    words = {"mv": "V5", "prompt": "And on", "style": "techno", "title": "Longer"}

    longer = finished(real, "extend-music", asked | words)[0]
    as_it_was = {"default_param_flag": False, "audio_id": SONG.audio_ids[0], "mv": "V5"}
    whole = finished(real, "extend-music", as_it_was)[0]

    source = until(lambda: finished_song(real))
    before, after = heard(tmp_path, source), heard(tmp_path, longer)
    assert apart(before, after, 1, 6.4) < 0.1
    assert apart(before, after, 6.6, 12) > 0.5
    assert longer["duration"] > source["duration"]
    assert whole["duration"] > source["duration"] + 20
    assert whole["title"] == source["title"]
    assert longer["prompt"].startswith(SONG.prompt)


def finished_song(sandbox: Sandbox) -> dict[str, Any]:
    """Return the sandbox's own song as a query tells it."""
    found: dict[str, Any] = sandbox.detail(SONG.task_id)["files"][0]
    return found


def test_a_part_is_replaced_at_the_right_second_and_the_rest_stays(
    real: Sandbox, tmp_path: Path
) -> None:
    asked = {"prompt": "New", "tags": "techno", "title": "Changed"}
    part = {"infill_start_s": 5.0, "infill_end_s": 9.25}

    changed = finished(real, "replace-section", TRACK | asked | part)[0]

    source = finished_song(real)
    before, after = heard(tmp_path, source), heard(tmp_path, changed)
    assert apart(before, after, 1, 4.9) < 0.1
    assert apart(before, after, 5.1, 9.1) > 0.5
    assert apart(before, after, 9.5, 15) < 0.2
    assert changed["duration"] == pytest.approx(source["duration"], abs=0.1)


def test_a_recording_goes_on_and_v4_5all_takes_a_minute_of_it(
    real: Sandbox, tmp_path: Path
) -> None:
    url, original = put_wav(tmp_path)
    asked = {"upload_url": url, "default_param_flag": False, "mv": "V4_5ALL"}

    after = heard(tmp_path, finished(real, "upload-and-extend-audio", asked)[0])

    assert apart(original, after, 0.1, 1.9) < 0.1
    assert len(after) > len(original) + 20 * SECOND


def test_thirteen_stems_add_up_to_the_song(real: Sandbox, tmp_path: Path) -> None:
    (entry,) = finished(real, "stem-split", TRACK)
    told = entry["stem_split"]
    urls = told if isinstance(told, dict) else json.loads(told)

    stems = [
        samples(download(url, tmp_path / f"{name}.mp3"))
        for name, url in ((name.strip(), url) for name, url in urls.items())
    ]

    assert len(stems) == 13
    whole = heard(tmp_path, finished_song(real))
    length = min(map(len, [*stems, whole]))
    assert length > 5 * SECOND
    part, *parts = (sound[SECOND : 5 * SECOND] for sound in [whole, *stems])
    assert loudness(part - sum(parts)) < 0.25 * loudness(part)


def test_words_in_time_follow_the_song(sandbox: Sandbox) -> None:
    shapes = []
    for number in range(4):
        entry = finished(sandbox, "get-timestamped-lyrics", TRACK)[0]["timestampe_lyrics"]
        shapes.append(type(entry))
        told = entry if isinstance(entry, dict) else json.loads(entry)
        words = told["aligned_words"]
        start, end = ("startS", "endS") if "startS" in words[0] else ("start_s", "end_s")
        assert words[0]["word"] == "[Verse]\nLights "
        assert [w[start] for w in words] == sorted(w[start] for w in words), number
        assert words[-1][end] <= 1.0
    assert {*shapes} == {dict, str}


def test_what_nobody_sings_has_no_words(sandbox: Sandbox) -> None:
    silent = {name: value for name, value in WRITTEN.items() if name != "prompt"}
    song = sandbox.submit(
        {"model": "generate-music", "input": silent | {"instrumental": True}}, 0, hurry=False
    )["task_id"]
    until(lambda: sandbox.detail(song)["status"] == "finished")
    ids = {"task_id": song, "audio_id": sandbox.detail(song)["files"][0]["audio_id"]}

    assert submit(sandbox, "get-timestamped-lyrics", ids).status_code == 422


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"continue_at": 1.0}, "continue_at"),
        ({"continue_at": 0}, "continue_at"),
        ({"continue_at": 0.005}, "continue_at"),
        ({"task_id": SONG.task_id}, "task_id"),
        ({"audio_id": "none"}, "audio_id"),
        ({"mv": "V3"}, "mv"),
        ({"default_param_flag": "true"}, "default_param_flag"),
    ],
)
def test_an_extension_that_is_none_is_refused(
    sandbox: Sandbox, changes: dict[str, Any], field: str
) -> None:
    good = {"default_param_flag": True, "audio_id": SONG.audio_ids[0], "continue_at": 0.5}
    good |= {"mv": "V5", "prompt": "x", "style": "y", "title": "z"}
    assert submit(sandbox, "extend-music", good).status_code == 200

    answer = submit(sandbox, "extend-music", good | changes)

    assert answer.status_code in (404, 422)
    assert f"input.{field} " in answer.text
