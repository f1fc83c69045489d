"""A stem as the source of something new: chosen from the mixer, sent by its public address."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from studio import lifecycle
from studio.models import Asset, Task
from studio.running import retention
from tests.recorder import Recorder

FORM = {"title": "Low tide", "tags": "ambient", "negative_tags": "metal"}


@pytest.fixture
def stem(song: Task, make: Callable[..., Task]) -> Asset:
    """The vocals of a song of the team."""
    stems = make(title="Harbour Lights", source_track=song.tracks.get(), vidgo_id="stems-1")
    stem = stems.assets.create(key="vocals", kind="stem", label="Vocals", state="saved")
    stem.content_type, stem.duration = "audio/mpeg", 61.0
    stem.file.save("", ContentFile(b"a voice"))
    return stem


def test_a_stem_is_fetched_by_its_public_address_while_the_task_needs_it(
    signed_in: Client,
    client: Client,
    stem: Asset,
    song: Task,
    api: Recorder,
    work: Callable[[], None],
) -> None:
    page = unescape(signed_in.get(stem.task.get_absolute_url()).text)
    assert f"/new/add-instrumental/?stem={stem.pk}" in page
    assert f"/new/add-vocals/?stem={stem.pk}" not in page
    form = signed_in.get(f"/new/add-instrumental/?stem={stem.pk}").text
    assert 'value="Harbour Lights"' in form

    signed_in.post("/new/add-instrumental/", {**FORM, "stem": stem.pk})
    work()

    task = Task.objects.latest("pk")
    assert task.source_stem == stem
    assert "upload_url" not in task.input
    (sent,) = api.submits
    path = sent.body["input"]["upload_url"].removeprefix("https://your-domain.com")
    client.logout()
    assert b"".join(client.get(path)) == b"a voice"
    lifecycle.give_up(_unconfirmed(task), None)
    assert client.get(path).status_code == 404
    # What came of it came from the song.
    track = song.tracks.get()
    client.force_login(task.created_by)  # type: ignore[arg-type]
    made = task.tracks.create(audio_id="new", title="Low tide")
    assert f'id="task-{task.pk}"' in client.get(f"/songs/{track.pk}/").text
    assert f'href="/songs/{track.pk}/"' in client.get(f"/songs/{made.pk}/").text
    assert "Harbour Lights: vocals" in client.get("/tasks/").text


def _unconfirmed(task: Task) -> int:
    Task.objects.filter(pk=task.pk).update(status="unconfirmed")
    return task.pk


@pytest.mark.parametrize("model", ["add-vocals", "upload-and-cover-audio"])
def test_every_form_of_a_sound_takes_one(
    signed_in: Client, stem: Asset, model: str, submit: Callable[..., Any]
) -> None:
    from tests.operations import described

    example = {**described()[model].EXAMPLE, "upload_url": ""}

    assert submit(model, **example, stem=stem.pk)["input"]["upload_url"].endswith("/sound.mp3")


@pytest.mark.once
@pytest.mark.parametrize("key", ["x", "999999", "9" * 30, ""])
def test_a_stem_that_is_none_is_no_error(signed_in: Client, key: str) -> None:
    assert signed_in.get(f"/new/add-vocals/?stem={key}").status_code == 200
    assert signed_in.post("/new/add-instrumental/", {**FORM, "stem": key}).status_code == 200
    assert not Task.objects.exists()


def test_while_it_is_needed_it_stays(signed_in: Client, stem: Asset) -> None:
    Task.objects.filter(pk=stem.task_id).update(finished_at=timezone.now())
    signed_in.post("/new/add-instrumental/", {**FORM, "stem": stem.pk})

    with pytest.raises(lifecycle.NotPossibleError):
        lifecycle.delete(stem.task_id, None)
    assert stem not in retention._results(timezone.now())
