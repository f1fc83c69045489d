"""Tempo, beats and key: found in sounds where they are known, put right, and searched by."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from django.core.files import File
from django.test import Client

from studio import jobs, leases
from studio.media import analysis
from studio.media.rhythm import steady
from studio.models import Asset, Event, Preview, Task, Track, Upload
from vidgo_sandbox.media import Studio
from vidgo_sandbox.songs import Tune

pytestmark = pytest.mark.once

# Two loops of four chords: F♯ major, and A minor or C major, which have the same notes.
BRIGHT = ((54, 58, 61), (61, 65, 68), (63, 66, 70), (59, 63, 66))
WARM = ((57, 60, 64), (53, 57, 60), (48, 55, 64), (55, 59, 62))


@pytest.mark.parametrize(
    ("bpm", "chords", "heard", "keys"),
    [
        (107, WARM, 107, {"A minor", "C major"}),
        (138, BRIGHT, 138, {"F♯ major", "E♭ minor"}),
        # Its plucks are twice as many as its beats.
        (83, BRIGHT, 166, {"F♯ major", "E♭ minor"}),
    ],
)
def test_a_song_is_heard_for_what_it_is(
    tmp_path: Path, bpm: int, chords: tuple[tuple[int, ...], ...], heard: int, keys: set[str]
) -> None:
    Studio().song(
        Tune(bpm, chords, (0, 2, 1, 0, 2, 1, 0, 1), True, 0.5), "192k", tmp_path / "s.mp3"
    )

    found = analysis.listen(tmp_path / "s.mp3").rhythm

    assert found.tempo == heard
    # The first beat is at the very beginning.
    assert found.beat is not None
    apart = found.beat % (60 / heard)
    assert min(apart, 60 / heard - apart) < 0.02
    assert found.key in keys


def test_what_has_no_beat_has_no_tempo(tmp_path: Path) -> None:
    from tests.material import sound

    assert analysis.listen(sound(tmp_path / "noise.wav", 8, level=0)).rhythm.tempo == 0


def test_most_beats_count_where_a_tracker_finds_its_way_late() -> None:
    period = 60 / 100
    late = [0.3 + n * period for n in range(8)]
    right = [5.4 + n * period for n in range(30)]
    assert steady(late + right) == pytest.approx((100, 0))


def test_a_tempo_between_whole_ones_stays_that() -> None:
    tempo, beat = steady([0.2 + n * 60 / 101.4 for n in range(100)])
    assert (tempo, beat) == pytest.approx((101.4, 0.2), rel=1e-4)


def test_what_keeps_no_tempo_has_none() -> None:
    times = numpy.random.default_rng(1).uniform(0, 60, 80)
    assert steady(sorted(map(float, times))) == (0, None)
    assert steady([1, 2, 3]) == (0, None)


@pytest.fixture
def song(make_task: Callable[..., Task]) -> Track:
    """Return a song whose sound was listened to."""
    task = make_task("generate-music", prompt="x")
    Task.objects.filter(pk=task.pk).update(status="finished", due_at=None)
    kept = {"state": "saved", "file": "results/1/1", "label": "Song"}
    sound = Asset.objects.create(task=task, key=uuid.uuid4().hex, kind="audio", **kept)
    Preview.objects.create(asset=sound, tempo=92.004, beat=0.25, musical_key="E♭ minor")
    return Track.objects.create(task=task, audio_id="a", title="Night Bus", sound=sound)


def test_it_is_put_right_and_no_listening_changes_it_again(
    song: Track, signed_in: Client, tmp_path: Path
) -> None:
    from tests.material import sound

    page = f"/songs/{song.pk}/"
    assert "92 BPM" in signed_in.get(page).text
    preview = Preview.objects.get()
    answer = signed_in.post(f"/rhythm/{preview.pk}/", {"tempo": "184", "key": "F♯ major"})
    assert answer["Location"] == page
    preview.refresh_from_db()
    # The beat that was found stays where nothing is said of it.
    assert (preview.tempo, preview.beat, preview.musical_key) == (184, 0.25, "F♯ major")
    assert "184 BPM" in signed_in.get(page).text
    assert Event.objects.filter(task=song.task, text="Tempo and key: 184 BPM F♯ major").exists()

    assert song.sound
    with sound(tmp_path / "song.wav", 2).open("rb") as source:
        song.sound.file.save("", File(source))
    analysis.expect(song.sound)
    for row in leases.free(Preview):
        jobs.preview.call(row.pk)
    preview.refresh_from_db()
    assert preview.peaks
    assert preview.tempo == 184


@pytest.mark.parametrize("typed", ["99.5", "99,5", " 99,5 ", "９９,５"])
def test_a_tempo_has_decimals_after_a_comma_or_a_point(
    song: Track, signed_in: Client, typed: str
) -> None:
    signed_in.post(f"/rhythm/{Preview.objects.get().pk}/", {"tempo": typed})
    assert Preview.objects.get().tempo == 99.5


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "Give the tempo in beats a minute."),
        ({"tempo": "fast"}, "Give the tempo in beats a minute, such as 120."),
        ({"tempo": "nan"}, "Give the tempo in beats a minute, such as 120."),
        ({"tempo": "19"}, "A tempo is from 20 to 400 beats a minute."),
        ({"tempo": "120", "key": "H minor"}, "Select a valid choice"),
    ],
)
def test_what_is_no_tempo_is_refused_in_words(
    song: Track, signed_in: Client, given: dict[str, Any], told: str
) -> None:
    address = f"/rhythm/{Preview.objects.get().pk}/"
    assert told in signed_in.post(address, given, follow=True).text
    answer = signed_in.post(address, given, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert told in answer.text
    assert Preview.objects.get().tempo == 92.004


@pytest.mark.parametrize("asked", ["92+bpm", "Eb+minor", "E♭", "92bpm"])
def test_a_song_is_found_by_tempo_and_key(song: Track, signed_in: Client, asked: str) -> None:
    found = asked != "92bpm"
    assert ("Night Bus" in signed_in.get(f"/?q={asked}").text) is found
    assert "Night Bus" not in signed_in.get("/?q=93+bpm").text


def test_a_recording_is_counted_too(signed_in: Client, tmp_path: Path) -> None:
    made = Upload(name="a", title="Riff", content_type="audio/wav", size=4, duration=1, sha256="1")
    made.file.name = "uploads/1"
    made.save()
    preview = Preview.objects.create(upload=made, tempo=0)
    page = f"/recordings/{made.pk}/"
    assert "Tempo unknown" in signed_in.get(page).text
    answer = signed_in.post(f"/rhythm/{preview.pk}/", {"tempo": "77", "beat": "0.5", "key": ""})
    assert answer["Location"] == page
    assert "77 BPM" in signed_in.get(page).text
    assert "Riff" in signed_in.get("/?q=77+bpm").text


def test_songs_of_an_earlier_release_are_listened_to_while_nothing_is_due(
    song: Track, tmp_path: Path
) -> None:
    from tests.material import sound

    assert song.sound
    with sound(tmp_path / "song.wav", 2).open("rb") as source:
        song.sound.file.save("", File(source))
    Preview.objects.update(tempo=None, peaks=[1, 2], musical_key="")
    assert analysis.renew()
    for row in leases.free(Preview):
        jobs.preview.call(row.pk)
    assert Preview.objects.get().musical_key
    # Nobody is told of it as of something new.
    assert not Event.objects.filter(text="Ready to play").exists()
    assert not analysis.renew()
    assert not Preview.objects.filter(due_at__isnull=False).exists()
