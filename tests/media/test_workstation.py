"""All stems as a project that an audio workstation opens."""

import io
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.files import File
from django.test import Client

from studio import jobs, leases
from studio.media import analysis
from studio.models import Asset, Preview, Task
from tests.sounds import tone

pytestmark = pytest.mark.once


# Bytes of a second.
SECOND = 44_100 * 4


@pytest.fixture
def stems(make_task: Callable[..., Task], tmp_path: Path) -> list[Asset]:
    """Return two stems of a song that can be played, one of three seconds and one of two."""
    task = make_task("upload-and-separate-vocals", audio_url="x")
    Task.objects.filter(pk=task.pk).update(due_at=None, status="finished", title="AC/DC\x07 & Co")
    made = []
    for order, (label, seconds) in enumerate((("Vocals", 3), ("Drums & <Bass>", 2))):
        asset = Asset(task=task, key=label, kind="stem", label=label, order=order, state="saved")
        with tone(tmp_path / f"{order}.wav", seconds=seconds).open("rb") as source:
            asset.file.save("", File(source))
        analysis.expect(asset)
        made.append(asset)
    for row in leases.free(Preview):
        jobs.preview.call(row.pk)
    return made


def _samples(sound: bytes) -> bytes:
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44_100)
        return file.readframes(file.getnframes())


def _project(client: Client, stems: list[Asset], query: str = "") -> zipfile.ZipFile:
    answer = client.get(f"/tasks/{stems[0].task_id}/stems.dawproject{query}")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert int(answer["Content-Length"]) == len(content)
    assert "AC DC & Co - stems.dawproject" in answer["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(content))


def test_every_stem_is_a_track_whose_sound_begins_at_second_0_and_all_are_of_one_length(
    stems: list[Asset], signed_in: Client
) -> None:
    with _project(signed_in, stems) as bundle:
        assert bundle.testzip() is None
        project = ElementTree.fromstring(bundle.read("project.xml"))
        title = ElementTree.fromstring(bundle.read("metadata.xml")).findtext("Title")
        assert title == "AC/DC & Co"
        sounds = [_samples(bundle.read(file.attrib["path"])) for file in project.iter("File")]
        assert {len(sound) for sound in sounds} == {3 * SECOND}
        # The shorter one is silent after its end, and is sound before it.
        assert any(sounds[1][:SECOND])
        assert not any(sounds[1][2 * SECOND + 4 * 2048 :])
    tracks = project.findall("Structure/Track[@contentType='audio']")
    assert [track.attrib["name"] for track in tracks] == ["Vocals", "Drums & <Bass>", "Master"]
    lanes = project.findall("Arrangement/Lanes/Lanes")
    assert [lane.attrib["track"] for lane in lanes] == [one.attrib["id"] for one in tracks[:2]]
    clips = project.findall("Arrangement/Lanes/Lanes/Clips/Clip")
    assert [(one.attrib["time"], float(one.attrib["duration"])) for one in clips] == [("0", 3)] * 2


def test_the_tempo_is_the_songs(stems: list[Asset], signed_in: Client) -> None:
    with _project(signed_in, stems) as bundle:
        project = ElementTree.fromstring(bundle.read("project.xml"))
    assert project.find("Transport") is None

    # After a tempo is halved, the first beat is another.
    Preview.objects.filter(asset=stems[1]).update(tempo=120, beat=0.75)
    with _project(signed_in, stems) as bundle:
        project = ElementTree.fromstring(bundle.read("project.xml"))
    tempo = project.find("Transport/Tempo")
    marker = project.find("Arrangement/Markers/Marker")
    assert tempo is not None
    assert marker is not None
    assert (tempo.attrib["unit"], tempo.attrib["value"]) == ("bpm", "120.000")
    assert marker.attrib == {"time": "0.2500", "name": "First beat"}


def test_faders_stand_as_in_the_mixer(stems: list[Asset], signed_in: Client) -> None:
    first, second = (stem.pk for stem in stems)
    with _project(signed_in, stems, f"?{first}=40&{second}=0&pan{first}=-30&master=90") as bundle:
        project = ElementTree.fromstring(bundle.read("project.xml"))
    volumes = [one.attrib["value"] for one in project.iter("Volume")]
    mutes = [one.attrib["value"] for one in project.iter("Mute")]
    pans = [one.attrib["value"] for one in project.iter("Pan")]
    # What is muted keeps a gain, for whoever puts it on again.
    assert volumes == ["0.4000", "1.0000", "0.9000"]
    assert mutes == ["false", "true"]
    assert pans == ["0.3500", "0.5000"]
    address = f"/tasks/{stems[0].task_id}/stems.dawproject"
    assert signed_in.get(f"{address}?{first}=201").status_code == 400
    signed_in.logout()
    assert signed_in.get(address).status_code == 302
