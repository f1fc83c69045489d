"""What is made once of a saved file: waveform, length, loudness, samples, poster, small picture."""

import json
import mimetypes
import subprocess
import uuid
import wave
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy
import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from numpy.typing import NDArray
from PIL import Image

from studio import jobs, leases
from studio.media import analysis
from studio.models import Asset, Event, Preview, Task, Track
from tests.sounds import film, tone

pytestmark = pytest.mark.once

RATE = 44_100
Keep = Callable[..., Asset]


@pytest.fixture
def keep(make_task: Callable[..., Task]) -> Keep:
    """Return a call that keeps a file as a saved result, not yet looked at."""

    def make(path: Path, kind: str = "stem", **more: Task) -> Asset:
        task = more.get("task") or make_task("upload-and-separate-vocals", audio_url="x")
        Task.objects.filter(pk=task.pk).update(due_at=None, status="finished")
        asset = Asset(task=task, key=uuid.uuid4().hex, kind=kind, label=path.stem, sha256="a")
        asset.state, asset.size = Asset.State.SAVED, path.stat().st_size
        asset.content_type = mimetypes.guess_type(path)[0] or ""
        with path.open("rb") as source:
            asset.file.save("", File(source))
        analysis.expect(asset)
        return asset

    return make


@pytest.fixture
def listen(db: None) -> Callable[[], None]:
    """Return a call that does all the listening that is due, as the queue's jobs do it."""

    def run() -> None:
        for row in leases.free(Preview):
            jobs.preview.call(row.pk)

    return run


def _slice(client: Client, asset: Asset, first: int, seconds: int, more: str = "") -> Any:
    return client.get(f"/media/{asset.pk}/samples?from={first}&seconds={seconds}{more}")


def decoded(sound: bytes, folder: Path) -> NDArray[numpy.int16]:
    """Return the samples of a sound file, both sides in turn."""
    (folder / "slice.flac").write_bytes(sound)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(folder / "slice.flac")]
    run = subprocess.run([*command, "-f", "s16le", "-"], capture_output=True, check=True)
    return numpy.frombuffer(run.stdout, "<i2")


def write(path: Path, sound: NDArray[numpy.float32]) -> Path:
    """Write a sound of two equal channels, -1 to 1."""
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(numpy.repeat((sound * 32767).astype("<i2"), 2).tobytes())
    return path


