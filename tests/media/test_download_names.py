"""Names of downloads: told apart by their ends, however long the title, and read alike by all."""

import io
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from studio.media import analysis
from studio.models import Preview, Task

pytestmark = pytest.mark.once

STEMS = ("Vocals", "Drums", "Bass", "Guitar", "Piano", "Other")
LONG = {
    "latin": "A very long title of a song that never ends " * 5,
    "japanese": "夜明けの港で歌う" * 25,
    "emoji": "👩‍🎤" * 40,
}
Make = Callable[..., Task]


@pytest.fixture
def keep(make: Make) -> Make:
    """Return a call that keeps a finished task with a saved file for each label."""

    def run(title: str, labels: tuple[str, ...], kind: str = "stem", **values: str) -> Task:
        task = make(title=title[:200], **values)
        for order, label in enumerate(labels):
            asset = task.assets.create(key=label, kind=kind, label=label, order=order)
            asset.content_type, asset.state = "audio/mpeg", "saved"
            asset.file.save("x", ContentFile(label.encode()))
        return task

    return run


def names(client: Client, *tasks: Task) -> list[str]:
    """Return the names in the ZIP of one task or of several."""
    if len(tasks) == 1:
        answer = client.get(f"/tasks/{tasks[0].pk}/files.zip")
    else:
        answer = client.post("/tasks/files.zip", {"task": [task.pk for task in tasks]})
    bundle = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return zipfile.ZipFile(io.BytesIO(bundle)).namelist()


@pytest.mark.parametrize("title", LONG)
def test_stems_of_a_long_title_keep_what_tells_them_apart(
    signed_in: Client, keep: Make, title: str
) -> None:
    task = keep(LONG[title], STEMS)

    found = names(signed_in, task)

    assert [name.rpartition(" - ")[2] for name in found] == [f"{s.lower()}.mp3" for s in STEMS]
    assert all(len(name.encode()) <= 200 for name in found)
    begins = {name.rpartition(" - ")[0] for name in found}
    assert all(LONG[title].startswith(begin) for begin in begins)
    assert not any(begin.endswith("\u200d") for begin in begins), "no emoji is broken off"


def test_two_things_of_one_song_are_in_folders_that_say_what_they_are(
    signed_in: Client, keep: Make
) -> None:
    stems = keep("Low tide", ("Drums",))
    video = keep("Low tide", ("Video",), "video", operation="create-music-video")
    other = keep("High tide", ("Bass",))

    assert set(names(signed_in, stems, video, other)) == {
        "Low tide - stems/Low tide - drums.mp3",
        "Low tide - music video/Low tide.mp3",
        "High tide/High tide - bass.mp3",
    }


def test_a_mix_of_a_long_title_says_that_it_is_one(signed_in: Client, keep: Make) -> None:
    task = keep(LONG["japanese"], ("Drums", "Bass"))
    for asset in task.assets.all():
        analysis.expect(asset)
        Preview.objects.get(asset=asset).samples.save("x", ContentFile(bytes(400)))

    answer = signed_in.head(f"/tasks/{task.pk}/mix.wav")

    assert answer["Content-Disposition"].endswith("%20-%20mix.wav")
    assert 'filename="_ - mix.wav"' in answer["Content-Disposition"]