def test_the_waveform_is_where_the_sound_is(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    """Silence, full, half and only downwards: a third of the song each."""
    part = numpy.sin(numpy.arange(RATE * 4, dtype="float32") * 0.06)
    whole = numpy.concatenate([part * 0, part, -abs(part) * 0.5]).astype("float32")
    asset = keep(write(tmp_path / "Drums.wav", whole))
    assert signed_in.get(f"/media/{asset.pk}/peaks.json").json() == {"peaks": []}

    listen()

    answer = signed_in.get(f"/media/{asset.pk}/peaks.json")
    peaks, troughs = (numpy.array(answer.json()[name]) for name in ("peaks", "troughs"))
    third = len(peaks) // 3
    assert "max-age" in answer["Cache-Control"]
    for levels in (peaks, troughs):
        assert levels[: third - 2].max() == 0
        assert levels[third + 2 : 2 * third - 2].min() >= 250
    assert numpy.median(peaks[2 * third + 2 :]) <= 5
    assert 120 <= numpy.median(troughs[2 * third + 2 :]) <= 130
    asset.refresh_from_db()
    assert asset.duration == pytest.approx(12, abs=0.05)


def test_the_line_of_an_open_list_learns_how_long_it_is(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    keep(tone(tmp_path / "song.mp3", seconds=4), kind="audio")
    before = signed_in.get("/tasks/", headers={"HX-Request": "true"})
    assert 'data-duration=""' in before.text

    listen()

    asked = {"HX-Request": "true", "If-None-Match": before["ETag"]}
    assert 'data-duration="4.0' in signed_in.get("/tasks/", headers=asked).text


def test_a_stem_is_served_sample_by_sample(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    noise = numpy.random.default_rng(1).uniform(-0.5, 0.5, RATE * 7 // 2).astype("float32")
    asset = keep(write(tmp_path / "Bass.wav", noise))
    listen()

    wanted = numpy.repeat((noise * 32767).astype("<i2"), 2)
    slices = [_slice(signed_in, asset, first, 2) for first in (0, 2)]
    assert {answer["Content-Type"] for answer in slices} == {"audio/flac"}
    heard = [decoded(answer.content, tmp_path) for answer in slices]
    assert numpy.array_equal(numpy.concatenate(heard), wanted)
    plain = _slice(signed_in, asset, 1, 2, "&plain=1")
    assert plain["Content-Type"] == "application/octet-stream"
    assert plain.content == wanted[RATE * 2 : RATE * 6].tobytes()
    # There is nothing beyond the end.
    assert _slice(signed_in, asset, 9, 2).content == b""


def test_a_stem_of_an_earlier_release_is_played_as_it_is_and_made_smaller(
    keep: Keep,
    listen: Callable[[], None],
    signed_in: Client,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> None:
    noise = numpy.random.default_rng(1).uniform(-0.5, 0.5, RATE * 2).astype("float32")
    asset = keep(write(tmp_path / "Bass.wav", noise))
    plain = numpy.repeat((noise * 32767).astype("<i2"), 2).tobytes()
    preview = Preview.objects.get(asset=asset)
    preview.samples.save("", ContentFile(plain), save=False)
    preview.due_at = None
    preview.save()
    kept = str(preview.samples.name)
    answer = _slice(signed_in, asset, 1, 1)
    assert answer.content == plain[RATE * 4 :]
    assert answer["Content-Type"] == "application/octet-stream"

    events = Event.objects.count()
    assert analysis.renew()
    with django_capture_on_commit_callbacks(execute=True):
        listen()

    preview.refresh_from_db()
    assert not preview.samples.storage.exists(kept)
    # Whoever listens goes on where the samples change, and the task has no news.
    assert decoded(_slice(signed_in, asset, 1, 1).content, tmp_path).tobytes() == plain[RATE * 4 :]
    assert Event.objects.count() == events
    assert not analysis.renew()
    assert not leases.free(Preview)


@pytest.mark.parametrize(
    "asked", ["", "?from=0", "?from=-1&seconds=1", "?from=0&seconds=0", "?from=0&seconds=9"]
)
def test_samples_that_no_mixer_asks_for_are_refused(
    asked: str, keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    asset = keep(tone(tmp_path / "Vocals.wav"))
    listen()

    assert signed_in.get(f"/media/{asset.pk}/samples{asked}").status_code == 404


def test_a_song_is_measured_for_how_loud_it_is_and_kept_once(
    keep: Keep, listen: Callable[[], None], tmp_path: Path
) -> None:
    loud = keep(tone(tmp_path / "loud.mp3", seconds=4), kind="audio")
    soft = keep(tone(tmp_path / "soft.mp3", "-af", "volume=-12dB", seconds=4), kind="audio")
    listen()

    made = {preview.asset_id: preview for preview in Preview.objects.all()}
    loudness = [made[asset.pk].loudness or 0 for asset in (loud, soft)]
    assert loudness[0] - loudness[1] == pytest.approx(12, abs=0.6)
    assert not any(preview.samples for preview in made.values())


def test_a_film_has_a_poster(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    asset = keep(film(tmp_path / "film.mp4"), kind="video")
    listen()

    answer = signed_in.get(f"/media/{asset.pk}/poster")

    assert answer["Content-Type"] == "image/jpeg"
    assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")  # type: ignore[attr-defined]
    assert f"/media/{asset.pk}/poster" in signed_in.get(f"/tasks/{asset.task_id}/").content.decode()


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_lists_show_a_small_picture_of_a_large_one(
    ending: str, keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    noise = numpy.random.default_rng(1).integers(0, 255, (600, 800, 3), "uint8")
    cover = tmp_path / f"cover.{ending}"
    Image.fromarray(noise).save(cover)
    asset = keep(cover, kind="image")
    address = f"/media/{asset.pk}/poster"
    assert f'src="{address}"' in signed_in.get("/tasks/").text
    # Until there is one, itself.
    before = signed_in.get(address)
    assert b"".join(before.streaming_content) == cover.read_bytes()  # type: ignore[attr-defined]

    listen()

    picture = Image.open(BytesIO(b"".join(signed_in.get(address).streaming_content)))  # type: ignore[attr-defined]
    assert (picture.format, picture.size) == ("JPEG", (320, 240))


def test_the_mixer_comes_once_every_stem_is_ready(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    first = keep(tone(tmp_path / "Vocals.wav"))
    keep(tone(tmp_path / "Drums.wav"), task=first.task)
    address = f"/tasks/{first.task_id}/"
    assert "The mixer is being made ready" in signed_in.get(address).content.decode()

    before = Event.objects.count()
    listen()

    assert "<studio-mixer" in signed_in.get(address).content.decode()
    assert Event.objects.count() > before  # Open pages learn of it.


def test_a_broken_file_is_given_up_and_its_page_stays_whole(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    (tmp_path / "Piano.wav").write_bytes(b"RIFF but nothing more")
    asset = keep(tmp_path / "Piano.wav")
    for _ in range(analysis.MAX_TRIES):
        Preview.objects.exclude(due_at=None).update(due_at=timezone.now(), held_until=None)
        listen()

    assert Preview.objects.get(asset=asset).due_at is None
    page = signed_in.get(f"/tasks/{asset.task_id}/")
    assert page.status_code == 200
    assert "data-unsettled" not in page.content.decode()
    assert json.loads(signed_in.get(f"/media/{asset.pk}/peaks.json").content) == {"peaks": []}


def test_a_mix_is_refused_with_what_no_fader_has(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    first = keep(tone(tmp_path / "Vocals.wav"))
    keep(tone(tmp_path / "Drums.wav"), task=first.task)
    address = f"/tasks/{first.task_id}/mix.wav"
    assert signed_in.get(address).status_code == 404
    listen()

    wrong = [
        f"{first.pk}=200.1",
        f"{first.pk}=-1",
        f"{first.pk}=loud",
        f"pan{first.pk}=101",
        "master=201",
    ]
    for asked in (*wrong, "tempo=49", "tempo=151", "tempo=", "key=7", "key=1.5"):
        assert signed_in.get(f"{address}?{asked}").status_code == 400, asked


def test_a_mix_as_mp3_has_its_name_and_length(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    first = keep(tone(tmp_path / "Vocals.wav", seconds=3))
    keep(tone(tmp_path / "Drums.wav", seconds=2), task=first.task)
    Task.objects.update(title="Relaxing Piano")
    listen()

    answer = signed_in.get(f"/tasks/{first.task_id}/mix.mp3?{first.pk}=50")

    (tmp_path / "mix.mp3").write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert answer["Content-Disposition"] == 'attachment; filename="Relaxing Piano - mix.mp3"'
    assert analysis.listen(tmp_path / "mix.mp3").duration == pytest.approx(3, abs=0.1)
    signed_in.logout()
    assert signed_in.get(f"/tasks/{first.task_id}/mix.mp3").status_code == 302


def test_what_stems_were_taken_from_is_kept_as_they_are_and_they_add_up_to_its_loudness(
    keep: Keep, listen: Callable[[], None], signed_in: Client, tmp_path: Path
) -> None:
    both = "pan=stereo|c0=c0|c1=c0"
    whole = keep(tone(tmp_path / "Song.wav", "-af", both, seconds=4), kind="audio")
    listen()
    preview = Preview.objects.get(asset=whole)
    assert not preview.samples
    song = Track.objects.create(task=whole.task, audio_id="a", sound=whole)
    first = keep(tone(tmp_path / "Lead.wav", "-af", f"volume=-6dB,{both}", seconds=4))
    Task.objects.filter(pk=first.task_id).update(source_track=song)
    task = Task.objects.get(pk=first.task_id)
    half = keep(tone(tmp_path / "Half.wav", "-af", f"volume=-6dB,{both}", seconds=4), task=task)
    # Half of it is silence, and counts as such.
    rest = keep(tone(tmp_path / "Rest.wav", "-af", f"apad=pad_dur=4,{both}", seconds=4), task=task)
    listen()

    before, peaks = preview.loudness, preview.peaks
    assert before is not None
    preview.refresh_from_db()
    assert (preview.peaks, preview.frames) == (peaks, 4 * RATE)
    assert preview.loudness == pytest.approx(before, abs=0.1)
    assert _slice(signed_in, whole, 0, 2).headers["Content-Type"] == "audio/flac"
    for stem, softer in ((first, 6), (half, 6), (rest, 3)):
        loudness = Preview.objects.get(asset=stem).loudness
        assert loudness == pytest.approx(before - softer, abs=0.5)
    told = f'data-samples="/media/{whole.pk}/samples"'
    assert told in signed_in.get(f"/tasks/{task.pk}/").text
    # An earlier release kept none: they are made once somebody opens the mixer.
    Preview.objects.filter(asset=whole).update(samples="", frames=None, offsets=None)
    assert told not in signed_in.get(f"/tasks/{task.pk}/").text
    listen()
    assert told in signed_in.get(f"/tasks/{task.pk}/").text
